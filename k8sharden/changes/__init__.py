"""Plan, show, apply, record and take back changes."""
