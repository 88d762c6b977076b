"""What the scanner of Kestrel Books reports: of two teams' images, and of nobody else's.

Real vulnerabilities, in images that exist only here.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from k8sharden.analysis.images import Image, parse_image
from k8sharden.model import kinds

Object = dict[str, Any]

_WATCHED = ("shop", "catalogue")
_OWNERS = ("ReplicaSet", "StatefulSet", "DaemonSet")

_CURL = {
    "vulnerabilityID": "CVE-2023-38545",
    "resource": "curl",
    "installedVersion": "8.3.0-r0",
    "fixedVersion": "8.4.0-r0",
    "severity": "CRITICAL",
    "title": "curl: heap overflow in the SOCKS5 handshake",
    "publishedDate": "2023-10-18T04:15:11Z",
    "lastModifiedDate": "2024-07-01T00:00:00Z",
}
_ZLIB = {
    "vulnerabilityID": "CVE-2023-45853",
    "resource": "zlib1g",
    "installedVersion": "1:1.2.13.dfsg-1",
    "fixedVersion": "",
    "severity": "CRITICAL",
    "title": "zlib: integer overflow in zipOpenNewFileInZip4_64",
    "publishedDate": "2023-10-14T02:15:09Z",
    "lastModifiedDate": "2024-08-01T00:00:00Z",
}
_FOUND = {
    "shop/cart": [_CURL],
    "mirror/redis": [_ZLIB],
    # Of the revision that was replaced: its ReplicaSet runs nothing any more.
    "shop/web": [_CURL],
}
_OLD = "registry.kestrel.example/shop/web:1.7"


def reports(written: Iterable[Object], when: str) -> Iterator[Object]:
    """Yield a VulnerabilityReport for each container of the owners that the scanner watches.

    ``when`` is the time of the last look, as the API writes it.
    """
    for value in written:
        metadata = value["metadata"]
        if metadata.get("namespace") not in _WATCHED:
            continue
        if value["kind"] in _OWNERS:
            spec = value["spec"]["template"]["spec"]
        elif value["kind"] == "CronJob":
            spec = value["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        else:
            continue
        for container in (*(spec.get("initContainers") or ()), *spec["containers"]):
            yield _report(value["kind"], metadata, container, when)


def _report(kind: str, owner: Object, container: Object, when: str) -> Object:
    image = parse_image(container["image"])
    if image is None:
        raise ValueError(f"The training cluster has no such image: {container['image']}")
    clean = image.path == "shop/web" and container["image"] != _OLD
    found = [] if clean else _FOUND.get(image.path, [])
    type_ = kinds.VULNERABILITY_REPORTS
    resource = {"kind": kind, "name": owner["name"], "namespace": owner["namespace"]}
    labels = {f"trivy-operator.resource.{key}": word for key, word in resource.items()}
    return {
        "apiVersion": type_.api_version,
        "kind": type_.kind,
        "metadata": {
            "name": f"{kind.lower()}-{owner['name']}-{container['name']}",
            "namespace": owner["namespace"],
            "labels": {**labels, "trivy-operator.container.name": container["name"]},
        },
        "report": _contents(image, found, when),
    }


def _contents(image: Image, found: list[Object], when: str) -> Object:
    counts = {f"{level}Count": 0 for level in ("critical", "high", "medium", "low", "unknown")}
    named = {"tag": image.tag, "digest": image.digest}
    return {
        "artifact": {"repository": image.path, **{k: v for k, v in named.items() if v}},
        "registry": {"server": image.domain},
        "os": {"family": "debian", "name": "12.5"},
        "scanner": {"name": "Trivy", "vendor": "Aqua Security", "version": "0.72.0"},
        "summary": counts | {"criticalCount": len(found)},
        "updateTimestamp": when,
        "vulnerabilities": found,
    }
