"""Shared suites are modules, not test files: pytest has to be told to explain their assertions."""

import pytest

pytest.register_assert_rewrite("tests.sheets_adapter.conformance", "tests.sheets_adapter.conformance_queries")
