"""Who may do what: the subjects of bindings, and the picture of one before and after its fixes."""

from pathlib import Path

import pytest

from k8sharden.analysis.rbac.holders import holders
from k8sharden.cluster.api import Api
from k8sharden.model import kinds
from k8sharden.model.text import one_line
from k8sharden.places.training import TrainingPlace
from screens.access_picture import Access, drawn
from screens.base import Table
from tests.screens.clusters import Hidden
from tests.screens.driver import COMFORTABLE, SMALL, Driver, opened, run

LARGE = (120, 90)


async def at(driver: Driver, binding: str) -> None:
    """Open the picture with the cursor on the finding about a binding."""
    await driver.press("1", "slash", *binding, "enter", "P")


def test_the_picture_is_about_whom_the_finding_names(tmp_path: Path) -> None:
    """Subject, binding, role and reach stand there, and so does what runs under the account."""

    async def test() -> None:
        async with opened(tmp_path, size=LARGE) as driver:
            await at(driver, "ci-pipeline")
            assert driver.crumb == "access"
            text = driver.text
            assert "ServiceAccount ci/pipeline" in text
            assert "runs Deployment ci/runner" in text
            assert "ClusterRoleBinding ci-pipeline → ClusterRole cluster-admin, everywhere" in text
            assert "every verb on every resource" in text
            assert "k8sharden rights ServiceAccount/ci/pipeline --after --demo" in text

    run(test())


def test_the_matrix_shows_what_the_fixes_leave(tmp_path: Path) -> None:
    """Everything everywhere before; afterwards only what is left, in the namespaces it is for."""

    async def test() -> None:
        async with opened(tmp_path, size=LARGE) as driver:
            await at(driver, "ci-pipeline")
            rows = driver.text.splitlines()
            place = next(n for n, row in enumerate(rows) if row.strip().startswith("everywhere"))
            assert rows[place].split()[1:] == ["ALL!"] * 8
            assert rows[place + 1].split()[:3] == ["after", "the", "fixes"]
            assert "ALL" not in rows[place + 1]
            assert "After the fixes" in driver.text

    run(test())


def test_the_worst_path_is_told_with_what_cuts_it(tmp_path: Path) -> None:
    """A harmless looking right leads to everything: how, what ends it, and what is left then."""

    async def test() -> None:
        async with opened(tmp_path, size=LARGE) as driver:
            await at(driver, "pipeline-debuggers")
            text = " ".join(driver.text.split())
            assert "What it becomes: everything in the cluster" in text
            assert "takes one of ServiceAccount ci/pipeline" in text
            assert "Cheapest cut: take create serviceaccounts/token out of" in text

    run(test())


def test_the_worst_come_first_and_the_clusters_own_last(tmp_path: Path) -> None:
    """Whoever holds most is seen without a key; the control plane's accounts are not in the way."""

    async def test() -> None:
        async with opened(tmp_path, size=COMFORTABLE) as driver:
            await driver.press("1", "P")
            table = driver.app.screen.query_one(Table)
            words = [str(table.get_row_at(row)[0]) for row in range(table.row_count)]
            order = ["critical", "high", "medium", "low", "none", "system"]
            assert [order.index(word) for word in words] == sorted(map(order.index, words))
            assert words[0] == "critical"
            assert "dangerous rights" in driver.text

    run(test())


def test_keys_go_into_the_picture_and_back_to_the_findings(tmp_path: Path) -> None:
    """Enter scrolls the picture; P and Esc lead back to the list, which is as it was."""

    async def test() -> None:
        async with opened(tmp_path, size=SMALL) as driver:
            await driver.press("1", "j", "P", "enter", "G")
            assert "ALL: every resource" in driver.text
            await driver.press("P")
            assert driver.crumb == "rbac"
            await driver.press("P", "escape")
            assert driver.crumb == "rbac"

    run(test())


@pytest.mark.parametrize("name", ["\x1b]0;owned\x07[/nope]", "u" * 300])
def test_names_of_subjects_are_only_words(tmp_path: Path, name: str) -> None:
    """A user's name is whatever a certificate says: it is drawn as text, and cut."""
    place = TrainingPlace(tmp_path)
    binding = {
        "apiVersion": kinds.CLUSTER_ROLE_BINDINGS.api_version,
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "odd"},
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": "cluster-admin",
        },
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
    }
    Api(place.cluster.transport()).create(binding, kinds.CLUSTER_ROLE_BINDINGS.ref("", "odd"))

    async def test() -> None:
        async with opened(tmp_path, place=place, size=COMFORTABLE) as driver:
            await driver.press("1", "slash", *"odd", "enter", "P")
            assert f"User {one_line(name, 200)}"[:20] in driver.text
            assert "\x1b" not in driver.text

    run(test())


def test_a_cluster_of_many_subjects_is_cut_and_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table holds so many rows; the sentence above it says that there are more."""
    monkeypatch.setattr("screens.access.MOST", 3)

    async def test() -> None:
        async with opened(tmp_path, size=COMFORTABLE) as driver:
            await driver.press("1", "P")
            assert driver.app.screen.query_one(Table).row_count == 3
            assert "the worst 3 are shown" in driver.text

    run(test())


def test_bindings_that_could_not_be_read_are_no_absence_of_rights(tmp_path: Path) -> None:
    """Instead of an empty table it says that nobody knows, and which permission it takes."""

    async def test() -> None:
        async with opened(tmp_path, place=Hidden(tmp_path), size=SMALL) as driver:
            await driver.press("1", "P")
            words = " ".join(driver.text.split())
            assert "Who may do what is not known." in words
            assert "0 subjects" not in words
            assert "it takes the permission to list clusterrolebindings" in words

    run(test())


def test_where_not_all_was_read_no_path_is_no_news(tmp_path: Path) -> None:
    """Of somebody without a known path the picture says whether all was read."""
    holder = holders(TrainingPlace(tmp_path).collect(lambda _: None, lambda: False))[0]
    known = Access(holder, (), None, (), None, None, "")
    assert "not known" not in drawn(known, 80).plain
    assert "What it becomes is not known" in drawn(known._replace(whole=False), 80).plain
