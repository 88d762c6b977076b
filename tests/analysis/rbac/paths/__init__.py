"""Tests of escalation paths."""
