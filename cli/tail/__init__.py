"""What the guard does, as it does it."""
