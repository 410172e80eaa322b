"""The embedded AWS: the real template on this machine, without Docker or an account."""
