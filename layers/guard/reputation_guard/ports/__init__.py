"""What the guard needs of the world, named for the need. The adapters are in `aws/`, the fakes beside the tests.

Every method raises `UnavailableError` when the world did not answer as it should and the same call may succeed later.
"""
