"""`guard doctor`: one module of checks a subject; each check is a function from an examination to diagnoses."""
