"""Tests of who may talk to whom, and who does."""
