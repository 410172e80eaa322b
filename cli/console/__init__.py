"""The operators' page in a browser, by a proxy that signs with the operator's own credentials."""
