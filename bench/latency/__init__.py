"""How long it takes from EventBridge to the pause call, in virtual time, by the real handlers."""
