"""What records mean: pure functions from frames to statements."""
