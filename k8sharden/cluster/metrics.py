"""Takes the few metric families that are evidence out of an API server's /metrics.

The whole text holds megabytes and its parser reads four of them in a second, so only the lines
that are wanted reach it.
"""

from collections.abc import Iterable, Iterator

from prometheus_client.parser import text_string_to_metric_families

from k8sharden.model.evidence import Sample

FAMILIES = (
    "apiserver_storage_transformation_operations_total",
    "apiserver_envelope_encryption_key_id_hash_total",
    "apiserver_encryption_config_controller_",
    "apiserver_audit_event_total",
    "apiserver_audit_level_total",
    "apiserver_audit_error_total",
    "apiserver_audit_requests_rejected_total",
)
"""Names of metrics, and beginnings of names, that say something of encryption or auditing."""

_PREFIXES = tuple(name.encode() for name in FAMILIES)
_LONGEST_LINE = 16_384
_MOST_LINES = 20_000


def samples(text: bytes) -> tuple[Sample, ...]:
    """Return the wanted samples. Raises `ValueError` where a wanted line is no metric."""
    wanted = b"".join(_wanted(text.splitlines(keepends=True))).decode("utf-8", "replace")
    return tuple(
        Sample(sample.name, sample.labels, sample.value)
        for family in text_string_to_metric_families(wanted)
        for sample in family.samples
    )


def _wanted(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the samples of the wanted families; comments and types say nothing we need."""
    count = 0
    for line in lines:
        if line.startswith(_PREFIXES) and len(line) <= _LONGEST_LINE:
            count += 1
            if count > _MOST_LINES:
                raise ValueError("too many series")
            yield line
