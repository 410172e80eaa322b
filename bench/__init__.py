"""Figures anyone can reproduce: ratios and exact counts beside their targets, put into docs. No test times anything."""
