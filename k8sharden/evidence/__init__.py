"""Evidence from files: audit logs, read as a stream and in bounded memory.

Nothing of what a log holds is trusted: it decides neither how much is kept nor whether it ends.
"""
