"""Secret values in a diff of files: none is shown, however it is written."""

from pathlib import Path

import pytest

from k8sharden.cli import run

WEB = """\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: shop}}
spec:
  template:
    spec:
      containers:
      - name: web
        env:
        - name: DB_PASSWORD
          value: {}
        image: x:1
"""
POD = """\
---
apiVersion: {}
kind: {}
metadata: {{name: p, namespace: shop}}
spec: {{containers: [{{name: p, image: x, env: [{{name: TOKEN, value: {}}}]}}]}}
"""


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        (WEB.format("hunter2"), "hunter2"),
        (WEB.format(">-\n            correct\n            hunter2"), "hunter2"),
        (WEB.format(">-\n            correct\n            hunter2"), "correct"),
        (WEB.format("|\n            correct\n            hunter2"), "hunter2"),
        (WEB.format('"hunt\\x65r2"'), "hunt\\x65r2"),
        (WEB.format("'hunter''2'"), "hunter''2"),
        (WEB.format('"hunter2\\\n            correct"'), "hunter2"),
        (WEB.format("correct\n            hunter2"), "hunter2"),
        (
            WEB.format("passphrase")
            + POD.format("v1", "Pod", "hunter2")
            + POD.format("v1", "Pod", "y"),
            "hunter2",
        ),
        (WEB.format("passphrase") + POD.format("argoproj.io/v1", "Rollout", "hunter2"), "hunter2"),
    ],
)
def test_no_diff_of_a_file_shows_a_secret(
    text: str,
    secret: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A folded, escaped or quoted value stays hidden, and so does one of an object unused."""
    monkeypatch.setenv("K8SHARDEN_STATE", str(tmp_path / "state"))
    (tmp_path / "web.yaml").write_text(text)
    for form in ("diff", "json", "table"):
        words = ["plan", "-o", form, "--resource", "Deployment/shop/web"]
        assert run([*words, "-f", str(tmp_path / "web.yaml")]) == 0
        said = capsys.readouterr().out
        assert "RuntimeDefault" in said
        assert secret not in said
