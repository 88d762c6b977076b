"""Tests of the simulated controllers, on the training cluster with a clock that tests turn."""
