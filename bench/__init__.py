"""Figures anyone can reproduce: ratios and exact counts, told beside their targets and written into docs. No test times anything."""
