"""Incidents as a person on call sees them, and what he tells them."""
