"""Pulls from servers on which people go on working meanwhile: what happened is here after the next pull."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest

from sync_scripts.store.schema.register import TABLES
from tests.faults.far_case import KINDS, Far, FarCase, Kind, instance_id
from tests.faults.harness import (
    opened,
)
from tests.faults.invariants import look
from tests.faults.line import Line, lying, meanwhile, once
from tests.faults.order import orderless
from tests.faults.reach import FORKS, same

pytestmark = FORKS
LIVING: dict[str, Callable[[Far], object]] = {
    "a new one": lambda far: far.send("alert/a10"),
    "an edit": lambda far: far.send("alert/a24-2"),
    "a deletion": lambda far: far.delete("alert/a02"),
    "a review": lambda far: far.review("alert/a24"),
    "a late file": lambda far: far.send("alert/a01"),
    "a new one that is seen late": lambda far: late(far, "alert/a11"),
}


def late(far: Far, sample: str) -> None:
    """Let a submission be shown only after the next one, which came later."""
    far.send(sample)
    hidden = next(
        one for one in far.world.forms[far.form(sample.partition("/")[0])] if one.root == instance_id(sample)
    )
    hidden.visible = False
    far.send("alert/a12")
    far.hidden.append(hidden)


OFTEN: Final = ("an edit", "a new one that is seen late")
SEEN: Final = ("alert", "filing", "flag", "task")
"""What tells of a submission that was read and then deleted."""


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "what", [pytest.param(one, marks=() if one in OFTEN else pytest.mark.slow) for one in LIVING]
)
def test_what_happens_while_it_is_pulled_is_here_after_the_next_pull(
    tmp_path: Path, kind: Kind, what: str
) -> None:
    """Between two pages; the register is that of a pull which found it done."""
    line = Line(Far(kind).world.answer)
    with lying(line) as url:
        case = FarCase(Far(kind), line, url)
        case.prepare(tmp_path)
        before, between = (lived(case, tmp_path, LIVING[what], when=number) for number in (None, 4))
    tables = {table.name for table in TABLES}
    assert before["filing"]
    seen = what == "a deletion" and kind == "kobo"  # else it was gone before it could be seen
    same(between, {name: rows for name, rows in before.items() if name in tables}, *(SEEN if seen else ()))
    assert seen == any("gone_at_server" in row for row in between["flag"])


def lived(
    case: FarCase, folder: Path, deed: Callable[[Far], object], *, when: int | None
) -> dict[str, list[str]]:
    """Pull twice and once more a day later from a server to which something happens, and return the tables.

    Args:
        case: its workspace is copied.
        folder: where that lies.
        deed: what happens.
        when: at which request of the first pull; None = before it.
    """
    case.far, case.later, case.patient = Far(case.far.kind), timedelta(0), True
    case.far.begin()
    case.far.send("alert/a24")
    happens = meanwhile(lambda: deed(case.far))
    case.line.answer = case.far.world.answer
    case.line.calmed(once(happens)(0 if when is None else when))
    keys, copy = case.unlock(folder), folder / f"copy-{when}"
    shutil.copytree(folder / "w", copy / "w")
    for later in (timedelta(0), timedelta(0), timedelta(days=1)):
        case.later = later
        with opened(keys, copy) as workspace:
            case.run(workspace, copy)
        for one in case.far.hidden:
            one.visible = True
    found = look(keys, copy, case, complete=True)
    assert not found.wrong, found.wrong
    return orderless(found.state, noticed=True)
