"""`guard redrive`: dead letters, why they are there, and the way back."""
