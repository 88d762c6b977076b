"""Golden pictures: what a screen looks like, kept as SVG and compared to the letter.

`make screenshots` draws them anew. A picture that differs is written to `build/pictures`.
"""

import html
import re
from pathlib import Path

import pytest
from rich.cells import cell_len

from screens.app import HardeningApp

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "snapshots" / "screens"
BUILD = ROOT / "build" / "pictures"

NEEDLESS = (
    r"\s*<!--.*?-->",
    r"\s*@font-face \{.*?\n    \}",
    r'\s*<clipPath id="terminal-line-.*?</clipPath>',
    r' clip-path="url\(#terminal-line-\d+\)"',
    r' shape-rendering="crispEdges"',
)
"""What two thirds of Rich's picture are: a font from elsewhere, and one clip per line."""

TEXT = re.compile(
    r'(?P<begin><text class="terminal-r\d+" )x="(?P<x>[\d.]+)"(?P<y> y="[\d.]+") '
    r'textLength="[\d.]+">(?P<words>.*?)</text>'
)
CELL = 12.2
"""Rich's width of a cell, in pixels."""


class Pictures:
    """Compares the app's screen with its golden pictures, or draws them anew."""

    def __init__(self, *, update: bool) -> None:
        self._update = update
        self._other: list[str] = []

    def check(self, app: HardeningApp, name: str, suffix: str = "") -> None:
        """Look whether the screen differs from ``NAME-WIDTHxHEIGHT.svg``."""
        drawn = normal(app.export_screenshot(simplify=True))
        file = f"{name}-{app.size.width}x{app.size.height}{suffix}.svg"
        golden = GOLDEN / file
        if self._update:
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(drawn, encoding="utf-8", newline="\n")
        elif not golden.exists() or golden.read_text(encoding="utf-8") != drawn:
            BUILD.mkdir(parents=True, exist_ok=True)
            (BUILD / file).write_text(drawn, encoding="utf-8", newline="\n")
            self._other.append(file)

    def judge(self) -> None:
        """Fail where a screen differed."""
        if self._other:
            names = ", ".join(self._other)
            pytest.fail(f"{names}: differs from build/pictures; look, then `make screenshots`")


def normal(svg: str) -> str:
    """Return a picture without what changes from run to run, and without what nobody sees."""
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    for pattern in NEEDLESS:
        svg = re.sub(pattern, "", svg, flags=re.DOTALL)
    svg = TEXT.sub(trimmed, svg)
    svg = svg.replace("</style>", "rect { shape-rendering: crispEdges }\n    </style>", 1)
    return "\n".join(line.rstrip() for line in svg.splitlines() if line.strip()) + "\n"


def trimmed(text: re.Match[str]) -> str:
    """Begin and end a text with a sign that is seen: some programs leave out blanks before it."""
    words = html.unescape(text["words"])
    seen = words.strip("\N{NO-BREAK SPACE} ")
    blanks = len(words) - len(words.lstrip("\N{NO-BREAK SPACE} "))
    x = float(text["x"]) + CELL * cell_len(words[:blanks])
    wide = CELL * cell_len(seen)
    told = html.escape(seen, quote=False).replace("\N{NO-BREAK SPACE}", "&#160;")
    whole = f'{text["begin"]}x="{x:.1f}"{text["y"]} textLength="{wide:.1f}">{told}</text>'
    return whole if seen else ""
