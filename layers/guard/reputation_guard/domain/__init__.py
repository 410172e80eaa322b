"""What the guard knows and decides: the standard library only, no clock, no input or output."""
