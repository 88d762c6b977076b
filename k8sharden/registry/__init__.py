"""Asks container registries what they know of images, when the user says so: nothing is pulled.

`ask` is what others use; `client` speaks to one registry, `login` finds the user's credentials,
`wire` sends bounded requests, `challenge` and `documents` read what comes back.
"""
