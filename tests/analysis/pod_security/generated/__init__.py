"""Pods made by chance, and what a real API server says of them."""
