"""Random manifests as people write them, in every style, and edits that fit them."""

import json
from typing import Any

from hypothesis import strategies as st

from k8sharden.model.change import AddElement, Edit, Named, Path, RemoveField, SetField
from k8sharden.model.style import Style, block, indented, scalar

KEYS = st.sampled_from(["a", "b-c", "d.e/f", "kind", "0644", "on", "é", "x y", "image"])
WORDS = st.one_of(
    st.sampled_from(
        ["x", "on", "0644", "1.36", "v1.36", "a b", "é😀", "it's", '"', "a: b", "#", ""]
    ),
    st.sampled_from(["l\nm\n", "l\n\n  m", "l\n\n\n"]),
    st.text("ab:#-'\" \\{}[],&*!|>%@`é1.0_", max_size=6),
)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-9, 999), WORDS)
NAMED = st.fixed_dictionaries({"name": st.sampled_from("pqr")}, optional={"a": SCALARS})
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.dictionaries(KEYS, inner, max_size=3),
        st.lists(inner, max_size=3),
        st.lists(NAMED, max_size=3, unique_by=lambda item: item["name"]),
    ),
    max_leaves=10,
)
OBJECTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=4)


class Writer:
    """Writes a value in randomly chosen styles."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.step = draw(st.sampled_from([2, 4]))
        self.dash = draw(st.sampled_from([0, 2]))

    def comment(self) -> str:
        """Nothing, mostly, or a comment behind a value."""
        return self.draw(st.sampled_from(["", "", "", " # c", "   # it's: {x"]))

    def between(self, depth: int) -> list[str]:
        """Lines that mean nothing: none, mostly."""
        pad = " " * depth
        return self.draw(st.sampled_from([[], [], [], [""], [f"{pad}# about the next"]]))

    def scalar(self, value: Any) -> str:
        """A scalar in one of the ways that it can be written."""
        if value is None:
            return self.draw(st.sampled_from(["null", "~"]))
        if not isinstance(value, str):
            return json.dumps(value)
        quote = self.draw(st.sampled_from(["", "'", '"']))
        return scalar(value, tight=True, quote=quote)

    def flow(self, value: Any) -> str:
        """Braces and brackets."""
        if isinstance(value, dict):
            inside = ", ".join(f"{scalar(k, tight=True)}: {self.flow(v)}" for k, v in value.items())
            return f"{{{inside}}}"
        if isinstance(value, list):
            return f"[{', '.join(map(self.flow, value))}]"
        return self.scalar(value)

    def block(self, value: Any, depth: int) -> list[str]:
        """The lines of a collection that is not empty."""
        lines = []
        pad = " " * depth
        if isinstance(value, dict):
            for key, item in value.items():
                inner = depth + (self.dash if isinstance(item, list) else self.step)
                lines += self.between(depth) + self.behind(f"{pad}{scalar(key)}:", item, inner)
            return lines
        for item in value:
            lines += self.between(depth)
            if isinstance(item, dict) and item and self.draw(st.booleans()):
                first, *rest = self.bare(item, depth + 2)
                lines += [f"{pad}- {first.lstrip()}", *rest]
            else:
                lines += self.behind(f"{pad}-", item, depth + 2)
        return lines

    def bare(self, value: Any, depth: int) -> list[str]:
        """A block that does not start with a comment, for behind a dash."""
        lines = self.block(value, depth)
        while not lines[0].strip() or lines[0].lstrip().startswith("#"):
            lines.pop(0)
        return lines

    def behind(self, head: str, value: Any, depth: int) -> list[str]:
        """A value behind its key or dash."""
        if isinstance(value, dict | list) and value and self.draw(st.integers(0, 3)):
            return [head + self.comment(), *self.block(value, depth)]
        if value is None and self.draw(st.booleans()):
            return [head + self.comment()]
        if isinstance(value, str) and "\n" in value and self.draw(st.booleans()):
            header, lines = block(value, Style())
            return (
                [f"{head} {header}{self.comment()}", *indented(lines, depth)]
                if lines
                else [f"{head} {header}"]
            )
        return [f"{head} {self.flow(value)}{self.comment()}"]


@st.composite
def texts(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """An object and a text that means it: YAML in any style, or JSON."""
    value = draw(OBJECTS)
    if not draw(st.integers(0, 4)):
        indent = draw(st.sampled_from([None, 2, 4, "\t"]))
        return value, json.dumps(value, indent=indent, ensure_ascii=draw(st.booleans()))
    writer = Writer(draw)
    lines = [*writer.block(value, 0), *writer.between(0)]
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    # A block scalar at the end of a text without a last newline means another value.
    literal = any(" |" in line for line in lines)
    return value, newline.join(lines) + (
        newline if literal else draw(st.sampled_from(["", newline]))
    )


def paths(value: Any, here: Path = ()) -> list[Path]:
    """Every path of a value that an edit can name."""
    found = [here] if here else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += paths(item, (*here, key))
    if isinstance(value, list):
        for item in value:
            if isinstance(item, dict) and isinstance(item.get("name"), str):
                step = Named("name", item["name"])
                same = [
                    one for one in value if isinstance(one, dict) and one.get("name") == step.value
                ]
                found += paths(item, (*here, step)) if len(same) == 1 else []
    return found


def _name(item: Any) -> Any:
    return item.get("name") if isinstance(item, dict) else None


def at(value: Any, path: Path) -> Any:
    """The value at a path that is there."""
    for step in path:
        if isinstance(step, Named):
            value = next(each for each in value if _name(each) == step.value)
        else:
            value = value[step]
    return value


@st.composite
def edits(draw: st.DrawFn, value: dict[str, Any]) -> Edit:
    """An edit that fits the value."""
    path = draw(st.sampled_from([(), *paths(value)]))
    target = at(value, path)
    choices = ["set", "remove"] if path else []
    if isinstance(target, dict) or (target is None and path):
        choices.append("new")
    if path and not isinstance(path[-1], Named) and (target is None or isinstance(target, list)):
        choices.append("add")
    match draw(st.sampled_from(choices)):
        case "set":
            return SetField(path, draw(VALUES))
        case "remove":
            return RemoveField(path)
        case "new":
            names = ("new", "1.5", "new: x", "newer", "newest")
            free = draw(st.sampled_from([name for name in names if name not in (target or {})]))
            return SetField((*path, free, *draw(st.sampled_from([(), ("in",)]))), draw(VALUES))
        case _:
            taken = [_name(each) for each in target or []]
            free = next(name for name in ("new", "newer", "newest") if name not in taken)
            return AddElement(path, "name", {**draw(OBJECTS), "name": free})
