"""Writes the manifests of many Deployments, as teams that never heard of hardening write them.

No two are equal, so that nothing can be answered from a cache. Every eighth is hardened and every
fifth has a second container, an init container, or both; the rest says little beyond its ports.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PER_NAMESPACE = 50

_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {name}
  namespace: team-{team:03d}
  labels:
    app.kubernetes.io/name: {name}
    app.kubernetes.io/part-of: kestrel-books
  annotations:
    example.org/owner: team-{team:03d}@kestrel.example
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app.kubernetes.io/name: {name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: {name}
        app.kubernetes.io/part-of: kestrel-books
    spec:
      serviceAccountName: {name}
"""
_PROBES = """\
        livenessProbe:
          httpGet: {path: /healthz, port: http}
          periodSeconds: 10
        readinessProbe:
          httpGet: {path: /ready, port: http}
"""
_POD_CONTEXT = """\
      securityContext:
        runAsNonRoot: true
        seccompProfile: {type: RuntimeDefault}
"""
_CONTAINER = """\
      - name: {container}
        image: registry.kestrel.example/{name}/{container}:1.{number}
        args: [--listen=:8080, --log-format=json]
        env:
        - name: REGION
          value: north
        - name: DATABASE_PASSWORD
          valueFrom:
            secretKeyRef: {{name: {name}-database, key: password}}
        ports:
        - name: http
          containerPort: 8080
        resources:
          requests: {{cpu: 100m, memory: 128Mi}}
          limits: {{memory: 256Mi}}
        volumeMounts:
        - {{name: config, mountPath: /etc/{name}, readOnly: true}}
"""
_CONTEXT = """\
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: [ALL]
"""
_VOLUMES = """\
      volumes:
      - name: config
        configMap: {{name: {name}}}
"""


def manifest(number: int) -> str:
    """Return the manifest of one of many Deployments."""
    name = f"service-{number:05d}"
    hardened = number % 8 == 0
    text = _DEPLOYMENT.format(name=name, team=number // PER_NAMESPACE, replicas=1 + number % 3)
    text += _POD_CONTEXT if hardened else ""
    if number % 5 in (0, 1):
        text += "      initContainers:\n" + _container("migrate", name, number, hardened=hardened)
    text += "      containers:\n" + _container("web", name, number, hardened=hardened)
    if number % 5 in (1, 2):
        text += _container("metrics", name, number, hardened=hardened)
    return text + _VOLUMES.format(name=name)


def _container(container: str, name: str, number: int, *, hardened: bool) -> str:
    text = _CONTAINER.format(container=container, name=name, number=number)
    text += _PROBES if container != "migrate" else ""
    return text + (_CONTEXT if hardened else "")


def files(folder: Path, count: int) -> Path:
    """Write one file per Deployment, a folder per namespace; return ``folder``."""
    for number in range(count):
        team = folder / f"team-{number // PER_NAMESPACE:03d}"
        team.mkdir(parents=True, exist_ok=True)
        (team / f"service-{number:05d}.yaml").write_text(manifest(number), "utf-8")
    return folder


def one_file(folder: Path, count: int) -> Path:
    """Write all Deployments into one file of many documents; return the folder it is in."""
    folder.mkdir(parents=True)
    (folder / "all.yaml").write_text("---\n".join(_manifests(count)), "utf-8")
    return folder


def _manifests(count: int) -> Iterator[str]:
    return (manifest(number) for number in range(count))
