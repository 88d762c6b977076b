"""The places a session works at: a real cluster, the training cluster, a set of files.

Each is a module of its own, so that nobody loads what belongs to another.
"""
