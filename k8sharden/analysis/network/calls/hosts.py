"""Host names: where a mention of a host leads, seen from a namespace.

Sources: kubernetes.io, DNS for Services and Pods (names and the search path); IANA, Service Name
and Transport Protocol Port Number Registry.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from k8sharden.analysis.network.calls.addresses import METADATA, addresses_of, is_address
from k8sharden.analysis.network.calls.services import Services, Target, services_of
from k8sharden.analysis.network.edges import End, EndKind
from k8sharden.model import network as n
from k8sharden.model.inventory import Inventory
from k8sharden.model.mentions import Mention

SCHEMES = {
    "http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21, "ssh": 22, "git": 9418,
    "smtp": 25, "smtps": 465, "imap": 143, "imaps": 993, "ldap": 389, "ldaps": 636,
    "postgres": 5432, "postgresql": 5432, "cockroachdb": 26257, "mysql": 3306, "mysql2": 3306,
    "mariadb": 3306, "sqlserver": 1433, "mssql": 1433, "oracle": 1521, "clickhouse": 9000,
    "mongodb": 27017, "cassandra": 9042, "neo4j": 7687, "bolt": 7687, "redis": 6379,
    "rediss": 6379, "valkey": 6379, "memcached": 11211, "amqp": 5672, "amqps": 5671,
    "kafka": 9092, "nats": 4222, "mqtt": 1883, "mqtts": 8883, "pulsar": 6650, "stomp": 61613,
    "etcd": 2379, "consul": 8500, "zk": 2181, "zookeeper": 2181, "elasticsearch": 9200,
    "syslog": 514, "sftp": 22, "rtmp": 1935, "dns": 53,
}  # fmt: skip
"""The port that a scheme means where none is written."""

_NO_HOSTS = {
    "file", "unix", "classpath", "jar", "data", "urn", "otpauth", "secret", "vault", "env", "arn",
    "s3", "s3a", "gs", "gcs", "abfs", "abfss", "wasb", "wasbs", "docker", "oci", "tag", "about",
    "spiffe", "uds", "chrome-extension", "keyring", "op", "ssm", "sops", "configmap", "k8s",
}  # fmt: skip
"""Schemes behind which no host stands: files, buckets, names in a store."""

_NAMES_OF_FORMATS = {
    "www.w3.org", "w3.org", "json-schema.org", "schemas.xmlsoap.org", "schemas.microsoft.com",
    "schemas.openxmlformats.org", "java.sun.com", "xmlns.jcp.org", "xmlns.oracle.com",
    "jakarta.ee", "maven.apache.org", "www.springframework.org", "www.liquibase.org",
    "purl.org", "xml.apache.org", "www.apache.org", "opensource.org", "spdx.org",
    "creativecommons.org", "schema.org", "relaxng.org", "www.sitemaps.org",
}  # fmt: skip
"""What a URL in a configuration file often is a name of, and nobody calls."""

_TOP = re.compile(r"(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})")
_WORLD = {
    "com", "net", "org", "io", "dev", "app", "cloud", "ai", "co", "gov", "edu", "mil", "int",
    "info", "biz", "tech", "online", "store", "shop", "xyz", "site", "local", "internal", "corp",
    "lan", "home", "intranet", "private", "example", "test", "arpa", "global", "systems", "network",
    "services", "solutions", "host", "email", "eu", "uk", "de", "fr", "nl", "es", "it", "ch", "at",
    "be", "se", "no", "fi", "dk", "ie", "pt", "cz", "gr", "hu", "ro", "us", "ca", "mx", "br", "ar",
    "cl", "jp", "cn", "kr", "in", "sg", "hk", "tw", "au", "nz", "za", "il", "tr", "ua", "ru", "ae",
    "sa", "id", "th", "vn", "my", "ph", "tv", "me", "gg", "fm", "to", "is", "lt", "lv", "ee", "si",
}  # fmt: skip
"""Last labels that are taken for a host's although no scheme says so: no endings of files."""

_HERE = {"localhost", "localhost.localdomain", "host", "hostname", "0", "none", "null", "true"}


class Lead(NamedTuple):
    """Where a mention leads.

    ``service`` names the Service it goes through, and ``missing`` a name of the cluster's own
    domain that nothing answers to. Both are empty where it leads outside, or nowhere.
    """

    targets: tuple[Target, ...] = ()
    service: str = ""
    missing: str = ""
    metadata: bool = False


NOWHERE = Lead()
_LAST = 5


class Hosts:
    """Resolves mentions of hosts."""

    def __init__(self, inventory: Inventory) -> None:
        self._services: Services = services_of(inventory)
        self._addresses = addresses_of(inventory)
        self._spaces = frozenset(inventory.namespace_names)

    def lead(self, mention: Mention, namespace: str, *, hinted: bool = False) -> Lead:
        """Return where a mention leads for a pod of a namespace.

        ``hinted`` where the name of the setting says that its value is a host.
        """
        host = mention.host.lower()
        if is_address(host):
            return self._at(host, mention)
        found = self._service(host, namespace)
        if found is not None:
            return self._through(*found, mention, hops=0)
        if self._is_own(host):
            return Lead(missing=host)
        return self._outside(host, mention, hinted=hinted)

    def _at(self, host: str, mention: Mention) -> Lead:
        service = self._services.by_address.get(host)
        if service is not None:
            return self._through(service, "", mention, hops=0)
        end = self._addresses.end(host) if mention.sure else None
        targets = (Target(end, _port(mention)),) if end else ()
        return Lead(targets, metadata=host in METADATA)

    def _service(self, host: str, namespace: str) -> tuple[n.Service, str] | None:
        for space, name, pod in _candidates(host.split("."), namespace):
            service = self._services.by_name.get((space, name))
            if service is not None and (not pod or is_headless(service)):
                return service, pod
        return None

    def _through(self, service: n.Service, pod: str, mention: Mention, hops: int) -> Lead:
        label = f"{service.namespace}/{service.name}"
        spec = service.spec or n.ServiceSpec()
        if spec.type == "ExternalName":
            return self._external(service, mention, label, hops)
        wanted = _port(mention)
        targets = self._services.targets(service, wanted, pod) if wanted else ()
        if not targets and mention.port and is_headless(service):
            targets = self._services.straight(service, mention.port, pod)
        if not targets and not mention.port:
            targets = self._services.targets(service, None, pod)
        return Lead(targets, label)

    def _external(self, service: n.Service, mention: Mention, label: str, hops: int) -> Lead:
        """Follow an ExternalName, which may name another Service, or itself."""
        name = ((service.spec.external_name if service.spec else None) or "").lower().rstrip(".")
        found = self._service(name, service.namespace) if "." in name else None
        if found is not None and hops < _LAST:
            return self._through(*found, mention, hops + 1)
        end = End(EndKind.OUTSIDE, host=name)
        ports = [each.port for each in (service.spec.ports if service.spec else None) or ()]
        wanted = [_port(mention)] if _port(mention) else ports or [0]
        kept = name and found is None
        return Lead(tuple(Target(end, port) for port in wanted) if kept else (), label)

    def _is_own(self, host: str) -> bool:
        """Whether a name is one of the cluster's own domain, in a namespace that there is."""
        parts = host.split(".")
        return any(
            at < len(parts) and parts[at] == "svc" and parts[at - 1] in self._spaces
            for at in (2, 3)
        )

    def _outside(self, host: str, mention: Mention, *, hinted: bool) -> Lead:
        if not is_outside(host, mention, hinted=hinted):
            return NOWHERE
        return Lead((Target(End(EndKind.OUTSIDE, host=host), _port(mention)),))


def is_headless(service: n.Service) -> bool:
    """Whether a Service's name leads straight to its pods."""
    return service.spec is not None and service.spec.cluster_ip == "None"


def is_outside(host: str, mention: Mention, *, hinted: bool) -> bool:
    """Whether a name that is nobody's in the cluster is somebody's outside, for all one can tell.

    A value may be a secret, a version or the name of a file: without a scheme only what ends as
    hosts do counts, and only beside a port or under a setting's name that says so.
    """
    _, dot, last = host.rpartition(".")
    if not dot or host in _HERE or host in _NAMES_OF_FORMATS or not _TOP.fullmatch(last):
        return False
    if mention.scheme:
        return mention.scheme not in _NO_HOSTS and last != "svc"
    return last in _WORLD and (bool(mention.port) or hinted)


def _candidates(parts: list[str], namespace: str) -> Iterator[tuple[str, str, str]]:
    """Yield namespace, Service and pod as the search path tries them."""
    match parts:
        case [name]:
            yield namespace, name, ""
        case [first, second]:
            yield namespace, second, first
            yield second, first, ""
        case [first, second, third] if third != "svc":
            yield third, second, first
        case [name, space, "svc", *_]:
            yield space, name, ""
        case [pod, name, space, "svc", *_]:
            yield space, name, pod
        case _:
            return


def _port(mention: Mention) -> int:
    return mention.port or SCHEMES.get(mention.scheme.rpartition("+")[2], 0)
