"""A million events on the real `ingest`: what is lost, what a warm process keeps, and who waits for whom."""
