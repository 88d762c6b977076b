"""One setting of a workload: whether its name makes a host of its value."""

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

from k8sharden.model.masking import says_secret
from k8sharden.model.mentions import Mention
from k8sharden.model.ref import Ref

_HOSTS = {
    "host", "hosts", "hostname", "addr", "addrs", "address", "addresses", "server", "servers",
    "endpoint", "endpoints", "url", "urls", "uri", "uris", "broker", "brokers", "upstream",
    "upstreams", "peer", "peers", "fqdn", "proxy", "relay", "backend", "smarthost", "target",
    "targets", "dsn", "base",
}  # fmt: skip
"""Last words of the names of settings whose value is a host."""

WORDS = {
    "user", "username", "name", "mode", "level", "env", "environment", "namespace", "role",
    "type", "version", "tag", "image", "bucket", "topic", "queue", "db", "database", "schema",
    "index", "prefix", "suffix", "group", "id", "region", "zone", "profile", "theme", "locale",
    "team", "app", "tier", "component", "key", "cert", "crt", "salt", "pass", "pin",
}  # fmt: skip
"""Last words of the names of settings whose value is some other word, beside an equal host."""

_IMAGES = {"image", "images", "tag", "version"}
"""Last words of the names of settings whose value is an image: ``redis:7`` is no host and port."""

OWN_NODE = "status.hostIP"
"""Stands for the address of the node that a pod runs on, which a variable may take."""

_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")


class Setting(NamedTuple):
    """One setting of a workload: where it stands, its own name, and the hosts that it names."""

    said: str
    name: str
    hosts: Sequence[Mention]
    source: Ref | None = None

    @property
    def last(self) -> str:
        """The last word of its name, in lower case; of ``HOST_NAME`` it is ``hostname``."""
        return last_word(self.name)

    @property
    def hinted(self) -> bool:
        """Whether its name says that its value is a host."""
        return self.last in _HOSTS and not self.secret

    @property
    def secret(self) -> bool:
        """Whether its name says that its value is secret."""
        return says_secret(self.name)

    def believed(self, mention: Mention) -> bool:
        """Whether a mention may be a host: a bare word is as likely the name of a database."""
        if self.secret or self.last in _IMAGES:
            return bool(mention.scheme)
        if mention.host == OWN_NODE:
            return self.hinted or mention.sure
        alone = len(_SPLIT.split(self.name)) == 1
        return mention.sure or "." in mention.host or alone or self.last not in WORDS


@functools.lru_cache(maxsize=5_000)  # the same names stand in many workloads
def last_word(name: str) -> str:
    """Return the last word of a setting's name, in lower case; of ``HOST_NAME`` ``hostname``."""
    parts = [part.lower() for part in _SPLIT.split(name) if part] or [""]
    if parts[-1] == "name" and parts[-2:-1] in (["host"], ["server"], ["dns"]):
        return "hostname"
    return parts[-1]
