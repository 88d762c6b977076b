"""Image references, beside the kubelet's own parser: what it takes, and for what, is equal."""

import json
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from k8sharden.analysis.images import parse_image
from tests.analysis.test_images import MEANINGS, REFUSED
from tests.servers.binaries import find_registry
from tests.servers.fixtures import refuse

pytestmark = pytest.mark.real

HEX = "0123456789abcdef"
HOSTS = (
    "", "docker.io/", "index.docker.io/", "localhost/", "localhost:5000/", "registry.k8s.io/",
    "a.b:1/", "[::1]/", "[2001:DB8::1]:5000/", "[::1/", "UPPER/", "UPPER.example/", "under_score/",
    "-a.example/", "a-.example/", "a..b/", "a:b/", ":5000/", "127.0.0.1:65536/", "ünicode.example/",
    "a.example:/", "registry-1.docker.io/",
)  # fmt: skip
PATHS = (
    "nginx", "library/nginx", "a/b/c/d", "a__b", "a___b", "a.b_c--d", "a..b", "a._b", "-a", "a-",
    "A", "a/B", "", "/", "a//b", "a/", "a" * 255, "a" * 256, "0", "nginx\n", " nginx", "\uff4eginx",
    "a" * 64, "0123456789abcdef" * 4, "0123456789ABCDEF" * 4, "library", "_a", "a_", "a%2fb",
)  # fmt: skip
TAGS = (
    "", ":1", ":latest", ":_x", ":.x", ":-x", ":", ":A.b-c_d", ":" + "t" * 128, ":" + "t" * 129,
    ":1:2", ":ü", ":1 ", ":\u0661", ":5000/x",
)  # fmt: skip
DIGESTS = (
    "", "@sha256:" + "a" * 64, "@sha256:" + "A" * 64, "@sha256:" + "a" * 63, "@sha512:" + "b" * 128,
    "@sha384:" + "c" * 96, "@md5:" + "a" * 32, "@sha256+b64:" + "a" * 64, "@", "@sha256:", "@abc",
    "@sha256:" + "a" * 64 + "@sha256:" + "a" * 64, "@sha256:" + "g" * 64, "@sha1:" + "a" * 40,
    "@sha256:" + "a" * 64 + "\n", "@SHA256:" + "a" * 64, "@blake3:" + "a" * 64,
)  # fmt: skip
SEED = 20_261_123
MADE = 4_000


def _texts() -> Iterable[str]:
    yield from (text for text, _ in MEANINGS)
    yield from REFUSED
    yield from (host + path for host in HOSTS for path in PATHS)
    yield from (f"nginx{tag}{digest}" for tag in TAGS for digest in DIGESTS)
    chance = random.Random(SEED)  # noqa: S311 - no secret
    for _ in range(MADE):
        parts = (chance.choice(each) for each in (HOSTS, PATHS, TAGS, DIGESTS))
        text = "".join(parts)
        if chance.random() < 0.5 and text:
            place = chance.randrange(len(text))
            sign = chance.choice("aZ0._-/:@[] %\t\x00é" + HEX)
            text = text[:place] + sign + text[place + chance.randrange(2) :]
        yield text


def test_every_reference_means_what_the_kubelet_takes_it_for() -> None:
    """Thousands of odd ones, made from parts and broken at random: the same verdict each time."""
    program = find_registry()
    if not isinstance(program, Path):
        refuse(program)
    texts = list(dict.fromkeys(_texts()))
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    command = [str(program), "references"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True)
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    differ = []
    for text, other in zip(texts, theirs, strict=True):
        mine = parse_image(text)
        if other["error"]:
            same = mine is None
        else:
            same = mine is not None and (mine.domain, mine.path, mine.tag, mine.digest) == (
                other["domain"], other["path"], other["tag"], other["digest"]
            )  # fmt: skip
        if not same:
            differ.append((text, mine, other))
    assert len(texts) > MADE
    assert any(not other["error"] for other in theirs)
    assert differ == []
