"""Shapes: which names look like hosts, and what port and protocol a mention means.

Source: IANA, Service Name and Transport Protocol Port Number Registry.
"""

import re

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
    "runbooks.prometheus-operator.dev", "kubernetes.io", "k8s.io", "golang.org", "godoc.org",
    "creativecommons.org", "schema.org", "relaxng.org", "www.sitemaps.org",
}  # fmt: skip
"""What a URL in a configuration file often is a name of, and nobody calls."""

_TOP = re.compile(r"(?:[a-z]{2,24}|xn--[a-z0-9-]{2,59})")
WORLD = {
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

_DATAGRAMS = {"udp", "udp4", "udp6", "statsd", "dogstatsd", "ntp", "coap", "quic"}
_UDP = {69, 123, 161, 162, 514, 1812, 1813, 8125, 4789, 5683}
_EITHER = {53, 464, 88}


def port_of(mention: Mention) -> int:
    """Return the port that is meant, 0 where any."""
    return mention.port or SCHEMES.get(mention.scheme.rpartition("+")[2], 0)


def protocols_of(mention: Mention) -> tuple[str, ...]:
    """Return the protocols that a mention means: TCP, unless its scheme or port is another's."""
    if mention.scheme in _DATAGRAMS or (not mention.scheme and mention.port in _UDP):
        return ("UDP",)
    return ("TCP", "UDP") if not mention.scheme and mention.port in _EITHER else ("TCP",)


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
    return last in WORLD and (bool(mention.port) or hinted)
