"""Tests of the pod-security items."""
