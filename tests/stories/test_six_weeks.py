"""The six weeks: what the register says at their end, and what was to be seen of them outside.

The whole story (200 alerts, 60 cases) runs in every run: about 20 s of one core. ``slow``: three more seeds of it.
"""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync_scripts.register.care import rebuild
from sync_scripts.store import events as store_events
from tests.stories.office import Office
from tests.stories.seen import everything
from tests.stories.six_weeks import SixWeeks

pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a power cut is played by a process that forks"
)

Tell = Callable[[int], SixWeeks]


@pytest.fixture
def tell(tmp_path: Path) -> Iterator[Callable[[int], SixWeeks]]:
    """Return a function that tells the six weeks with a seed."""
    told: list[SixWeeks] = []

    def go(seed: int) -> SixWeeks:
        told.append(SixWeeks(Office(tmp_path, random.Random(seed))))
        told[-1].tell()
        return told[-1]

    yield go
    for story in told:
        story.office.shut()


def check(story: SixWeeks) -> None:
    """See that all is well at the end: as it was told, rebuilt alike, in time, and one chain."""
    register = story.office.workspace.register
    story.agrees()
    late = [*story.model.late_deadlines(register)]
    assert not late, late
    assert rebuild.check(register, story.office.now).differing == ()
    with register.reading() as rows:
        assert store_events.check(rows) > 300


def codes(content: bytes) -> set[str]:
    """Return the codes of alerts and cases that stand in an output."""
    return set(re.findall(r"\b(?:AL|DK)-[0-9A-Z]{6}-[0-9A-Z]\b", content.decode()))


@contextmanager
def listening() -> Iterator[list[str]]:
    """Hear every line that any module logs."""
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear, root = Ear(level=0), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(1)
    try:
        yield heard
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def test_six_weeks_of_work_end_as_they_were_told_and_show_nothing_that_is_sealed(tell: Tell) -> None:
    """The register is the story's own account of it, a rebuild is the same, no deadline is late, no canary is seen."""
    with listening() as heard:
        story = tell(20261005)
    check(story)
    shown = [("logs", "\n".join(heard).encode()), *everything(story)]
    assert story.office.canaries.seen_in(story.office.sent_by_phones()) > story.office.canaries.numbers
    worked_on = {case.code for case in story.model.open_cases()}
    assert worked_on <= codes(dict(shown)["dikalo cases list --json"]), "the list says nothing"
    leaks = {name: seen for name, content in shown if (seen := story.office.canaries.seen_in(content))}
    assert not leaks
    assert len(story.seen) == 3 * 5, "the screen of one day in seven, but for the days without network"
    assert sum(map(len, story.office.lists.values())) > 20, "every list that the phones ever had"
    assert not codes("\n".join(story.office.told).encode()), "a notice names a case"
    assert len(story.model.alerts) > 199
    assert 50 <= len(story.model.cases) <= 70


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_other_six_weeks_end_as_they_were_told(tell: Tell, seed: int) -> None:
    """Whatever chance made of them."""
    check(tell(seed))
