"""Secrets: whatever a setting holds, only hosts come out."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sharden.analysis.network.calls import calls_of
from k8sharden.model.inventory import Inventory
from tests.remediations.harness import inventory

_BASE = string.ascii_letters + string.digits
_TOKEN = st.text(_BASE, min_size=12, max_size=40)
_LOWER = st.text(string.ascii_lowercase + string.digits, min_size=12, max_size=40)
SECRETS = st.one_of(
    _TOKEN,
    _LOWER,
    st.builds("eyJ{}.eyJ{}.{}".format, _TOKEN, _TOKEN, _TOKEN),
    st.builds("{}.{}.{}".format, _LOWER, _LOWER, _LOWER),
    st.builds("sk_live_{}".format, _LOWER),
    st.builds("ghp_{}".format, _TOKEN),
    st.builds("{}=={}".format, _TOKEN, _LOWER),
    st.builds("{}:{}".format, _LOWER, st.integers(1, 65_535)),
    st.builds("{}@{}".format, _LOWER, _LOWER),
    st.builds("{}/{}+{}=".format, _TOKEN, _TOKEN, _TOKEN),
)
FORMS = (
    "{}",
    "postgres://books:{}@ledger.payments:5432/books",
    "https://{}@api.cards.example/v2",
    "https://api.cards.example/hooks/{}",
    "https://api.cards.example/?token={}",
    "host=ledger.payments password={} user=books",
    "password: {}\nhost: ledger.payments\n",
    "Server=ledger.payments;Password={};",
)
NAMES = ("API_TOKEN", "DB_PASSWORD", "SESSION_KEY", "DATABASE_URL", "SETTING", "REDIS_HOST", "x")


def told(name: str, value: str) -> Inventory:
    """A Deployment that is told a value in every way there is."""
    container = {
        "name": "web",
        "image": "web:1",
        "env": [{"name": name, "value": value}],
        "args": [f"--{name.lower()}={value}", f"--{name.lower()}", value, value],
        "command": ["sh", "-c", f"run --url {value}; {name}={value}"],
        "envFrom": [{"configMapRef": {"name": "web"}}],
    }
    labels = {"app": "web"}
    volume = {"name": "v", "configMap": {"name": "web"}}
    template = {
        "metadata": {"labels": labels},
        "spec": {"containers": [container], "volumes": [volume]},
    }
    config = {"metadata": {"name": "web", "namespace": "shop"}, "data": {name: value, "f": value}}
    return inventory(
        [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
            {"apiVersion": "v1", "kind": "ConfigMap", **config},
            {
                "apiVersion": "apps/v1",
                "kind": "Deployment",
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"selector": {"matchLabels": labels}, "template": template},
            },
        ]
    )


@settings(max_examples=300, deadline=None)
@given(SECRETS, st.sampled_from(FORMS), st.sampled_from(NAMES))
def test_no_secret_comes_out_of_any_setting(secret: str, form: str, name: str) -> None:
    """Neither an edge, nor its evidence, nor what is untold holds any part of it."""
    said = repr(calls_of(told(name, form.format(secret)))).lower()
    for part in secret.lower().replace("@", ".").replace(":", ".").split("."):
        if len(part) >= len("eyJ") + 6:
            assert part not in said


@pytest.mark.parametrize(
    "hostile",
    [
        "http://" + "a." * 200_000,
        "http://x" + "@" * 500_000,
        "\x1b[31mhttp://evil\x00.example",
        "http://" + "0" * 300_000 + ":80",
        ":" * 500_000,
        "host=" * 100_000,
        "http://[::1]:80 http://[zz]:99999",
        "http://999.999.999.999:1",
        "\uff48ttp://ledger\uff0epayments",
    ],
)
def test_hostile_text_makes_no_call_and_no_delay(hostile: str) -> None:
    """It is looked through once, within bounds, and nothing of it is shown as it is."""
    said = repr(calls_of(told("URL", hostile)).edges)
    assert "\\x1b" not in said
    assert len(said) < 10_000
