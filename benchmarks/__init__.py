"""Commands that measure the portal beside a baseline in the same run: `python -m benchmarks.<name> [--quick]`."""
