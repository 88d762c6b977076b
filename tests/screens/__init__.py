"""Tests of the screens: a person at the keyboard, on the training cluster."""
