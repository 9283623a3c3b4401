"""What people do: composition root, accounts and sessions, use cases.

No Streamlit, so pages, manage.py and tests use the same doors.
"""
