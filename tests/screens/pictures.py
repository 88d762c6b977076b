"""Golden pictures: what a screen looks like, kept as SVG and compared to the letter.

`make screenshots` draws them anew. A picture that differs is written to `build/pictures`.
"""

import re
from pathlib import Path

import pytest

from screens.app import HardeningApp

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "snapshots" / "screens"
BUILD = ROOT / "build" / "pictures"


class Pictures:
    """Compares the app's screen with its golden picture, or draws that anew."""

    def __init__(self, *, update: bool) -> None:
        self._update = update

    def check(self, app: HardeningApp, name: str) -> None:
        """Fail where the screen differs from ``NAME-WIDTHxHEIGHT.svg``."""
        drawn = normal(app.export_screenshot(simplify=True))
        file = f"{name}-{app.size.width}x{app.size.height}.svg"
        golden = GOLDEN / file
        if self._update:
            golden.parent.mkdir(parents=True, exist_ok=True)
            golden.write_text(drawn, encoding="utf-8", newline="\n")
        elif not golden.exists() or golden.read_text(encoding="utf-8") != drawn:
            BUILD.mkdir(parents=True, exist_ok=True)
            (BUILD / file).write_text(drawn, encoding="utf-8", newline="\n")
            pytest.fail(f"{file} differs from build/pictures/{file}: look, then `make screenshots`")


def normal(svg: str) -> str:
    """Return a picture without what changes from run to run: Rich's ids and trailing blanks."""
    svg = re.sub(r"terminal-\d+", "terminal", svg)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
