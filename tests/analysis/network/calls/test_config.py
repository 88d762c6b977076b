"""Calls that settings name."""

import pytest

from tests.analysis.network.calls.small import (
    SPACES,
    caller,
    edges,
    evidence,
    server,
    untold,
    workload,
)

LEDGER = "Deployment shop/web -> StatefulSet payments/ledger 5432/TCP"
SERVICE_IP = "clusterIP: 10.96.7.7"


def env(name: str, value: str) -> str:
    """An environment of one variable."""
    return f"[{{name: {name}, value: '{value}'}}]"


@pytest.mark.parametrize(
    "value",
    [
        "http://ledger.payments",
        "http://ledger.payments.svc",
        "http://ledger.payments.svc.cluster.local",
        "http://ledger.payments.svc.cluster.local.",
        "http://ledger.payments.svc.kestrel.internal/path?q=1",
        "http://user:p@ss@ledger.payments:80/x",
        "ledger.payments",
        "ledger.payments:80",
        "ledger.payments.svc:80,other.payments.svc:80",
        "postgres://ledger.payments/books",
        "jdbc:postgresql://ledger.payments/books",
        "http://10.96.7.7",
        "10.96.7.7:80",
        "10.96.7.7",
        "host=ledger.payments port=80 user=books",
    ],
)
def test_every_way_to_write_a_service_leads_to_its_pods_port(value: str) -> None:
    """A Service's name, short or long, or its address, leads to the target port of its pods."""
    world = (SPACES, server(spec=SERVICE_IP), caller(env("LEDGER", value)))
    assert edges(*world) == [LEDGER]


def test_a_bare_name_is_a_service_of_the_callers_own_namespace() -> None:
    """The search path begins in the pod's namespace, and does not reach another by one label."""
    assert edges(SPACES, server(), caller(env("LEDGER", "http://ledger"))) == []
    own = server(namespace="shop")
    assert edges(SPACES, own, caller(env("LEDGER", "http://ledger"))) == [
        "Deployment shop/web -> StatefulSet shop/ledger 5432/TCP"
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_NAME", "ledger"),
        ("DB_USER", "ledger"),
        ("POSTGRES_DB", "ledger"),
        ("API_TOKEN", "ledger"),
        ("LEDGER_PASSWORD", "ledger:80"),
        ("VERSION", "1.2.3"),
        ("ACCOUNT", "books"),
        ("KEY", "app.kubernetes.io/name"),
        ("FILE", "config.yaml"),
        ("FILE", "config.yaml:12"),
        ("CLASS", "com.foo.bar"),
        ("IMAGE", "registry.example.com/shop/web:1.8"),
        ("LISTEN", "0.0.0.0:8080"),
        ("LISTEN", "http://127.0.0.1:8080"),
        ("SELF", "http://localhost:8080"),
        ("BUCKET", "s3://books.example.com/x"),
        ("SCHEMA", "http://www.w3.org/2001/XMLSchema"),
        ("MODE", "fast"),
        ("RANGE", "10.96.0.0/12"),
        ("RELEASE", "1.2.3.4"),
        ("LEDGER_IMAGE", "ledger:80"),
        ("X", "{0.__class__}"),
    ],
)
def test_what_is_no_host_leads_nowhere(name: str, value: str) -> None:
    """Names of databases, files, classes, images, versions and secrets make no call."""
    own = server(namespace="shop")
    assert edges(SPACES, own, caller(env(name, value))) == []


@pytest.mark.parametrize(
    ("name", "value", "host", "port"),
    [
        ("CARDS", "https://api.cards.example/v2", "api.cards.example", "443/TCP"),
        ("CARDS", "http://api.cards.example:8080", "api.cards.example", "8080/TCP"),
        ("BROKER", "amqps://u:p@mq.cards.example", "mq.cards.example", "5671/TCP"),
        ("SMTP_HOST", "smtp.cards.example", "smtp.cards.example", "0/TCP"),
        ("SMTP", "smtp.cards.example:587", "smtp.cards.example", "587/TCP"),
        ("CARDS", "tcp://198.51.100.7:99", "198.51.100.7/32", "99/TCP"),
        ("CARDS", "http://[2001:db8::7]/", "2001:db8::7/128", "80/TCP"),
        ("RESOLVER", "udp://198.51.100.7:53", "198.51.100.7/32", "53/UDP"),
        ("NTP_SERVER", "time.cards.example:123", "time.cards.example", "123/UDP"),
    ],
)
def test_a_host_outside_is_taken_from_a_url_a_port_or_a_settings_name(
    name: str, value: str, host: str, port: str
) -> None:
    """The port is the one that is written, or the scheme's own; 0 stands for any."""
    assert edges(SPACES, caller(env(name, value))) == [f"Deployment shop/web -> {host} {port}"]


def test_the_port_beside_a_host_is_its_port() -> None:
    """DB_HOST and DB_PORT belong together, for a Service and for a host outside."""
    pair = "[{name: DB_HOST, value: %s}, {name: DB_PORT, value: '%s'}]"
    assert edges(SPACES, server(), caller(pair % ("ledger.payments", 80))) == [LEDGER]
    assert edges(SPACES, caller(pair % ("db.cards.example", 5433))) == [
        "Deployment shop/web -> db.cards.example 5433/TCP"
    ]


@pytest.mark.parametrize(
    "url", ["http://$(LEDGER):80", "http://$(LEDGER):$(PORT)/", "http://u:$(PASSWORD)@$(LEDGER)"]
)
def test_a_url_made_of_variables_has_their_hosts(url: str) -> None:
    """Kubernetes puts the value of one variable into another, and into arguments."""
    pair = f"[{{name: LEDGER, value: ledger.payments}}, {{name: X, value: '{url}'}}]"
    assert edges(SPACES, server(), caller(pair)) == [LEDGER]
    args = f", args: ['--url={url}']"
    found = evidence(SPACES, server(), caller("[{name: LEDGER, value: ledger.payments}]", args))
    assert "arguments of container web" in found


@pytest.mark.parametrize("name", ["PASSWORD", "NOBODY"])
def test_a_url_made_of_a_secret_or_of_nothing_has_no_host(name: str) -> None:
    """What a variable that says it is a secret holds is not looked at for others either."""
    pair = f"[{{name: PASSWORD, value: a.example}}, {{name: X, value: 'http://$({name}):80'}}]"
    assert edges(SPACES, caller(pair)) == []


@pytest.mark.parametrize(
    ("more", "port"),
    [
        ("", 0),
        (", {name: AGENT_PORT, value: '8126'}", 8126),
        (", {name: URL, value: 'http://$(AGENT_HOST):4317'}", 4317),
    ],
)
def test_a_variable_that_takes_the_nodes_address_calls_the_node(more: str, port: int) -> None:
    """As agents are called that listen on a port of each node."""
    own = "{name: AGENT_HOST, valueFrom: {fieldRef: {fieldPath: status.hostIP}}}"
    assert f"Deployment shop/web -> nodes {port}/TCP" in edges(SPACES, caller(f"[{own}{more}]"))
    told = caller(f"[{own.replace('AGENT_HOST', 'NODE_IP')}]")
    assert edges(SPACES, told) == []


CONFIG = """
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data:
  LEDGER_HOST: ledger.payments
  OTHER: http://other.cards.example
  app.yaml: |
    mail:
      host: smtp.cards.example
      port: 587
    books: {url: "postgres://books:hunter2@ledger.payments:80/books"}
"""


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            ", envFrom: [{configMapRef: {name: settings}}]",
            "ConfigMap shop/settings: env LEDGER_HOST of container web",
        ),
        (
            ", command: [sh, -c, 'until pg_isready -h ledger.payments; do sleep 1; done']",
            "arguments of container web",
        ),
        (", args: [--ledger=ledger.payments:80]", "arguments of container web"),
        (", args: [--ledger, 'http://ledger.payments']", "arguments of container web"),
    ],
)
def test_the_evidence_names_where_the_host_stands(more: str, said: str) -> None:
    """A ConfigMap, a command line or a variable, with the container that is told it."""
    world = (SPACES, CONFIG, server(), caller(more=more))
    assert LEDGER in edges(*world)
    assert said in evidence(*world)


def test_a_variable_from_a_config_map_is_only_the_key_that_it_takes() -> None:
    """Other keys of the ConfigMap are not this container's."""
    variable = "[{name: L, valueFrom: {configMapKeyRef: {name: settings, key: LEDGER_HOST}}}]"
    assert edges(SPACES, CONFIG, server(), caller(variable)) == [LEDGER]


@pytest.mark.parametrize(
    "volume",
    [
        "configMap: {name: settings}",
        "configMap: {name: settings, items: [{key: app.yaml, path: x}]}",
        "projected: {sources: [{configMap: {name: settings}}]}",
    ],
)
def test_a_mounted_file_names_hosts_and_their_ports(volume: str) -> None:
    """A file's URLs count, and a host under a key that says so, with the port below it."""
    pod = caller().replace("containers:", f"volumes: [{{name: c, {volume}}}], containers:")
    found = edges(SPACES, CONFIG, server(), pod)
    assert LEDGER in found
    assert "Deployment shop/web -> smtp.cards.example 587/TCP" in found
    assert ("Deployment shop/web -> other.cards.example 80/TCP" in found) == ("items" not in volume)


def test_a_config_map_of_another_namespace_or_a_missing_one_tells_nothing() -> None:
    """A pod can only take those of its own namespace."""
    other = CONFIG.replace("namespace: shop", "namespace: payments")
    world = (SPACES, other, server(), caller(more=", envFrom: [{configMapRef: {name: settings}}]"))
    assert edges(*world) == []


def test_a_name_of_the_cluster_that_nothing_answers_to_is_said() -> None:
    """A Service that is not there makes no call, and whoever reads it can mend the name."""
    world = (SPACES, caller(env("LEDGER_URL", "http://ledger.payments.svc")))
    assert edges(*world) == []
    assert untold(*world) == [
        "env LEDGER_URL of container web names ledger.payments.svc, and no such Service is known"
    ]


def test_secrets_that_settings_come_from_are_named_and_not_read() -> None:
    """Hosts in there are unknown; a password alone needs no word."""
    said = "it takes settings from the Secrets cards, more: hosts in there are not read"
    more = ", envFrom: [{secretRef: {name: cards}}]"
    variables = (
        "[{name: URL, valueFrom: {secretKeyRef: {name: more, key: url}}},"
        " {name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: db, key: p}}}]"
    )
    assert untold(SPACES, caller(variables, more)) == [said]


@pytest.mark.parametrize(
    ("volume", "told"),
    [
        ("secret: {secretName: alertmanager}", True),
        ("projected: {sources: [{secret: {name: alertmanager}}]}", True),
        ("secret: {secretName: web-tls}", False),
        ("emptyDir: {}", False),
    ],
)
def test_a_mounted_secret_may_be_a_configuration(volume: str, told: bool) -> None:  # noqa: FBT001 - a table
    """Unless its name says that it is a certificate."""
    pod = caller().replace("containers:", f"volumes: [{{name: c, {volume}}}], containers:")
    said = "it takes settings from the Secret alertmanager: hosts in there are not read"
    assert untold(SPACES, pod) == ([said] if told else [])


def test_the_clouds_metadata_is_no_call_that_anything_should_open() -> None:
    """Its address in a setting is said, and makes no edge."""
    world = (SPACES, caller(env("META", "http://169.254.169.254/latest")))
    assert edges(*world) == []
    assert "metadata" in untold(*world)[0]


def test_replicas_that_name_each_other_call_each_other() -> None:
    """Peers are a call of a workload to itself, also by UDP where the containers declare it."""
    pod = (
        "{automountServiceAccountToken: false, containers: [{name: m, image: 'x:1', "
        "args: ['--peer=am-0.am:9094', '--peer=am-1.am:9094'], ports: "
        "[{containerPort: 9094}, {containerPort: 9094, protocol: UDP}]}]}"
    )

    service = """
apiVersion: v1
kind: Service
metadata: {name: am, namespace: shop}
spec: {clusterIP: None, selector: {app: am}, ports: [{name: http, port: 9093}]}
"""
    peers = "StatefulSet shop/am -> StatefulSet shop/am 9094"
    assert edges(SPACES, workload("am", pod, kind="StatefulSet"), service) == [
        f"{peers}/TCP",
        f"{peers}/UDP",
    ]
