"""What happened, judged again in memory by the guard's own domain: `guard replay` and `guard backtest`."""
