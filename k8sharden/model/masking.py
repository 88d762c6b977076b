"""Keep secret values out of everything that is drawn, printed, logged or exported.

A value is masked by a number that stays the same for the same value, so that a change shows and
the value does not. What counts as secret: the data of Secrets, environment values, entries and
flags whose name says so, also inside a shell's command, passwords inside URLs, and private keys.
"""

import re
from typing import Any

_NAME = re.compile(
    r"pass(?:word|wd|phrase)?s?$|passw|secret|token|credential|api[_-]?key|private[_-]?key"
    r"|access[_-]?key|auth[_-]?key|(?:^|[_-])pwd$|connection[_-]?string",
    re.IGNORECASE,
)
_FLAG = re.compile(r"^(--?[\w.-]+)=(.+)$", re.DOTALL)
# The bounds keep a hostile text from being searched again and again.
_INLINE = re.compile(
    r"(?<![\w.-])(?P<name>--?[\w.-]{1,80}(?:=|[ \t]{1,8})|[\w.-]{1,80}=)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|[^\s\"'-][^\s\"';]*)"
)
_URL = re.compile(r"(?<=://)[^/\s:@]*:([^/\s@]+)(?=@)")
_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*", re.DOTALL)
_FILE = re.compile(r"(?:file|path|dir|name|ref|ttl|url|issuer|audience)s?$", re.IGNORECASE)
_HARMLESS = re.compile(
    r"^(?:true|false|yes|no|on|off|none|null|\d{0,3}|\$\(\w+\)|\"?\$\{?\w+\}?\"?)$", re.IGNORECASE
)
MARK = re.compile(r"<masked \d+>")


def says_secret(name: str) -> bool:
    """Whether the name of a variable or flag says that its value is secret."""
    return bool(_NAME.search(name)) and not _FILE.search(name)


class Masker:
    """Masks values; keep one for all texts that belong together."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def mark(self, value: str) -> str:
        """Return the mark that stands for this value; a switch or a small number stays bare."""
        if _HARMLESS.match(value):
            return value
        return f"<masked {self._numbers.setdefault(value, len(self._numbers) + 1)}>"

    @property
    def knows_any(self) -> bool:
        """Whether anything was masked so far."""
        return bool(self._numbers)

    def shown_in(self, text: str) -> bool:
        """Whether ``text`` shows a value that was masked so far, or a line of one."""
        return any(line in text for line in self._lines())

    def masked(self, text: str) -> str:
        """Return ``text`` without the values that were masked so far."""
        lines = self._lines()
        if not lines:
            return text
        # In one pass, the longest first: a mark holds what could be another value's line.
        any_of = "|".join(map(re.escape, sorted(lines, key=len, reverse=True)))
        return re.sub(any_of, lambda found: lines[found[0]], text)

    def _lines(self) -> dict[str, str]:
        """Return each line of each value with the mark that stands for it."""
        return {
            line.strip(): f"<masked {number}>"
            for value, number in self._numbers.items()
            for line in value.splitlines()
            if line.strip()
        }

    def manifest(self, value: dict[str, Any]) -> dict[str, Any]:
        """Return a copy of an object without its secret values."""
        if value.get("kind") == "Secret":
            value = {
                key: self._all(inner) if key in ("data", "stringData") else inner
                for key, inner in value.items()
            }
        masked = self._value(value)
        return masked if isinstance(masked, dict) else {}

    def _all(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: self.mark(str(inner)) for key, inner in value.items()}

    def _value(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._field(value, key, inner) for key, inner in value.items()}
            case list():
                return self._list(value)
            case str():
                return self._text(value)
            case _:
                return value

    def _field(self, owner: dict[str, Any], key: str, value: Any) -> Any:
        """Mask an entry by its name, and an environment variable by the name beside it."""
        name = str(owner.get("name", "")) if key == "value" else key
        if isinstance(value, str) and says_secret(name):
            return self.mark(value)
        return self._value(value)

    def _list(self, values: list[Any]) -> list[Any]:
        """Mask a command line: ``--password=x``, and ``--password`` followed by its value."""
        masked, secret_next = [], False
        for value in values:
            if isinstance(value, str):
                masked.append(self.mark(value) if secret_next else self._argument(value))
                secret_next = value.startswith("-") and "=" not in value and says_secret(value)
            else:
                masked.append(self._value(value))
                secret_next = False
        return masked

    def _argument(self, value: str) -> str:
        flag = _FLAG.match(value)
        if flag and says_secret(flag[1]):
            return f"{flag[1]}={self.mark(flag[2])}"
        return self._text(value)

    def _inline(self, found: re.Match[str]) -> str:
        """Mask what follows a name inside a text: ``PGPASSWORD=x psql``, ``mysql --password x``."""
        secret = says_secret(found["name"].rstrip("= \t"))
        return found["name"] + self.mark(found["value"]) if secret else found[0]

    def _text(self, value: str) -> str:
        # The guards keep the patterns off the many texts that cannot match.
        if "=" in value or " " in value:
            value = _INLINE.sub(self._inline, value)
        if "://" in value:
            value = _URL.sub(lambda found: found[0].replace(found[1], self.mark(found[1])), value)
        return (
            _KEY.sub(lambda found: self.mark(found[0]), value) if "-----BEGIN" in value else value
        )
