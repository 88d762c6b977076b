"""Tests of the pure evaluators."""
