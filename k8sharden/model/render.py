"""Write an object as YAML that kubectl reads back as exactly the same object."""

import re
from typing import Any

import yaml

# What YAML 1.1 or 1.2 parsers may take for something other than a string. Quoting a string that
# did not need it does no harm; leaving `on` or `1e3` bare would.
_AMBIGUOUS = re.compile(
    r"^(?:[-+.]?[0-9][0-9a-zA-Z_.:+-]*|[-+]?\.(?:inf|nan)|y|n|yes|no|on|off|true|false|null|~|=|<<|)$",
    re.IGNORECASE,
)


class _Dumper(yaml.SafeDumper):
    """Block style, lists indented under their key, no aliases."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - PyYAML's own signature
        """Never put a list's dashes flush with its key: nested lists read better so."""
        super().increase_indent(flow, False)  # noqa: FBT003 - PyYAML's own signature

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's own signature
        """Write a shared value out each time: aliases confuse readers and tools."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = None
    if _AMBIGUOUS.match(value):
        style = '"'
    elif "\n" in value and not re.search(r"[^\S\n]\n|\t", value):
        style = "|"
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def render(manifest: dict[str, Any]) -> str:
    """Return the object as one YAML document, keys in their order, ending with a newline."""
    return yaml.dump(
        manifest,
        Dumper=_Dumper,
        sort_keys=False,
        default_flow_style=False,
        allow_unicode=True,
        width=1_000_000,
    )
