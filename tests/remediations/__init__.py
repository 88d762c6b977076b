"""Tests of the catalogue: each item against its fixtures, and the fixtures against the item."""
