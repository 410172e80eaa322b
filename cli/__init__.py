"""`guard`: what an operator asks a deployed Reputation Guard, and tells it."""
