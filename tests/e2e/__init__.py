"""Tests of whole flows, from the command line to the API server and back."""
