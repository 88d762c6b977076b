"""What only the screen of RBAC shows."""

from pathlib import Path

from tests.screens.clusters import Managed
from tests.screens.driver import SMALL, Driver, opened, run


def test_a_managed_cluster_names_who_else_gives_rights(tmp_path: Path) -> None:
    """Whoever looks at rights is told, on a small terminal too, that RBAC is not all."""

    async def test() -> None:
        driver: Driver
        async with opened(tmp_path, place=Managed(tmp_path), size=SMALL) as driver:
            await driver.press("1")
            words = " ".join(driver.text.split())
            assert "EKS access entries give rights that RBAC does not show." in words
            assert "P: who may do what." in words

    run(test())
