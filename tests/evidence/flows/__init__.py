"""Tests of `k8sharden.evidence.flows`."""
