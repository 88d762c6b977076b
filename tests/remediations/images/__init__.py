"""Tests of the image items."""
