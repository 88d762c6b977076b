"""Tests of who calls whom."""
