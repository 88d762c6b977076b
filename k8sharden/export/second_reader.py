"""A second opinion on an edited text: a YAML 1.2 reader has to see the same edit.

kubectl reads YAML nearly as version 1.1 has it; other tools of a repository (editors, hooks,
linters) read 1.2. An edit that means one thing to the first and another to the second is not made.
"""

from collections.abc import Callable
from io import StringIO
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from k8sharden.model.edits import EditConflict

MOST = 500_000
"""Characters of a document that is read twice; ruamel.yaml needs a second for about 300,000."""


def disagrees(before: str, after: str, edit: Callable[[Any], Any]) -> bool:
    """Whether the second reader sees another value than ``edit`` makes of the one before.

    A text that it could not read to begin with, as JSON with tabs, is left to the first reader.
    """
    if max(len(before), len(after)) > MOST:
        return False
    try:
        expected = edit(_read(before))
    except (YAMLError, ValueError, EditConflict, LookupError, TypeError):
        return False
    try:
        return bool(_read(after) != expected)
    except (YAMLError, ValueError):
        return True


def _read(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(StringIO(text))
