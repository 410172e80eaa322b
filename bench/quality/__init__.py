"""How good the judgement is: simulated tenants, mail that a pause really stops, and one score for every rule.

A *trace* is a tenant's mail and feedback over some days, drawn from a scenario (`scenarios`, `delays`, `tenants`). The
guard's rule is played against it through `guard replay` (`closed_loop`), the peers' rules beside it (`peers`), and all
are scored alike (`scorer`). `python -m bench.quality` writes docs/quality.md and the table of the README (`report`).
"""
