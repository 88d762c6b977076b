"""The tests, which mirror the three packages."""
