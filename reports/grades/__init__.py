"""The six classifications of customers: what each should be, why, and what would raise it. Source: domain.md §3."""
