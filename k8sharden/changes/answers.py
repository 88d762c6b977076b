"""What the API server's authorizer answered to the questions of a change, and what follows."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from k8sharden.analysis.rbac.questions import confirmed, rights, words
from k8sharden.changes.bind import FieldChange
from k8sharden.changes.entry import Record
from k8sharden.errors import K8shardenError
from k8sharden.model.change import AccessReview, Delete
from k8sharden.model.kinds import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS

LOST = "Denied, though it was to"
"""How it begins what is said of a right that is not there as it was meant to be."""


class Answer(Protocol):
    """What the authorizer says."""

    @property
    def allowed(self) -> bool:
        """Whether the right is there."""
        ...

    @property
    def reason(self) -> str:
        """The binding that allows, or what the authorizer misses."""
        ...


class Verdict(msgspec.Struct, frozen=True):
    """How the asking ended, in words.

    ``lost`` is whether a right is denied that was to be there; ``unsure`` whether another one is
    not as it was meant, or could not be asked about.
    """

    said: str
    lost: bool = False
    unsure: bool = False


class Gone(NamedTuple):
    """How a reason begins and ends that rests on what was taken out of a binding, or all of it.

    Source: k8s.io/kubernetes, pkg/registry/rbac/validation/rule.go, v1.36.
    """

    beginning: str
    end: str = ""

    def answers(self, reason: str) -> bool:
        """Whether an answer rests on it."""
        return reason.startswith(self.beginning) and reason.endswith(self.end)


def gone(records: Iterable[Record]) -> Iterator[Gone]:
    """Yield what the writes of a change took out of bindings: all of one, or subjects."""
    for record in records:
        ref = record.ref
        name = f"{ref.name}/{ref.namespace}" if ref.namespace else ref.name
        beginning = f'RBAC: allowed by {ref.kind} "{name}" of '
        if isinstance(record.write, Delete):
            yield Gone(beginning)
        for field in record.fields if ref.kind in _BINDINGS else ():
            for subject in _lost(field):
                yield Gone(beginning, f" to {_described(subject, ref.namespace)}")


_BINDINGS = (ROLE_BINDINGS.kind, CLUSTER_ROLE_BINDINGS.kind)


def _lost(field: FieldChange) -> list[dict[str, str]]:
    """Return the subjects that are no longer there; lists may be absent, or null."""
    if field.path != ("subjects",):
        return []
    return [each for each in field.before or () if each not in (field.after or ())]


def _described(subject: Mapping[str, str], home: str) -> str:
    name = subject["name"]
    account = subject["kind"] == "ServiceAccount"
    where = f"{name}/{subject.get('namespace') or home}" if account else name
    return f'{subject["kind"]} "{where}"'


class Answers:
    """What was asked, and the last answer to each question."""

    def __init__(self, reviews: Sequence[AccessReview], gone: Iterable[Gone]) -> None:
        # What was to stay comes first: it is what somebody waits for.
        self.questions = tuple(sorted(dict.fromkeys(reviews), key=lambda each: not each.allowed))
        self._gone = tuple(gone)
        self._answers: dict[AccessReview, Answer] = {}
        self.lost: AccessReview | None = None

    def knows(self, review: AccessReview) -> bool:
        """Whether there is an answer."""
        return review in self._answers

    def take(self, review: AccessReview, answer: Answer) -> None:
        """Take an answer. A right that was there by the change, and is not any more, is lost.

        One that was there only by a binding that is gone may come yet.
        """
        if review.allowed and not answer.allowed and self._settled(review):
            self.lost = review
        self._answers[review] = answer

    def open(self) -> tuple[AccessReview, ...]:
        """Return the questions whose last answer is not as it was meant."""
        return tuple(each for each in self.questions if not self._settled(each))

    def _settled(self, review: AccessReview) -> bool:
        answer = self._answers.get(review)
        if answer is None or answer.allowed is not review.allowed:
            return False
        return not any(each.answers(answer.reason) for each in self._gone)

    def ended(self, trouble: K8shardenError | None, *, stopped: bool) -> Verdict:
        """Return the verdict over what is known by now."""
        if not self.open():
            return Verdict(confirmed(self.questions))
        denied = [each for each in self.questions if each.allowed and self._is(each, allowed=False)]
        if denied:
            first = self.lost or denied[0]
            how = "stay" if first.before else "come"
            return Verdict(f"{LOST} {how}: {self._named(first, denied)}", lost=True)
        said = []
        still = [
            each for each in self.questions if not each.allowed and self._is(each, allowed=True)
        ]
        if still:
            said.append(f"Still allowed, though it was to go: {self._named(still[0], still)}")
        stale = [each for each in self.open() if each.allowed and self.knows(each)]
        if stale:
            said.append(f"Allowed only by what was taken away: {self._named(stale[0], stale)}")
        missing = sum(not self.knows(each) for each in self.questions)
        if missing:
            why = "it was stopped." if stopped and not trouble else str(trouble)
            many = f"{missing} of {rights(len(self.questions))}"
            said.append(f"The API server was not asked about {many}: {why}")
        return Verdict(" ".join(said), unsure=True)

    def _is(self, review: AccessReview, *, allowed: bool) -> bool:
        return self.knows(review) and self._answers[review].allowed is allowed

    def _named(self, first: AccessReview, others: Sequence[AccessReview]) -> str:
        """Name a right with what the server says of it, and how many more there are."""
        more = f" and {len(others) - 1} more" if len(others) > 1 else ""
        reason = self._answers[first].reason
        return f"{words(first)}{more}. {f'The server says: {reason}.' if reason else ''}".rstrip()
