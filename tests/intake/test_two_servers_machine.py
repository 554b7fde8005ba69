"""Two servers of one register, in any order: what both hold is one row, and what one says or loses touches no row of the other.

Hypothesis chooses what arrives, by which road, what is edited, which photos come late, what vanishes, is restored or comes back, which
server is out of reach and when the process is killed. After every pull: no version is lost; one row, one code and one flag for what came by two roads; marks only on what its own
server no longer shows, and none when too many vanished at once. At the end the register is the model, the version and the photos
that each server shows are here, and a rebuild gives the same.

The fuse is set to three here, so that a short story reaches it; its real measure is tested in ``test_servers``.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import httpx
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync_scripts.intake import pull as pulling
from sync_scripts.intake.notes import TooManyGone
from sync_scripts.intake.places import purged, reported_deletions, standing
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.receive.split import Tagger
from sync_scripts.register.care import rebuild
from sync_scripts.register.decisions.base import deciding
from sync_scripts.store import durable, engine
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.contract import central_world, kobo_world
from tests.intake.living import ANSWERS, Living
from tests.intake.scene import COORDINATOR, FORMS, Scene, alert, draw, scene, uid
from tests.intake.sides import KOBO_CASES, Side
from tests.intake.test_machine import Killed, _how
from tests.store.databases import KEY, _world

pytestmark = pytest.mark.once

FUSE = 3
MOST = 14
"""Alerts of one story."""
OWN_HAND = Actor(COORDINATOR.code, "key")
CASES = tuple(FORMS / "samples" / "case" / name / "submission.xml" for name in ("c02", "c03"))


class Two(Living):
    """Two servers, one register."""

    new_scene: ClassVar[Callable[[], Scene]]
    kinds: ClassVar[tuple[str, str]]

    @initialize()
    def begin(self) -> None:
        """Start with two servers that share some of their alerts and one case, and a register that holds all of it."""
        self.scene = type(self).new_scene()
        self.numbers = itertools.count(1)
        self.first: dict[str, bytes] = {}
        """By root, the version that a phone sent first."""
        self.replaced = {}
        self.turns = itertools.cycle([0.0, pulling.TURN_S])
        self.sides = [self._side(place, kind) for place, kind in enumerate(self.kinds)]
        self.versions: set[tuple[str, str]] = set()
        for place in (0, 0, 0, 0, 1, 1, 1, 1):
            self.send(place, twice=False, announced=place == 0, photo=False)
        for side in self.sides:
            self.send(0, twice=True, announced=False, photo=False)
            self.send_case(self.sides.index(side), CASES[0])
        self._clean_pull(self.sides)

    def _side(self, place: int, kind: str) -> Side:
        if kind == "folder":
            return Side(self.scene.server.name, kind, self.scene)
        if kind == "central":
            world: Any = central_world.World(forms={"alert": [], "case": []})
        else:
            world = kobo_world.World(forms={kobo_world.FORM: [], KOBO_CASES: []})
        world.now = self.scene.now - timedelta(minutes=5)
        return Side(("bureau", "antenne")[place] if kind == "central" else "kobo", kind, world)

    # --- what arrives ---

    @precondition(lambda self: len(self.first) < MOST)
    @rule(which=st.integers(0, 1), twice=st.booleans(), announced=st.booleans(), photo=st.booleans())
    def send(self, which: int, twice: bool, announced: bool, photo: bool) -> None:
        """A phone sends an alert to one server, or to both, with a photo, or before it."""
        number = next(self.numbers)
        for side in self.sides if twice else [self.sides[which]]:
            self._arrives(side, "alert", uid(number), alert(number, ANSWERS[announced]), photo=photo)

    @rule(which=st.integers(0, 1), sample=st.sampled_from(CASES))
    def send_case(self, which: int, sample: Path) -> None:
        """A phone sends a case form; a second time it may be to the other server."""
        xml = sample.read_bytes()
        root = xml.partition(b"<instanceID>")[2].partition(b"<")[0].decode()
        self._arrives(self.sides[which], "case", root, xml)

    @precondition(lambda self: self.first)
    @rule(which=st.integers(0, 1), choice=st.integers(0, 99), photo=st.booleans())
    def copy(self, which: int, choice: int, photo: bool) -> None:
        """What one server has arrives at the other: the form moved, or a stick brings the phone's own copy later."""
        root = sorted(self.first)[choice % len(self.first)]
        xml = self.first[root]
        form = "case" if b'id="case"' in xml else "alert"
        self._arrives(self.sides[which], form, root, xml, photo=photo)

    def _arrives(self, side: Side, form: str, root: str, xml: bytes, *, photo: bool = False) -> None:
        if not side.knows(root):
            brings = photo and b"<photo>" in xml
            side.send(form, xml, root, photo=brings)
            self.note_photo(side, xml, came=brings)
            self.first.setdefault(root, xml)

    # --- what vanishes ---

    @rule(which=st.integers(0, 1), choice=st.integers(0, 99))
    def delete(self, which: int, choice: int) -> None:
        """Somebody deletes one at one server; a Central says so, a KoboToolbox does not."""
        side = self._online(which)
        if not side.there:
            return
        side.delete(sorted(side.there)[choice % len(side.there)])

    @rule(which=st.integers(0, 1), keep=st.integers(0, 7))
    def lists_far_fewer(self, which: int, keep: int) -> None:
        """A server lists far fewer rows than before, its own count included: an old backup, or somebody who purged."""
        side = self._online(which)
        for root in sorted(side.there)[keep:]:
            side.lose(root)

    @rule(which=st.integers(0, 1))
    def come_back(self, which: int) -> None:
        """Whatever a server had lost is there again."""
        self._online(which).recover()

    @rule(which=st.integers(0, 1))
    def declare_purged(self, which: int) -> None:
        """A person looks at what is gone at one server, and says that it was us."""
        side, tags = self._online(which), Tagger(self.scene.register.match_key)
        expected = (side.marked - side.ours) | side.told
        with self.scene.register.reading() as rows:
            found = purged.plan(rows, tags, side.name, self.scene.now)
        assert {one.root_id for one in found.held} == expected, "what is shown as gone is something else"
        if not expected:
            return
        with deciding(self.scene.register, OWN_HAND, self.scene.now, draw=draw) as by:
            purged.confirm(by, tags, side.name, self.scene.now, name=found.id, reason="purge of the month")
        side.marked |= expected
        side.ours |= expected
        side.told = set()
        self._agrees()

    # --- time, and pulls ---

    @rule(hours=st.sampled_from([1, 26]))
    def wait(self, hours: int) -> None:
        """Time passes."""
        self.scene.now += timedelta(hours=hours)
        for side in self.sides:
            if side.kind != "folder":
                side.world.now += timedelta(hours=hours)

    @rule(order=st.sampled_from([(0, 1), (1, 0)]))
    def next_day(self, order: tuple[int, ...]) -> None:
        """The next day's pull compares both servers to their end."""
        self.wait(26)
        self._clean_pull([self.sides[one] for one in order])

    @rule(order=st.sampled_from([(0,), (1,), (0, 1), (1, 0)]))
    def pull_some(self, order: tuple[int, ...]) -> None:
        """A pull of one server, or of both, that nothing disturbs."""
        self._clean_pull([self.sides[one] for one in order])

    def _clean_pull(self, sides: Sequence[Side]) -> Pulled:
        with self._seen(sides) as done:
            done.append(self._pull(sides))
            assert done[0].failure is None
        for side in sides:
            assert side.there - side.restored <= side.held, "what is new at the server is not here"
        return done[0]

    @rule(which=st.integers(0, 1), after=st.integers(0, 9), status=st.sampled_from([502, 401, 200]))
    def pull_with_one_down(self, which: int, after: int, status: int) -> None:
        """One server fails from some request on, 200 with a page for people; the other one is pulled to its end."""
        down, asked = self._online(which), itertools.count()

        def fails(_request: httpx.Request) -> httpx.Response | None:
            html = {"content-type": "text/html"}
            return (
                httpx.Response(status, text="<html></html>", headers=html) if next(asked) >= after else None
            )

        with self._seen(self.sides, but=down) as done:
            down.world.knob = fails
            try:
                done.append(self._pull(self.sides))
            finally:
                down.world.knob = lambda _request: None
        for side in self.sides:
            assert side is down or side.there - side.restored <= side.held, (
                "one server that is down keeps another one waiting"
            )

    @rule(moment=st.integers(0, 40), order=st.sampled_from([(0, 1), (1, 0)]))
    def pull_killed(self, moment: int, order: tuple[int, ...]) -> None:
        """The process is killed before one of its deeds."""
        left = itertools.count()

        def strike(_name: str) -> None:
            if next(left) == moment:
                raise Killed

        with self._seen(self.sides):
            durable.watch(strike)
            try:
                with suppress(Killed):
                    self._pull([self.sides[one] for one in order])
            finally:
                durable.watch(None)

    def _pull(self, sides: Sequence[Side]) -> Pulled:
        way = replace(self.scene.way, clock=lambda: self.scene.now, draw=draw)
        with mock.patch.object(pulling, "TURN_S", next(self.turns)):
            return pull(self.scene.register, [one.server for one in sides], COORDINATOR, way)

    # --- what must hold ---

    @contextmanager
    def _seen(self, sides: Sequence[Side], but: Side | None = None) -> Iterator[list[Pulled]]:
        """Compare what a pull did with what it may do, and where a server was compared to its end, with what it must do."""
        before = {one.name: (set(one.held), set(one.marked)) for one in self.sides}
        done: list[Pulled] = []
        yield done
        compared = {one.server for each in done for one in each.report.proofs if one.count is not None}
        for side in self.sides:
            held, marked = before[side.name]
            rows = self.scene.rows(raw.submission, raw.submission.c.server == side.name)
            side.held = {row["root_id"] for row in rows}
            side.marked = {row["root_id"] for row in rows if row["status"] == "deleted"}
            side.ours &= side.marked
            newly = side.marked - marked
            assert side in sides or (side.held, side.marked) == (held, marked), "it was not asked"
            assert not newly & side.there, "marked as deleted, and its server shows it"
            silent = newly - side.trash
            assert len(silent) <= FUSE, "too many at once were believed"
            if side.name in compared and side is not but:
                self._judged(side, held - marked - side.there - side.trash, silent)
            else:
                side.told = self._told(side)
        self._agrees()

    def _judged(self, side: Side, gone: set[str], silent: set[str]) -> None:
        """Hold what a whole comparison concluded from silence against the rule of the fuse."""
        fresh = gone - side.told
        believed = len(fresh) <= FUSE
        side.told = gone & side.told if believed else gone
        assert silent == (fresh if believed else set()), (
            "what is gone is not marked, or what was not believed is"
        )
        assert self._told(side) == side.told, "something else is told of than is gone"
        assert not side.marked & side.there, "it is there again and still marked"
        assert side.there <= side.held, "what was restored is not here"
        side.restored.clear()

    def _told(self, side: Side) -> set[str]:
        tags = Tagger(self.scene.register.match_key)
        with self.scene.register.reading() as rows:
            told = reported_deletions.recall(rows, side.name)
        return {
            root
            for form, every in told.items()
            for root in side.held
            if reported_deletions.tag(tags, side.name, form, root) in every
        }

    def _agrees(self) -> None:
        """Hold the register against both servers' rows."""
        rows = self.scene.rows(raw.submission)
        versions = {(row["server"], row["instance_id"]) for row in rows}
        assert versions >= self.versions, "a version was lost"
        self.versions = versions
        stamps = {row["root_id"]: row["stamp"] for row in rows}
        alerts = {root for root, stamp in stamps.items() if stamp == "alert"}
        assert self.scene.count(tables.alert) == len(alerts), "not one alert for each"
        assert self.scene.count(raw.event, raw.event.c.op == "alert.code") == len(alerts), "a second code"
        assert self.scene.count(tables.case) == len(stamps) - len(alerts), "not one case for each"
        assert len(self.scene.aside()) == 0, "a copy was put aside"
        roads = {root for root in stamps if all(root in side.held for side in self.sides)}
        said = [row["code"] for row in self.scene.rows(tables.flag)]
        flagged = [one for one in said if one == "two_roads"]
        assert len(flagged) == len(roads), "what came by two roads is not told, or another one is"
        asked = self.scene.rows(tables.task, tables.task.c.kind == "server_deleted")
        gone = {root for root in stamps if self._asks(root)}
        assert len([one for one in asked if one["done_at"] is None]) == len(gone), (
            "somebody is asked for nothing, or nobody"
        )

    def _asks(self, root: str) -> bool:
        """Tell whether no server shows it by what is known here, and at one of them nobody said why."""
        here = [side for side in self.sides if root in side.held]
        return all(root in side.marked for side in here) and any(root not in side.ours for side in here)

    def teardown(self) -> None:
        """Settle everything and compare."""
        if not hasattr(self, "scene"):
            return
        self.next_day((0, 1))
        self.wait(26)
        last = self._clean_pull(self.sides)
        assert last.report.new == last.report.edited == 0
        for side in self.sides:
            assert side.held - side.there == side.marked | side.told, (
                "what is gone is neither marked nor told of"
            )
            assert not side.marked & side.there
        self.versions_agree()
        assert dict(last.report.notes).get(TooManyGone.code, 0) == sum(len(one.told) for one in self.sides)
        assert not rebuild.check(self.scene.register, self.scene.now).differing
        self.scene.register.close()


@pytest.fixture
def tell(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Callable[[tuple[str, str], settings], None]:
    """Return what tells stories about two servers."""
    folders = itertools.count()

    def new_scene() -> Scene:
        folder = tmp_path / f"{next(folders)}"
        folder.mkdir()
        (folder / "register.db").write_bytes(template_file.read_bytes())
        return scene(_world(engine.sqlcipher(folder / "register.db", KEY), holders, folder), folder)

    def go(kinds: tuple[str, str], how: settings) -> None:
        made = type("Told", (Two,), {"kinds": kinds, "new_scene": staticmethod(new_scene)})
        random.seed(" ".join(kinds))
        with mock.patch.object(standing, "FUSE_ROWS", FUSE):
            run_state_machine_as_test(made, settings=how)

    return go


PAIRS = [("central", "central"), ("central", "kobo"), ("kobo", "folder")]


@pytest.mark.parametrize("kinds", PAIRS)
def test_two_servers_are_one_register(
    kinds: tuple[str, str], tell: Callable[[tuple[str, str], settings], None]
) -> None:
    """A hundred steps a pair or so."""
    tell(kinds, _how(4, 24))


@pytest.mark.slow
@pytest.mark.parametrize("kinds", PAIRS)
def test_two_servers_are_one_register_at_length(
    kinds: tuple[str, str], tell: Callable[[tuple[str, str], settings], None]
) -> None:
    """Two thousand steps a pair."""
    tell(kinds, _how(50, 40))
