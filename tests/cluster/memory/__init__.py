"""Tests of what the cluster in memory does beside answering as a real one does."""
