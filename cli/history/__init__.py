"""What a deployed guard has on record, as JSON lines: `guard export` writes it, back-tests and reports read it."""
