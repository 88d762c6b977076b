"""Cuts a stream of bytes into lines of bounded length."""

from collections.abc import Iterable, Iterator

LONGEST = 16 * 2**20
"""Bytes of the longest line that is read. An event with the bodies of a request and its answer has
a few million at most; a batch of a webhook has hundreds of events."""

SEAM = b'}{"'
"""Where two values of JSON follow one another without anything between them, as in what Amazon Data
Firehose delivers. Inside a string a quote has a backslash before it."""

_BOM = b"\xef\xbb\xbf"


def lines(chunks: Iterable[bytes], longest: int = LONGEST) -> Iterator[bytes | None]:
    """Yield lines without what surrounds them, empty ones left out; None for one that is too long.

    A line that is too long is cut where values meet, if they do.
    """
    rest = b""
    skipping = False
    for number, chunk in enumerate(chunks):
        head, found, tail = (rest + chunk).rpartition(b"\n")
        rest = tail
        if number == 0:
            head = head.removeprefix(_BOM)
            rest = rest if found else rest.removeprefix(_BOM)
        if found:
            whole = head.split(b"\n")
            yield from _told(whole[skipping:], longest)
            skipping = False
        if len(rest) > longest and not skipping:
            head, found, tail = rest.rpartition(SEAM)
            if found:
                yield head + b"}"
                rest = b'{"' + tail
            else:
                yield None
                skipping = True
        if skipping:
            rest = b""
    if not skipping:
        yield from _told([rest], longest)


def _told(whole: list[bytes], longest: int) -> Iterator[bytes | None]:
    for line in whole:
        bare = line.strip(b"\0 \t\r")
        if bare:
            yield bare if len(bare) <= longest else None
