"""The adapters: the only rooms that import botocore, one module per service or table."""
