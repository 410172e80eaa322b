"""What the guard does, one verb per module: gather, decide, apply."""
