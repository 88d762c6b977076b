"""What is pasted is text: no byte of it becomes a key."""

import itertools

from hypothesis import assume, given
from hypothesis import strategies as st
from textual.events import Key, Paste

from screens.pasting import CarefulParser, Pastes

BEGIN, END = "\x1b[200~", "\x1b[201~"
TEXT = st.text(st.sampled_from("ax\r\x1b[]<0;21~MIO200~é")).filter(lambda text: END not in text)


def fed(data: str, cuts: list[int]) -> str:
    """Return what is passed on of this, read in pieces."""
    pastes = Pastes()
    places = sorted({0, *(cut % (len(data) + 1) for cut in cuts), len(data)})
    return "".join(pastes.clean(data[start:end]) for start, end in itertools.pairwise(places))


@given(TEXT, TEXT, TEXT, st.lists(st.integers(0, 99), max_size=6))
def test_escapes_are_taken_out_of_what_is_pasted(
    before: str, pasted: str, after: str, cuts: list[int]
) -> None:
    """However it is cut, what is typed around a paste stays, and the paste loses its escapes."""
    assume(BEGIN not in before + BEGIN[:-1] and BEGIN not in after)
    assume(END not in pasted + END[:-1])
    clean = before + BEGIN + pasted.replace("\x1b", "") + END + after
    assert fed(before + BEGIN + pasted + END + after, cuts) == clean


@given(TEXT)
def test_a_paste_is_never_a_key(pasted: str) -> None:
    """The parser brings one paste and no key, whatever sequences the text imitates."""
    assume(END not in pasted + END[:-1])
    brought = list(CarefulParser().feed(BEGIN + "." + pasted + END + "q"))
    assert [type(each) for each in brought] == [Paste, Key]


def test_keys_are_parsed_as_before() -> None:
    """Arrows and function keys outside of a paste still are keys."""
    brought = [each for each in CarefulParser().feed("a\x1b[A\x1bOQ") if isinstance(each, Key)]
    assert [each.key for each in brought] == ["a", "up", "f2"]
