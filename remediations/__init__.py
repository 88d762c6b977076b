"""The catalogue: seven folders, one file per hardening item."""
