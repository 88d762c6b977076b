"""Tests of the RBAC items."""
