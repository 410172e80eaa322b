"""Figures anyone can reproduce: ratios and exact counts, printed beside their targets. No test times anything."""
