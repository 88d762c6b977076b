"""Tests of plans, diffs, the journal, applying and undoing."""
