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

    ``folders`` are the absolute paths that it writes to beside ``/tmp`` and its volumes, None where
    nobody says. ``user`` is the ``USER`` of its Dockerfile: empty for root, None where the tags
    differ or nobody says. ``steps_down`` names the user to which its entrypoint changes when it is
    started as root, with the number that may be given as ``runAsUser`` instead. ``instead`` is an
    image for the same task that starts without root. ``volumes`` are the folders for data that its
    Dockerfile declares, or its own configuration names. ``scratch`` is false where its makers run
    it with a read-only root filesystem and without a ``/tmp``. ``carries_bind`` is true where its
    program's file carries NET_BIND_SERVICE (``setcap``): it does not start where that is dropped.
    """

    folders: tuple[str, ...] | None = None
    user: str | None = None
    steps_down: str = ""
    instead: str = ""
    volumes: tuple[str, ...] = ()
    scratch: bool = True
    carries_bind: bool = False


_ROOT = KnownImage(user="")
_BITNAMI = KnownImage(user="1001")
_STATELESS = KnownImage((), scratch=False)
_ONLY_TMP = KnownImage(())
# Dockerfile: setcap cap_net_bind_service=+ep.
_COREDNS = KnownImage((), scratch=False, carries_bind=True)
# Dockerfile: VOLUME and WORKDIR are the place for data, USER is nobody.
_PROMETHEUS = KnownImage((), "nobody", volumes=("/prometheus",))
_ALERTMANAGER = KnownImage((), "nobody", volumes=("/alertmanager",))
_EXPORTER = KnownImage((), "nobody", scratch=False)
_PUSHGATEWAY = KnownImage((), "nobody")
# README: the pid file and all temporary paths were moved to /tmp.
_NGINX_UNPRIVILEGED = KnownImage((), "101")
_MINIO = KnownImage(volumes=("/data",))

_KNOWN: Mapping[str, KnownImage] = {
    # Web servers and proxies. nginx: its page on Docker Hub, "read-only mode".
    "docker.io/library/nginx": KnownImage(
        ("/var/cache/nginx", "/var/run"),
        "",
        "nginx (101)",
        "docker.io/nginxinc/nginx-unprivileged",
    ),
    "docker.io/nginxinc/nginx-unprivileged": _NGINX_UNPRIVILEGED,
    "public.ecr.aws/nginx/nginx-unprivileged": _NGINX_UNPRIVILEGED,
    # Dockerfile of rootfs: setcap on all of its programs.
    "registry.k8s.io/ingress-nginx/controller": KnownImage(user="www-data", carries_bind=True),
    # Its configuration puts the pid file beside the logs.
    "docker.io/library/httpd": KnownImage(("/usr/local/apache2/logs",), "", "www-data (33)"),
    # Docker Hub: "write access to two locations"; Varnish: a tmpfs at its working directory.
    "docker.io/library/caddy": KnownImage((), "", volumes=("/config", "/data"), carries_bind=True),
    "docker.io/library/varnish": KnownImage(("/var/lib/varnish",)),
    # Its Helm chart's default is a read-only root filesystem, with a /tmp.
    "docker.io/library/traefik": KnownImage((), ""),
    "docker.io/library/haproxy": KnownImage(user="haproxy"),
    # Databases, caches and brokers: VOLUME in the Dockerfile; sockets where the server puts them.
    "docker.io/library/redis": KnownImage((), "", "redis (999)", volumes=("/data",)),
    "docker.io/valkey/valkey": KnownImage((), "", "valkey (999)", volumes=("/data",)),
    # Until 17 the volume is the folder data in this one, since 18 it is this one.
    "docker.io/library/postgres": KnownImage(
        ("/var/run/postgresql",),
        "",
        "postgres (999, of Alpine 70)",
        volumes=("/var/lib/postgresql",),
    ),
    "docker.io/library/mysql": KnownImage(
        ("/var/run/mysqld",), "", "mysql (999)", volumes=("/var/lib/mysql",)
    ),
    "docker.io/library/mariadb": KnownImage(
        ("/run/mysqld",), "", "mysql (999)", volumes=("/var/lib/mysql",)
    ),
    # HOME is the folder of the data, and the socket is in /tmp.
    "docker.io/library/mongo": KnownImage(
        (), "", "mongodb (999)", volumes=("/data/configdb", "/data/db")
    ),
    "docker.io/library/memcached": KnownImage((), "memcache"),
    # These write to their configuration at start as well, so not all is known.
    "docker.io/library/rabbitmq": KnownImage(
        None, "", "rabbitmq (999, of Alpine 100)", volumes=("/var/lib/rabbitmq",)
    ),
    "docker.io/library/cassandra": KnownImage(
        None, "", "cassandra (999)", volumes=("/var/lib/cassandra",)
    ),
    "docker.io/library/zookeeper": KnownImage(
        None, "", "zookeeper (1000)", volumes=("/data", "/datalog", "/logs")
    ),
    "docker.io/library/couchdb": KnownImage(volumes=("/opt/couchdb/data",)),
    "docker.io/library/neo4j": KnownImage(volumes=("/data", "/logs")),
    "docker.io/library/eclipse-mosquitto": KnownImage(
        volumes=("/mosquitto/data", "/mosquitto/log")
    ),
    "docker.io/clickhouse/clickhouse-server": KnownImage(volumes=("/var/lib/clickhouse",)),
    "docker.io/minio/minio": _MINIO,
    "quay.io/minio/minio": _MINIO,
    "docker.io/hashicorp/vault": KnownImage(
        None, "", "vault (100)", volumes=("/vault/file", "/vault/logs")
    ),
    "docker.io/hashicorp/consul": KnownImage(volumes=("/consul/data",)),
    # Applications that unpack themselves into their volume.
    "docker.io/library/wordpress": KnownImage(
        None, "", "www-data (33)", volumes=("/var/www/html",)
    ),
    "docker.io/library/nextcloud": KnownImage(
        None, "", "www-data (33)", volumes=("/var/www/html",)
    ),
    "docker.io/library/ghost": KnownImage(
        None, "", "node (1000)", volumes=("/var/lib/ghost/content",)
    ),
    "docker.io/library/adminer": KnownImage((), "adminer"),
    "docker.io/requarks/wiki": KnownImage(user="node"),
    "quay.io/keycloak/keycloak": KnownImage(user="1000"),
    # Source code, builds and images: the Dockerfiles' VOLUME.
    "docker.io/jenkins/jenkins": KnownImage((), "jenkins", volumes=("/var/jenkins_home",)),
    "docker.io/library/registry": KnownImage((), "", volumes=("/var/lib/registry",)),
    "docker.io/gitea/gitea": KnownImage(
        None, None, "git (1000)", "docker.io/gitea/gitea:…-rootless", volumes=("/data",)
    ),
    "docker.io/sonatype/nexus3": KnownImage(volumes=("/nexus-data",)),
    "docker.io/gitlab/gitlab-runner": _ROOT,
    # Monitoring: Dockerfiles; the exporters' and metrics-server's own manifests are read-only.
    "docker.io/prom/prometheus": _PROMETHEUS,
    "quay.io/prometheus/prometheus": _PROMETHEUS,
    "docker.io/prom/alertmanager": _ALERTMANAGER,
    "quay.io/prometheus/alertmanager": _ALERTMANAGER,
    "docker.io/prom/node-exporter": _EXPORTER,
    "quay.io/prometheus/node-exporter": _EXPORTER,
    "docker.io/prom/pushgateway": _PUSHGATEWAY,
    "quay.io/prometheus/pushgateway": _PUSHGATEWAY,
    "registry.k8s.io/kube-state-metrics/kube-state-metrics": _STATELESS,
    "registry.k8s.io/metrics-server/metrics-server": _ONLY_TMP,
    # GF_PATHS_DATA; the logs go to the console.
    "docker.io/grafana/grafana": KnownImage((), "472", volumes=("/var/lib/grafana",)),
    # The path_prefix of the configuration in the image, which most people replace.
    "docker.io/grafana/loki": KnownImage(user="10001", volumes=("/loki",)),
    "docker.io/grafana/tempo": KnownImage(user="10001"),
    "docker.io/fluent/fluent-bit": _ROOT,
    # The cluster's helpers: the manifests or charts of the projects are read-only by default.
    "registry.k8s.io/coredns/coredns": _COREDNS,
    "docker.io/coredns/coredns": _COREDNS,
    "registry.k8s.io/external-dns/external-dns": _STATELESS,
    "registry.k8s.io/descheduler/descheduler": _STATELESS,
    "registry.k8s.io/pause": _STATELESS,
    "quay.io/jetstack/cert-manager-controller": _STATELESS,
    "quay.io/jetstack/cert-manager-webhook": _STATELESS,
    "quay.io/jetstack/cert-manager-cainjector": _STATELESS,
    "ghcr.io/external-secrets/external-secrets": _STATELESS,
    "quay.io/oauth2-proxy/oauth2-proxy": _STATELESS,
    "docker.io/openpolicyagent/gatekeeper": _ONLY_TMP,
    "docker.io/bitnami/sealed-secrets-controller": _ONLY_TMP,
    # GitOps. Flux: config/manager/deployment.yaml of each controller.
    "ghcr.io/fluxcd/source-controller": KnownImage((), volumes=("/data",)),
    "ghcr.io/fluxcd/kustomize-controller": _ONLY_TMP,
    "ghcr.io/fluxcd/helm-controller": _ONLY_TMP,
    "ghcr.io/fluxcd/notification-controller": _ONLY_TMP,
    "quay.io/argoproj/argocd": KnownImage(user="999"),
    # What others are built from: they run whatever they are told to.
    "docker.io/curlimages/curl": KnownImage(user="curl_user"),
    "docker.io/library/alpine": _ROOT,
    "docker.io/library/busybox": _ROOT,
    "docker.io/library/debian": _ROOT,
    "docker.io/library/docker": KnownImage(user="", volumes=("/var/lib/docker",)),
    "docker.io/library/golang": _ROOT,
    "docker.io/library/node": _ROOT,
    "docker.io/library/php": _ROOT,
    "docker.io/library/python": _ROOT,
    "docker.io/library/ruby": _ROOT,
    "docker.io/library/ubuntu": _ROOT,
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
