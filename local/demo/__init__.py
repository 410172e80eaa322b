"""`make demo`: eight tenants mail for an hour and a half, in a minute, and the guard does what it has to."""
