"""Masking: secret values never leave, and nothing harmless is hidden."""

import json
import time
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from k8sharden.model.masking import Masker, says_secret


def container(**fields: Any) -> dict[str, Any]:
    """Return a Pod with one container."""
    return {"kind": "Pod", "spec": {"containers": [{"name": "c", **fields}]}}


@pytest.mark.parametrize(
    "value",
    [
        container(env=[{"name": "DB_PASSWORD", "value": "hunter2"}]),
        container(env=[{"name": "apiKey", "value": "hunter2"}]),
        container(args=["--token=hunter2"]),
        container(args=["--db-password", "hunter2"]),
        container(env=[{"name": "DATABASE", "value": "postgres://app:hunter2@db/shop"}]),
        container(env=[{"name": "X", "value": "-----BEGIN RSA PRIVATE KEY-----\nhunter2"}]),
        container(command=["sh", "-c", "PGPASSWORD=hunter2 psql -h db"]),
        container(command=["sh", "-c", "mysql -u app --password 'hunter2 x' < dump; echo done"]),
        container(command=["sh", "-c", "set -e\nexport TOKEN=hunter2\nrun"]),
        {"kind": "ConfigMap", "data": {"password": "hunter2"}},
        {"kind": "Secret", "data": {"a": "hunter2"}},
        {"kind": "Secret", "stringData": {"a": "hunter2"}},
    ],
)
def test_secret_values_are_masked(value: dict[str, Any]) -> None:
    """Wherever a value that its place calls secret stands, it does not come out."""
    text = json.dumps(Masker().manifest(value))
    assert "hunter2" not in text
    assert "<masked 1>" in text


@pytest.mark.parametrize(
    "value",
    [
        container(env=[{"name": "TOKEN_URL", "value": "https://login.example/t"}]),
        container(env=[{"name": "SECRET_FILE", "value": "/etc/s"}]),
        container(env=[{"name": "TOKEN_ENABLED", "value": "true"}]),
        container(args=["--tokens-per-second", "9", "serve"]),
        container(args=["--db-password=$(DB_PASSWORD)", "--password", "$(DB_PASSWORD)"]),
        container(command=["sh", "-c", 'mysql --password "$DB_PASSWORD" --token-file /t -u app']),
        container(command=["sh", "-c", "TOKEN=${TOKEN} run --secret --verbose"]),
        {"kind": "ConfigMap", "data": {"a": "plain"}},
    ],
)
def test_harmless_values_stay(value: dict[str, Any]) -> None:
    """Files, addresses and switches that only speak of secrets are shown."""
    assert Masker().manifest(value) == value


@given(st.text(min_size=4), st.text())
def test_masked_text_does_not_hold_the_value(secret: str, around: str) -> None:
    """Whatever the value, a text that held it no longer does."""
    masker = Masker()
    assume(masker.mark(secret) != secret)
    masker.manifest(container(env=[{"name": "PASSWORD", "value": secret}]))
    text = masker.masked(f"{around}\n{secret}\n")
    bare = text.replace("<masked 1>", "")
    assert not any(line.strip() in bare for line in secret.splitlines() if line.strip())


def test_a_hostile_text_is_masked_in_no_time() -> None:
    """However a megabyte is made up, it is searched once."""
    for part in ("-", "a.", "--a ", "a='", "://a:", "-----BEGIN "):
        started = time.process_time()
        Masker().manifest({"kind": "X", "a": "= " + part * (1_000_000 // len(part))})
        assert time.process_time() - started < 2


def test_names() -> None:
    """Names are told by their words, not by chance."""
    assert says_secret("AWS_SECRET_ACCESS_KEY")
    assert not says_secret("COMPASS_BEARING")
    assert not says_secret("KEYBOARD")
