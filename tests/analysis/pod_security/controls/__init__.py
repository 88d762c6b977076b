"""Tests of each Pod Security control: what it refuses, what it admits, and since when."""
