"""Moving from ingress-nginx: the routes say what the Ingresses said, and the rest is listed."""

from typing import Any

import yaml

from k8sharden.model.change import Change
from remediations.network.ingress_nginx import ITEM
from tests.remediations import harness

FIXTURE = harness.read(
    next(each for each in harness.fixtures(ITEM.id, "fail") if each.stem == "controller")
)


def files() -> dict[str, str]:
    """Return the files of the answer."""
    answer = harness.remedy(ITEM, FIXTURE)
    assert isinstance(answer, Change)
    return {each.path: each.text for each in answer.files}


def objects(path: str) -> list[dict[str, Any]]:
    """Return the objects in a file."""
    return list(yaml.safe_load_all(files()[path]))


def test_a_path_becomes_a_rule_and_a_ports_name_its_number() -> None:
    """A path that leads nowhere known is left out, rather than to a port that is a guess."""
    old, older = objects("routes.yaml")
    assert old["spec"]["hostnames"] == ["old.kestrel.example"]
    assert old["spec"]["parentRefs"] == [{"name": "public", "namespace": "legacy"}]
    assert old["spec"]["rules"] == [
        {
            "matches": [{"path": {"type": kind, "value": path}}],
            "backendRefs": [{"name": "web", "port": 80}],
        }
        for kind, path in (("PathPrefix", "/"), ("Exact", "/up"))
    ]
    assert older["metadata"]["name"] == "older"
    assert "hostnames" not in older["spec"]


def test_certificates_stay_where_they_are() -> None:
    """The Gateway may read them there, host by host; a host without one gets no listener."""
    gateway, grant = objects("gateway.yaml")
    listeners = {each.get("hostname"): each for each in gateway["spec"]["listeners"]}
    assert set(listeners) == {None, "old.kestrel.example"}
    secret = {"kind": "Secret", "name": "old-tls", "namespace": "shop"}
    assert listeners["old.kestrel.example"]["tls"] == {"certificateRefs": [secret]}
    assert grant["metadata"]["namespace"] == "shop"
    assert grant["spec"]["from"][0]["namespace"] == gateway["metadata"]["namespace"] == "legacy"


def test_the_runbook_names_what_no_route_can_say() -> None:
    """Annotations are for people to translate; those of others are none of it."""
    text = files()["RUNBOOK.md"]
    assert "- shop/old: `server-snippet`, `ssl-redirect`: code for nginx" in text
    assert "- shop/older: no annotation" in text
    assert "other.example" not in text
    assert "shop/other" not in text
