"""RBAC made by chance, and questions about it: a number always makes the same."""
