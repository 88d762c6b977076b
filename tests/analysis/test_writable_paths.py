"""Where containers write, as far as their names and command lines tell."""

import time

import pytest

from k8sharden.analysis.writable_paths import Writable, writable_paths
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


def test_a_hostile_command_line_costs_next_to_nothing() -> None:
    """Whoever may create a pod chooses this text; a plan reads thousands of them."""
    texts = ("--" + "a-" * 500_000, "> " * 500_000, "--a " + " " * 1_000_000, "mkdir -p" * 200_000)
    start = time.perf_counter()
    for text in texts:
        _of(text)
    assert time.perf_counter() - start < 1
