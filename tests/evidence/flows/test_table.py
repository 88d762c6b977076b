"""Tables of connections: how ends are named, columns, and odd rows."""

import pytest

from k8sharden.model.flows import FlowEnd
from tests.evidence.flows.hubble import only, read


@pytest.mark.parametrize(
    ("cell", "end"),
    [
        ("shop/web-0", FlowEnd("shop", "web-0")),
        ("Pod/shop/web-0", FlowEnd("shop", "web-0")),
        ("deployment/shop/web", FlowEnd("shop", workload="Deployment/web")),
        ("Service/shop/web", FlowEnd("shop", workload="Service/web")),
        ("10.0.0.1", FlowEnd(address="10.0.0.1")),
        ("FD00:0::1", FlowEnd(address="fd00::1")),
        ("::ffff:10.0.0.1", FlowEnd(address="10.0.0.1")),
        ("API.Stripe.com.", FlowEnd(host="api.stripe.com")),
    ],
)
def test_an_end_is_named_in_one_of_four_ways(cell: str, end: FlowEnd) -> None:
    """A pod, an object with its kind, an address, a host."""
    found = only([f"{cell},10.9.9.9,443\n".encode()])
    assert found.source == end


@pytest.mark.parametrize(
    "row",
    [
        "shop/web,10.0.0.1",
        "web,10.0.0.1,80",
        "10.0.0.0/8,10.0.0.1,80",
        "Rollout/shop/web,10.0.0.1,80",
        "shop/web/0/1,10.0.0.1,80",
        "shop/Web,10.0.0.1,80",
        "300.0.0.1,10.0.0.1,80",
        "010.0.0.1,10.0.0.1,80",
        "fe80::1%eth0,10.0.0.1,80",
        "10.0.0.1,10.0.0.2,0",
        "10.0.0.1,10.0.0.2,65536",
        "10.0.0.1,10.0.0.2,http",
        "10.0.0.1,10.0.0.2,٣",
        "10.0.0.1,10.0.0.2,80,TCP,-4",
        "10.0.0.1,10.0.0.2,80,TCP,9999999999999999999",
        "10.0.0.1,10.0.0.2,80,T/P",
        '10.0.0.1,"10.0.0.2,80',
        "a" * 3000,
    ],
)
def test_an_odd_row_is_counted(row: str) -> None:
    """And ends nothing."""
    found = read(b"10.0.0.1,10.0.0.2,80\n", row.encode() + b"\n", b"10.0.0.1,10.0.0.2,80\n")
    assert found.reading.malformed == 1
    assert [each.forwarded for each in found.flows] == [2]


def test_columns_go_by_their_names_where_they_have_any() -> None:
    """In any order, with others between them; each file may call them anew."""
    table = (
        b"# what Ines saw\r\n"
        b"Port,bytes,Destination,Source,last,count,Protocol,verdict\r\n"
        b'5432,9,payments/ledger-0,"shop/web-0",2026-11-22T08:00:00Z,412,tcp,allow\r\n'
        b"5432,9,payments/ledger-0,shop/web-0,2026-11-22T09:00:00Z,3,6,deny\r\n"
    )
    found = only([table])
    assert (found.source.pod, found.target.pod, found.port) == ("web-0", "ledger-0", 5432)
    assert (found.forwarded, found.dropped) == (412, 3)
    assert found.last - found.first == 3600
    assert read(table).reading.malformed == 0


def test_the_rest_of_a_row_may_be_missing() -> None:
    """Then it is one connection over TCP, at an unknown time."""
    found = only([b" 10.0.0.1 , 10.0.0.2 , 80 \n"])
    assert (found.protocol, found.forwarded, found.last) == ("TCP", 1, 0.0)
    assert "No flow has a time" in read(b"10.0.0.1,10.0.0.2,80\n").blind[0]


def test_a_protocol_that_no_policy_speaks_of_is_no_odd_row() -> None:
    """It is counted with what else is no connection."""
    reading = read(b"10.0.0.1,10.0.0.2,80,ICMP\n", b"10.0.0.1,10.0.0.2,80,17\n").reading
    assert (reading.other, reading.malformed, reading.flows) == (1, 0, 1)
