"""The path of an HTTP request, without what may be a secret or tells one customer from another.

A webhook's token and a customer's number stand in paths as they do in queries. What a policy can
speak of are the words between them.
"""

import re

ANY = "*"
"""Stands for a part of a path that is no word."""
_WORD = re.compile(
    r"\.?[A-Za-z][A-Za-z_.~-]{0,24}|[a-z]{3,24}\d{1,2}|v\d{1,2}(?:(?:alpha|beta)\d{1,2})?"
)
_LONGEST, _PARTS = 2_000, 12


def path_of(url: str) -> str:
    """Return ``/orders/*`` for ``http://shop/orders/4711?key=1``; empty where there is none."""
    rest = url[:_LONGEST].partition("?")[0].partition("#")[0]
    if "://" in rest:
        rest = rest.partition("://")[2]
        rest = "/" + rest.partition("/")[2]
    if not rest.startswith("/"):
        return ""
    parts = rest[1:].split("/")
    kept = [part if not part or _WORD.fullmatch(part) else ANY for part in parts[:_PARTS]]
    return "/" + "/".join([*kept, *([ANY] if len(parts) > _PARTS else [])])
