"""Tests of the way to clusters: connection, lists, evidence."""
