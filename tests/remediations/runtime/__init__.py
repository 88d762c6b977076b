"""Tests of the runtime items."""
