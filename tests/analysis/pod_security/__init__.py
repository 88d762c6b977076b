"""Tests of the Pod Security evaluator."""
