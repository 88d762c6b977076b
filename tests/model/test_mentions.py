"""Mentions: the hosts that a text names."""

import time

import pytest

from k8sharden.model.mentions import Mention, mentions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("http://ledger", [Mention("ledger", 0, "http")]),
        ("http://ledger:$(PORT)/", [Mention("ledger", 0, "http")]),
        ("http://user:port", []),
        ("postgres://u:p@ss.word:12@db.shop:5432/x", [Mention("db.shop", 5432, "postgres")]),
        ("amqp://u:p/ss.word@h", []),
        ("a-0.a:1,a-1.a:2", [Mention("a-0.a", 1), Mention("a-1.a", 2)]),
        ("http://[2001:db8::1]:80/", [Mention("2001:db8::1", 80, "http")]),
        ("ledger", [Mention("ledger")]),
        ("ledger and more", []),
        ("host=db port=5432 password=x", [Mention("db", 5432, named=True)]),
        ('{"host": "db", "port": 5432}', [Mention("db", 5432, named=True)]),
        ("db.host=db", [Mention("db.host"), Mention("db", named=True)]),
        ("host: ${DB}", []),
        ("http://$(DB):80", [Mention("$(DB)", 80, "http")]),
        (
            "server t.cards.example 123;",
            [Mention("t.cards.example"), Mention("t.cards.example", 123, named=True)],
        ),
        ("http://a:70000", []),
        ("someone@cards.example", []),
        ("root:12345@tcp(mysql:3306)/shop", [Mention("mysql", 3306)]),
        ("jane.me@cards.example", []),
        ("", []),
    ],
)
def test_hosts_stand_in_urls_before_ports_and_behind_keys(text: str, found: list[Mention]) -> None:
    """A password is no host, also where it holds what ends one elsewhere."""
    assert list(mentions(text)) == found


@pytest.mark.parametrize("part", ["a://", "a.", "host: ", "host=a port", "http://a@", "1:", "a-"])
def test_a_long_hostile_text_is_looked_through_in_linear_time(part: str) -> None:
    """A million characters of the beginning of a host take no minute."""
    began = time.process_time()
    mentions(part * (1_000_000 // len(part)))
    assert time.process_time() - began < 20
