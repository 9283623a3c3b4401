"""What services are handed instead of asking the machine: the time and new identities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""The time now, aware, in the company's zone."""

NewId = Callable[[], str]
"""A new sortable identity (ULID text)."""
