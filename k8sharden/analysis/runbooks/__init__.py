"""Runbooks: artefacts for what no API call can change, as files with the steps to follow.

One module per subject, and one for what they share; the texts fit the distribution.
"""
