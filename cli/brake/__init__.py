"""`guard brake`: what the guard decided past its brake, for a person to release or to drop."""
