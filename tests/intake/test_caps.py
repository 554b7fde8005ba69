"""However a KoboToolbox cuts its pages, every submission arrives and the register is the same."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sync_scripts.store import engine
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.contract import kobo_world
from tests.intake.scene import scene
from tests.intake.test_servers import Far
from tests.store.databases import KEY, _world

CAPS = (100, 1_000, 30_000)
"""Today's default, today's limit, and the limit of older servers."""

Pulled = Callable[[int, int], tuple[Far, dict[str, list[tuple[Any, ...]]]]]


@pytest.fixture
def pulled(template_file: Path, holders: dict[Holder, Identity], tmp_path: Path) -> Pulled:
    """Return what pulls so many submissions from a server with a cap into a register of its own."""

    def go(number: int, cap: int) -> tuple[Far, dict[str, list[tuple[Any, ...]]]]:
        folder = tmp_path / str(cap)
        folder.mkdir()
        (folder / "register.db").write_bytes(template_file.read_bytes())
        here = scene(_world(engine.sqlcipher(folder / "register.db", KEY), holders, folder), folder)
        world = kobo_world.World(cap=cap, now=here.now - timedelta(days=3))
        far = Far(here, "kobo", world)
        for one in range(1, number + 1):
            far.send(one)
        for one in range(1, number // 50):
            far.send(1_000_000 + one, of=one)
        report = far.report()
        assert report.new + report.edited == number
        return far, here.derived()

    return go


def _same_whatever_the_cap(pulled: Pulled, number: int, caps: tuple[int, ...]) -> None:
    registers = []
    for cap in caps:
        far, register = pulled(number, cap)
        roots = {root for (root,) in far.rows("root_id")}
        assert len(roots) == number, f"{len(roots)} of {number} at a cap of {cap}"
        registers.append({name: rows for name, rows in register.items() if name != "watermark"})
        far.scene.register.close()

    assert all(one == registers[0] for one in registers[1:])


def test_every_submission_arrives_whatever_the_cap(pulled: Pulled) -> None:
    """A hundred and fifty behind caps below, beside and above what is asked for at once."""
    _same_whatever_the_cap(pulled, 150, (7, 100, 1_000))


@pytest.mark.slow
def test_ten_thousand_of_ten_thousand_arrive_whatever_the_cap(pulled: Pulled) -> None:
    """Behind a cap of 1,000, three clients of others return 100 or 1,000 of them."""
    _same_whatever_the_cap(pulled, 10_000, CAPS)
