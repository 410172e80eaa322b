"""`guard export`: what a deployed guard has on record, as lines that back-tests and reports read."""
