"""Reputation Guard: judges every tenant of an SES account and pauses a harmful one before it harms the account."""
