"""Changes under faults: killed programs, broken networks, other writers."""
