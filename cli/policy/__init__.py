"""`guard policy`: the documents that tenants are judged by, and which tenant has which."""
