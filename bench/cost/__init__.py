"""What the guard costs: the calls, units and seconds of its real handlers at list prices, beside a naive design."""
