"""What the documentation of well-known images says of them: whom they run as, where they write.

The API shows neither what is inside an image nor what a process does. What is written here is
what the images' own pages and Dockerfiles state; an image that is mirrored under another name is
not recognised, since nobody can tell what was done to it. A registry's own word goes before this
table (`k8sharden.model.facts.ImageFact`).
"""

from collections.abc import Mapping

import msgspec

from k8sharden.analysis.images import parse_image
from k8sharden.model.pods import Container


class KnownImage(msgspec.Struct, frozen=True):
    """What is known of an image.

    ``folders`` are the absolute paths that it writes to beside ``/tmp``, None where nobody says.
    ``user`` is the ``USER`` of its Dockerfile: empty for root, None where the tags differ or nobody
    says. ``steps_down`` names the user to which its entrypoint changes when it is started as root,
    with the number that may be given as ``runAsUser`` instead. ``instead`` is an image for the same
    task that starts without root.
    """

    folders: tuple[str, ...] | None = None
    user: str | None = None
    steps_down: str = ""
    instead: str = ""


_PROMETHEUS = KnownImage(("/prometheus",), "nobody")
_NOBODY = KnownImage(user="nobody")
_ROOT = KnownImage(user="")
_BITNAMI = KnownImage(user="1001")

_KNOWN: Mapping[str, KnownImage] = {
    "docker.io/library/nginx": KnownImage(
        ("/var/cache/nginx", "/var/run"),
        "",
        "nginx (101)",
        "docker.io/nginxinc/nginx-unprivileged",
    ),
    "docker.io/nginxinc/nginx-unprivileged": KnownImage((), "101"),
    "docker.io/library/httpd": KnownImage(("/usr/local/apache2/logs",), "", "www-data (33)"),
    "docker.io/library/wordpress": KnownImage(None, "", "www-data (33)"),
    "docker.io/library/nextcloud": KnownImage(None, "", "www-data (33)"),
    "docker.io/library/redis": KnownImage(("/data",), "", "redis (999)"),
    "docker.io/valkey/valkey": KnownImage(("/data",), "", "valkey (999)"),
    "docker.io/library/postgres": KnownImage(
        ("/var/run/postgresql",), "", "postgres (999, of Alpine 70)"
    ),
    "docker.io/library/mysql": KnownImage(("/var/run/mysqld",), "", "mysql (999)"),
    "docker.io/library/mariadb": KnownImage(("/run/mysqld",), "", "mysql (999)"),
    "docker.io/library/mongo": KnownImage(None, "", "mongodb (999)"),
    "docker.io/library/rabbitmq": KnownImage(None, "", "rabbitmq (999, of Alpine 100)"),
    "docker.io/library/cassandra": KnownImage(None, "", "cassandra (999)"),
    "docker.io/library/zookeeper": KnownImage(None, "", "zookeeper (1000)"),
    "docker.io/library/ghost": KnownImage(None, "", "node (1000)"),
    "docker.io/gitea/gitea": KnownImage(
        None, None, "git (1000)", "docker.io/gitea/gitea:…-rootless"
    ),
    "docker.io/hashicorp/vault": KnownImage(None, "", "vault (100)"),
    "docker.io/library/memcached": KnownImage(user="memcache"),
    "docker.io/library/haproxy": KnownImage(user="haproxy"),
    "docker.io/library/adminer": KnownImage(user="adminer"),
    "docker.io/jenkins/jenkins": KnownImage(user="jenkins"),
    "docker.io/requarks/wiki": KnownImage(user="node"),
    "docker.io/curlimages/curl": KnownImage(user="curl_user"),
    "docker.io/prom/prometheus": _PROMETHEUS,
    "quay.io/prometheus/prometheus": _PROMETHEUS,
    "docker.io/prom/alertmanager": _NOBODY,
    "quay.io/prometheus/alertmanager": _NOBODY,
    "docker.io/prom/node-exporter": _NOBODY,
    "quay.io/prometheus/node-exporter": _NOBODY,
    "docker.io/grafana/grafana": KnownImage(("/var/lib/grafana",), "472"),
    "docker.io/grafana/loki": KnownImage(user="10001"),
    "docker.io/grafana/tempo": KnownImage(user="10001"),
    "quay.io/argoproj/argocd": KnownImage(user="999"),
    "quay.io/keycloak/keycloak": KnownImage(user="1000"),
    "docker.io/library/alpine": _ROOT,
    "docker.io/library/busybox": _ROOT,
    "docker.io/library/debian": _ROOT,
    "docker.io/library/docker": _ROOT,
    "docker.io/library/golang": _ROOT,
    "docker.io/library/node": _ROOT,
    "docker.io/library/php": _ROOT,
    "docker.io/library/python": _ROOT,
    "docker.io/library/registry": _ROOT,
    "docker.io/library/ruby": _ROOT,
    "docker.io/library/traefik": _ROOT,
    "docker.io/library/ubuntu": _ROOT,
    "docker.io/fluent/fluent-bit": _ROOT,
    "docker.io/gitlab/gitlab-runner": _ROOT,
    "docker.io/stilliard/pure-ftpd": _ROOT,
    "docker.io/bitnami/kafka": _BITNAMI,
    "docker.io/bitnami/mariadb": _BITNAMI,
    "docker.io/bitnami/mongodb": _BITNAMI,
    "docker.io/bitnami/nginx": _BITNAMI,
    "docker.io/bitnami/postgresql": _BITNAMI,
    "docker.io/bitnami/rabbitmq": _BITNAMI,
    "docker.io/bitnami/redis": _BITNAMI,
}


def known_image(container: Container) -> KnownImage | None:
    """Return what is known of a container's image; None where it is a stranger."""
    image = parse_image(container.image)
    return _KNOWN.get(image.repository) if image else None
