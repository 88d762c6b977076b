"""Observed connections: Hubble's flows and tables, read as a stream and in bounded memory.

Nothing of what a file holds is trusted: it decides neither how much is kept nor whether it ends.
"""
