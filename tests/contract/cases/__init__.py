"""The cases that both clusters must answer alike, by what they are about."""

from __future__ import annotations

from tests.contract.cases import (
    access,
    admission,
    admitted,
    applied,
    configmaps,
    created,
    deleted,
    deployments,
    lists,
    others,
    pods,
    policies,
    rbac,
    workloads,
)
from tests.contract.cases.steps import Case

CASES: tuple[Case, ...] = (
    *access.CASES,
    *admission.CASES,
    *admitted.CASES,
    *applied.CASES,
    *configmaps.CASES,
    *created.CASES,
    *deleted.CASES,
    *deployments.CASES,
    *lists.CASES,
    *others.CASES,
    *pods.CASES,
    *policies.CASES,
    *rbac.CASES,
    *workloads.CASES,
)
