"""For the applications that send: whether a tenant may send now."""
