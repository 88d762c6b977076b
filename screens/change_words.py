"""Words for changes: their kinds, what they may disturb, and what became of them."""

from k8sharden.changes.apply import Result
from k8sharden.changes.journal import State
from k8sharden.changes.plan import Plan, Planned
from k8sharden.model.change import ChangeKind, Risk

RISK = {
    Risk.SAFE: "nothing restarts",
    Risk.RESTART: "pods restart",
    Risk.TRAFFIC: "may block traffic",
    Risk.ACCESS: "takes access away",
}

_UNDO_RISK = {
    Risk.SAFE: "nothing restarts",
    Risk.RESTART: "pods restart",
    Risk.TRAFFIC: "unblocks traffic",
    Risk.ACCESS: "gives access back",
}
"""What each risk of a change means where that change is taken back."""

KIND = {
    ChangeKind.PATCH: "patch: edits one object in place",
    ChangeKind.CREATE: "create: adds one object",
    ChangeKind.DELETE: "delete: takes one object away",
    ChangeKind.GROUP: "group: several writes that stand or fall together",
    ChangeKind.ARTEFACT: "artefact: files to export, with a runbook; nothing is applied",
    ChangeKind.ADVICE: "advice: no change is generated",
}

RESULT = {
    Result.APPLIED: "unverified",
    Result.VERIFIED: "verified",
    Result.FAILED: "failed",
    Result.SKIPPED: "skipped",
    Result.UNDONE: "undone",
}

STATE = {
    State.INTENDED: "interrupted",
    State.APPLIED: "unverified",
    State.VERIFIED: "verified",
    State.FAILED: "failed",
    State.UNDONE: "undone",
}


def risk_word(planned: Planned) -> str:
    """Return what a change may disturb, or what taking it back may; whose it is where held."""
    if planned.held:
        return f"export: {planned.owner.kind}"[:17]
    if planned.cuts:
        return f"CUTS {planned.cuts:,} needed"[:17]
    if planned.blind:
        return "effect not known"
    words = _UNDO_RISK if planned.undoes else RISK
    return words[planned.change.risk]


def approval(plan: Plan) -> tuple[str, ...]:
    """Return the words of a command line that approve exactly this plan."""
    overruled = dict.fromkeys(each.owner.key for each in plan.changes if each.overruled)
    owners = (word for owner in overruled for word in ("--override-owner", owner))
    return (*owners, *accepted(plan), "--yes", "--digest", plan.digest)


def accepted(plan: Plan) -> tuple[str, ...]:
    """Return the words of a command line that accept what a plan cuts."""
    return ("--accept-cuts", str(plan.cuts)) if plan.cuts else ()


def cut_words(plan: Plan) -> str:
    """Return how many connections that are needed a plan cuts; empty where it cuts none."""
    if not plan.cuts:
        return ""
    connections = "connection that is" if plan.cuts == 1 else "connections that are"
    return f"CUTS {plan.cuts:,} {connections} needed"


def alarms(plan: Plan) -> list[str]:
    """Return what nobody may overlook before a plan is applied."""
    cut = cut_words(plan)
    return [*([cut] if cut else []), *([BLIND] if plan.blind else [])]


BLIND = "what it does to traffic and rights is NOT KNOWN, since nothing was scanned: r scans"


def left_words(plan: Plan, left: str) -> list[str]:
    """Return what a plan does not do, in few words; ``left`` is for what has no change."""
    parts = []
    if plan.unfixed:
        parts.append(f"{len(plan.unfixed)} {left}, see the last row")
    if plan.blocked:
        parts.append(f"{len(plan.blocked)} refused by the server: x drops a change")
    if plan.held:
        parts.append(f"{len(plan.held)} exported, since an owner would put it back")
    if not any(planned.applies for planned in plan.changes):
        parts += ["nothing to apply, e exports the files"] if plan.changes else []
    return parts
