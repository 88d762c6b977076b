"""Tests of the audit logging items."""
