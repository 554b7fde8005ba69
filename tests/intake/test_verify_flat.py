"""What `dikalo verify` holds in memory of a form with many submissions: next to nothing of each."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

import pytest

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.report import Verified
from sync_scripts.servers.base import Abilities, Kind, Mark, Page, Part, Server, Sweep
from sync_scripts.store.schema.raw import submission
from tests.intake.scene import Scene, alert, uid

pytestmark = pytest.mark.once

MOST = 250
"""Bytes of a submission: its id alone is kept, shortened, to tell a repeat."""


@dataclass
class Many:
    """A server that shows marks of many submissions, made while they are asked for."""

    many: int
    name: str = "bureau"
    origin: str = "central:x:1"
    kind: Kind = "central"
    abilities: ClassVar[Abilities] = Abilities(edits_by_root=True, deletions="stamped")

    def pages(self, after: str | None) -> Iterator[Page]:
        """Yield nothing new."""
        yield Page((), after)

    def sweep(self) -> Sweep:
        """Return the marks."""
        return Sweep(iter([Part("alert", self.many, self._marks(), lambda: self.many)]))

    def _marks(self) -> Iterator[Mark]:
        for number in range(1, self.many + 1):
            yield Mark(f"alert\t{uid(number)}\t{uid(number)}", uid(number), uid(number))


def hold(one: Scene, first: int, last: int) -> None:
    """Let the register hold so many submissions of the server, as far as this comparison looks."""
    one.lay("a", alert(999_999))
    if not one.count(submission):
        one.pull()
    (held,) = one.rows(submission, submission.c.instance_id == uid(999_999))
    with one.register.writing() as rows:
        for start in range(first, last, 1000):
            made = [
                {**held, "server": "bureau", "root_id": uid(n), "instance_id": uid(n), "arrival": n + 1}
                for n in range(start, min(start + 1000, last))
            ]
            rows.many(submission, made)


def peak(one: Scene, many: int) -> tuple[int, Verified]:
    """Return the most bytes held at once, with cycles looked for often: a command lets many lie, but never more than some."""
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    gc.collect()
    tracemalloc.start()
    try:
        found = verify(one.register, [cast(Server, Many(many))])
        return tracemalloc.get_traced_memory()[1], found
    finally:
        tracemalloc.stop()
        gc.set_threshold(*before)


def test_of_each_submission_next_to_nothing_is_held(one: Scene) -> None:
    """A laptop verifies a hundred thousand; what is found is the same."""
    hold(one, 1, 2001)
    peak(one, 2000)
    small, _found = peak(one, 2000)
    hold(one, 2001, 12001)
    large, found = peak(one, 12000)
    per = (large - small) / 10000

    assert sum(each.versions for each in found.forms) == 12000
    assert sum(each.not_pulled for each in found.forms) == 0
    assert per < MOST
