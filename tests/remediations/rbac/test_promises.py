"""What the lessons promise of each change, asked of the training cluster before and after."""

from typing import NamedTuple

import pytest

from k8sharden.cluster.api import Api
from k8sharden.cluster.training import training_cluster
from k8sharden.model.change import Change, Create, Delete, Patch, RemoveField
from k8sharden.model.kinds import NAMESPACES
from remediations import rbac
from tests.cluster.fakes import scan

ADMISSION, CERTIFICATES = "admissionregistration.k8s.io", "certificates.k8s.io"


class Promise(NamedTuple):
    """A group, and a verb on a resource that goes or stays: ``verb resource.group namespace``."""

    check: str
    group: str
    gone: str
    kept: str


PROMISES = [
    Promise(
        "rbac-ns-admin",
        "back-office",
        "create resourcequotas. office",
        "update deployments.apps office",
    ),
    Promise(
        "rbac-token-create",
        "storefront",
        "create serviceaccounts/token. ci",
        "get serviceaccounts. ci",
    ),
    Promise(
        "rbac-csr",
        "help-desk",
        f"approve signers.{CERTIFICATES}",
        f"get certificatesigningrequests.{CERTIFICATES}",
    ),
    Promise(
        "rbac-admission-write",
        "on-call",
        f"patch mutatingwebhookconfigurations.{ADMISSION}",
        f"get mutatingwebhookconfigurations.{ADMISSION}",
    ),
    Promise(
        "rbac-pv-create",
        "database-keepers",
        "create persistentvolumes.",
        "create persistentvolumeclaims. databases",
    ),
    Promise(
        "rbac-ns-patch",
        "database-keepers",
        "patch namespaces. databases",
        "get namespaces. databases",
    ),
    Promise(
        "rbac-aggregate-leak",
        "catalogue-developers",
        "patch namespaces. catalogue",
        "update deployments.apps catalogue",
    ),
]


@pytest.mark.parametrize("promise", PROMISES, ids=lambda each: each.check)
def test_what_a_lesson_says_goes_is_gone_and_the_rest_stays(promise: Promise) -> None:
    """Both could be done before; afterwards only the harmless one can."""
    api = Api(training_cluster().transport())
    assert _may(api, promise.group, promise.gone)
    assert _may(api, promise.group, promise.kept)
    _make(api, _change(promise.check, api))
    assert not _may(api, promise.group, promise.gone)
    assert _may(api, promise.group, promise.kept)


def _may(api: Api, group: str, asked: str) -> bool:
    verb, what, *space = asked.split(" ")
    resource, _, home = what.partition(".")
    plural, _, subresource = resource.partition("/")
    about = {"verb": verb, "group": home, "resource": plural, "subresource": subresource}
    name = {"name": space[0]} if plural == NAMESPACES.plural else {}
    where = {"namespace": space[0]} if space else {}
    return api.may("anyone", (group, "system:authenticated"), about | where | name).allowed


def _change(check: str, api: Api) -> Change:
    """Return the change that answers the one finding of a check that counts."""
    item = next(each for each in rbac.ITEMS if each.id == check)
    seen = scan(api.transport)
    finding = next(each for each in item.evaluate(seen) if each.counts)
    answer = item.remediate(finding, seen)
    assert isinstance(answer, Change), answer
    return answer


def _make(api: Api, change: Change) -> None:
    for write in change.writes:
        match write:
            case Create():
                api.create(write.manifest, write.ref)
            case Delete():
                live = api.get(write.ref)["metadata"]
                api.delete(write.ref, uid=live["uid"], resource_version=live["resourceVersion"])
            case Patch(edits=(RemoveField(path=path),)):
                *above, last = map(str, path)
                pointer = "/".join(["", *above, last.replace("/", "~1")])
                api.patch(write.ref, [{"op": "remove", "path": pointer}])
