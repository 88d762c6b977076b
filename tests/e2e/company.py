"""Put the training cluster's objects into a real API server, and compare it with itself later."""

import json
from typing import Any

from k8sharden.analysis.pod_security import invalid_labels
from k8sharden.changes.bookkeeping import essential
from k8sharden.cluster.training import objects
from k8sharden.model.kinds import ALL, BY_KIND, CONSTRAINTS, NAMESPACES
from tests.servers.control_plane import ControlPlane
from tests.servers.crds import install_plain

Snapshot = dict[tuple[str, str, str], dict[str, Any]]


def settle(server: ControlPlane) -> None:
    """Create every object, owners before what they own, and report the status of the pods."""
    install_plain(server)
    uids: dict[str, str] = {}
    for each in objects():
        kind = BY_KIND[each["apiVersion"], each["kind"]]
        metadata = each["metadata"]
        planned = metadata.pop("uid", "")
        for owner in metadata.get("ownerReferences", ()):
            owner["uid"] = uids.get(owner["uid"], owner["uid"])
        path = kind.path(metadata.get("namespace", ""))
        if kind is NAMESPACES:
            # A server that judges pods keeps such labels, and takes no new ones.
            for label in invalid_labels(metadata["labels"]):
                del metadata["labels"][label]
        if each["kind"] == "Pod":
            # They come through a subresource only, once the pod is there.
            each["spec"].pop("ephemeralContainers", None)
        answer = server.request("POST", path, each).expect(201, 409)
        if answer.status == 201:
            uids[planned] = answer.json()["metadata"]["uid"]
            if each["kind"] == "Pod":
                made = answer.json() | {"status": each["status"]}
                server.request("PUT", f"{path}/{metadata['name']}/status", made).expect(200)


def snapshot(server: ControlPlane) -> Snapshot:
    """Return every object of the types that we know, without the server's bookkeeping."""
    found: Snapshot = {}
    for kind in ALL:
        if kind == CONSTRAINTS:
            continue
        for item in server.request("GET", kind.path()).expect(200).json()["items"] or ():
            # The API server itself renews this one's contents at its own times.
            if item["metadata"]["name"] != "kube-apiserver-legacy-service-account-token-tracking":
                item |= {"apiVersion": kind.api_version, "kind": kind.kind}
                key = (kind.kind, item["metadata"].get("namespace", ""), item["metadata"]["name"])
                found[key] = json.loads(json.dumps(essential(item)))
    return found
