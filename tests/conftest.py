"""How the laws are tried: no deadline, since a shared machine has slow moments, and few examples, to stay quick."""

from hypothesis import settings

settings.register_profile("laws", max_examples=60, deadline=None)
settings.load_profile("laws")
