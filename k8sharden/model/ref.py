"""References: which object is meant."""

import msgspec

from k8sharden.model.text import one_line


class Ref(msgspec.Struct, frozen=True, order=True, rename="camel"):
    """One object of the API: ``namespace`` is empty for cluster-scoped kinds."""

    api_version: str
    kind: str
    namespace: str
    name: str

    @property
    def label(self) -> str:
        """``Deployment shop/web``, safe to show."""
        where = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return one_line(f"{self.kind} {where}", 300)

    @property
    def group(self) -> str:
        """The API group, empty for the core group."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""
