"""Scorecards: what every manager, back-office colleague and consultant scored in a period. Source: domain.md §5."""
