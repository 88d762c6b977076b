"""What every runbook has: steps, how to verify, the way back, and what can go wrong."""

from collections.abc import Sequence

import msgspec

from k8sharden.model.change import File


class Runbook(msgspec.Struct, frozen=True):
    """The parts of a runbook, in Markdown; ``wrong`` pairs a symptom with what to do."""

    title: str
    purpose: str
    steps: Sequence[str]
    verify: str
    back: str
    wrong: Sequence[tuple[str, str]]

    def file(self) -> File:
        """Return the runbook as the file `RUNBOOK.md`."""
        steps = "\n\n".join(f"{number}. {step}" for number, step in enumerate(self.steps, 1))
        rows = "\n".join(
            f"| {_cell(symptom)} | {_cell(answer)} |" for symptom, answer in self.wrong
        )
        text = (
            f"# {self.title}\n\n{self.purpose}\n\n## Steps\n\n{steps}\n\n## Verify\n\n{self.verify}"
            f"\n\n## Roll back\n\n{self.back}\n\n## What can go wrong\n\n"
            f"| What you see | What to do |\n|---|---|\n{rows}\n"
        )
        return File("RUNBOOK.md", text)


def _cell(text: str) -> str:
    """Escape what would end a cell of a table, also between backticks."""
    return text.replace("|", r"\|")


def shell(*lines: str) -> str:
    """Return commands as a block inside a step."""
    body = "\n".join(f"   {line}" for line in lines)
    return f"\n\n   ```sh\n{body}\n   ```"
