"""Tests of the network policy items."""
