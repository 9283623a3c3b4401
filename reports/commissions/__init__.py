"""Commissions: what each person earned in a month, to the fen, with its reasons. Source: seed 002 §四; domain.md §4."""
