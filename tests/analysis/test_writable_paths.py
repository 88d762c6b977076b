"""Where containers write, as far as their names and command lines tell."""

import time

import pytest

from k8sharden.analysis.writable_paths import Writable, writable_paths
from k8sharden.model.facts import Facts, ImageFact
from k8sharden.model.pods import Container, VolumeMount


def _of(*args: str, **fields: object) -> Writable:
    return writable_paths(Container(name="web", args=list(args), **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("args", "folders"),
    [
        ((), ["/tmp"]),
        (("--pid-file=/run/web/web.pid",), ["/run/web", "/tmp"]),
        (("--pid-file", "/run/web/web.pid"), ["/run/web", "/tmp"]),
        (("-data-dir=/srv/data",), ["/srv/data", "/tmp"]),
        (("--data-dir=/srv/v1.2", "--lock-dir=/run/locks"), ["/run/locks", "/srv/v1.2", "/tmp"]),
        (("--storage.tsdb.path=/prometheus",), ["/prometheus", "/tmp"]),
        (("--log-path=/var/log/web/access.log",), ["/tmp", "/var/log/web"]),
        (("--storageDataPath=/storage", "-pidFile=/run/x/pid"), ["/run/x", "/storage", "/tmp"]),
        (("--persistence.file=/data/metrics",), ["/data", "/tmp"]),
        (("-Djava.io.tmpdir=/var/tmp/java",), ["/tmp", "/var/tmp/java"]),
        (("--socket=unix:///run/csi/csi.sock",), ["/run/csi", "/tmp"]),
        (("sh", "-c", "serve --cache-dir '/var/cache/web' 2>&1"), ["/tmp", "/var/cache/web"]),
        (("sh", "-c", "echo ready>>/data/ready"), ["/data", "/tmp"]),
        (("sh", "-c", "run 2> /var/log/web/errors"), ["/tmp", "/var/log/web"]),
        (("sh", "-c", "run | tee -a /logs/out"), ["/logs", "/tmp"]),
        (("sh", "-c", "mkdir -p /srv/queue && touch /cache/x"), ["/cache", "/srv/queue", "/tmp"]),
        (("--data-dir=/data", "--wal-dir=/data/wal"), ["/data", "/tmp"]),
        (("--work-dir=/tmp/work",), ["/tmp"]),
        (("--run-dir=/var/run", "--pid-file=/run/web/web.pid"), ["/tmp", "/var/run"]),
        (("--state-dir=/var/run/x", "--pid-file=/run/x/web.pid"), ["/run/x", "/tmp"]),
        (("sh", "-c", "true > /dev/null; echo 1 > /proc/self/oom_score_adj"), ["/tmp"]),
        (("--config-file=/etc/web.yaml", "--log-config=/etc/log.yaml"), ["/tmp"]),
        (("--tls-cert-file=/certs/tls.crt", "--web.root=/srv/www"), ["/tmp"]),
        (("x => /var/lib/x", "<a>", "a->/var/lib/y"), ["/tmp"]),
    ],
)
def test_what_the_command_line_writes_to_gets_a_folder(
    args: tuple[str, ...], folders: list[str]
) -> None:
    """Options named for what is written, and a shell's redirections; what is read stays closed."""
    assert sorted(_of(*args).folders) == folders


@pytest.mark.parametrize(
    ("args", "fields", "beyond"),
    [
        (("sh", "-c", "migrate > /app/migrate.log"), {}, ("/app/migrate.log",)),
        (("sh", "-c", "envsubst > /etc/nginx/nginx.conf"), {}, ("/etc/nginx/nginx.conf",)),
        (("--data-dir=/usr/share/web",), {}, ("/usr/share/web",)),
        (("--data-dir=/",), {}, ("/",)),
        (("--data-dir=/var/lib",), {}, ("/var/lib",)),
        (("--output=/app",), {}, ("/app",)),
        (("--data-dir=/app",), {"working_dir": "/app"}, ("/app",)),
        (("--data-dir=/opt/web",), {"command": ["/opt/web/bin/serve"]}, ("/opt/web",)),
        (("--data-dir=/x/../etc",), {}, ("/etc",)),
    ],
)
def test_the_images_own_files_are_never_covered(
    args: tuple[str, ...], fields: dict[str, object], beyond: tuple[str, ...]
) -> None:
    """An empty volume over the program, its settings or its libraries would be worse than none."""
    found = _of(*args, **fields)
    assert found.beyond == beyond
    assert found.folders == ("/tmp",)


def test_what_is_mounted_already_is_left_alone() -> None:
    """A path below a mount is writable by that mount; a sibling of it is not."""
    mounts = [VolumeMount("scratch", "/tmp/"), VolumeMount("data", "/srv")]
    found = _of("--data-dir=/srv/data", "--log-dir=/srv2", volume_mounts=mounts)
    assert found.folders == ("/srv2",)
    assert found.beyond == ()


@pytest.mark.parametrize(
    ("image", "folders", "known"),
    [
        ("nginx:1.29", ("/var/run", "/tmp", "/var/cache/nginx"), True),
        ("docker.io/library/nginx", ("/var/run", "/tmp", "/var/cache/nginx"), True),
        ("nginxinc/nginx-unprivileged:1.29", ("/tmp",), True),
        ("quay.io/prometheus/prometheus:v3.1.0", ("/prometheus", "/tmp"), True),
        ("postgres:18", ("/var/run/postgresql", "/tmp", "/var/lib/postgresql"), True),
        ("rabbitmq:4", ("/tmp", "/var/lib/rabbitmq"), False),
        ("registry.kestrel.example/mirror/nginx:1.29", ("/tmp",), False),
        ("not a reference", ("/tmp",), False),
        ("", ("/tmp",), False),
    ],
)
def test_only_images_that_are_documented_are_known(
    image: str, folders: tuple[str, ...], *, known: bool
) -> None:
    """A namesake in another registry may hold anything, so nothing is claimed of it."""
    found = _of(image=image)
    assert (found.folders, found.known) == (folders, known)


def test_a_script_in_a_known_image_is_not_known() -> None:
    """With a command of its own nobody can say what the documentation is about."""
    found = _of(image="nginx:1.29", command=["sh", "-c", "cp -r /site /out"])
    assert (set(found.folders), found.known) == ({"/tmp", "/var/run", "/var/cache/nginx"}, False)


def test_what_writes_nowhere_gets_no_volume() -> None:
    """A field that is not needed is not added, unless its command line says otherwise."""
    assert _of(image="registry.k8s.io/coredns/coredns:v1.13.1") == Writable((), (), known=True)
    told = _of("--log-dir=/logs", image="registry.k8s.io/coredns/coredns:v1.13.1")
    assert told.folders == ("/logs",)
    script = _of(image="registry.k8s.io/coredns/coredns:v1.13.1", command=["sh"])
    assert script.folders == ("/tmp",)


def _declaring(*volumes: str, problem: str = "", **fields: object) -> Writable:
    fact = ImageFact("shop/web:1", volumes=volumes, problem=problem)
    container = Container(name="web", image="shop/web:1", **fields)  # type: ignore[arg-type]
    return writable_paths(container, Facts({"shop/web:1": fact}))


def test_declared_volumes_get_a_folder_and_leave_the_rest_unknown() -> None:
    """An image that says where its data goes has not said where its pid file does."""
    assert _declaring("/srv/data/", "/spool") == Writable(
        ("/spool", "/srv/data", "/tmp"), (), known=False
    )
    assert _declaring("/spool", problem="429").folders == ("/tmp",)


def test_declared_volumes_that_are_mounted_are_left_alone() -> None:
    """At it, above it or inside it: somebody has chosen already where the data goes."""
    for path in ("/srv/data", "/srv", "/srv/data/pg"):
        assert _declaring("/srv/data", volume_mounts=[VolumeMount("d", path)]).folders == ("/tmp",)


def test_declared_volumes_among_the_images_own_files_are_not_covered() -> None:
    """An empty volume over settings that the image ships would hide them."""
    assert _declaring("/etc/web").beyond == ("/etc/web",)
    assert _declaring("/app", command=["/app/serve"]).beyond == ("/app",)


def test_what_a_registry_says_is_bounded_and_checked() -> None:
    """It may say anything: paths that are none, with a colon, or ten thousand of them."""
    assert _declaring("data", "/a:b", "/a b", "/" + "x" * 300, "").folders == ("/tmp",)
    assert len(_declaring(*(f"/volume-{number}" for number in range(10_000))).folders) == 21


def test_what_a_registry_says_goes_before_the_table() -> None:
    """The folder of an image's data moves from version to version."""
    fact = ImageFact("redis:8", volumes=())
    container = Container(name="redis", image="redis:8")
    assert writable_paths(container, Facts({"redis:8": fact})).folders == ("/tmp",)
    assert set(writable_paths(container).folders) == {"/data", "/tmp"}


def test_a_hostile_command_line_costs_next_to_nothing() -> None:
    """Whoever may create a pod chooses this text; a plan reads thousands of them."""
    texts = ("--" + "a-" * 500_000, "> " * 500_000, "--a " + " " * 1_000_000, "mkdir -p" * 200_000)
    start = time.perf_counter()
    for text in texts:
        _of(text)
    assert time.perf_counter() - start < 1
