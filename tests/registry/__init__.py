"""Asking registries: a real one on the loopback, and those that misbehave."""
