"""Tests of the secrets management items."""
