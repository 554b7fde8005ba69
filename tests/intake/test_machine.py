"""Servers and pulls in any order, with faults and kills: after one clean pull the register holds what the server holds.

Hypothesis chooses the events. Whatever it did, at the end: every submission that the server shows is here in its
present version, what it no longer shows is marked and kept, no version that was ever taken is lost, a rebuild gives
the same register, and a further pull brings nothing.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync_scripts.errors import DikaloError
from sync_scripts.intake.places.reviewed import plain
from sync_scripts.register.care import rebuild
from sync_scripts.servers.central import source as central
from sync_scripts.store import durable, engine
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests.contract import central_world, kobo_world
from tests.intake.scene import scene, uid
from tests.intake.test_servers import Far
from tests.store.databases import KEY, _world

pytestmark = pytest.mark.once

MOST = 12
"""Submissions of one story: fewer than the fuse, so that what is gone may be believed."""
PHOTO = "<story><safe_to_photo>yes</safe_to_photo><photo>p.jpg</photo></story>"


class Killed(BaseException):
    """The process is gone in the middle of a deed."""


class Story(RuleBasedStateMachine):
    """One server, one register, and what happens to them."""

    kind: ClassVar[str]
    new_far: ClassVar[Callable[[], Far]]

    @initialize()
    def begin(self) -> None:
        """Start with an empty server and an empty register."""
        self.far = type(self).new_far()
        self.numbers = itertools.count(1)
        self.present: dict[int, int] = {}
        """By number of the first version: number of the present one."""
        self.gone: set[int] = set()
        self.hidden: list[Any] = []
        self.late: set[int] = set()
        """Numbers of what was shown late, or back from the trash: only the comparison of the day has to find those."""
        self.taken: set[str] = set()

    # --- at the server ---

    def _living(self, choice: int) -> int | None:
        living = sorted(self.present.keys() - self.gone)
        return living[choice % len(living)] if living else None

    def _in_clear(self, choice: int) -> int | None:
        """Return one that was sent so that somebody can change it at the server."""
        return self._living(choice)

    @precondition(lambda self: len(self.present) < MOST)
    @rule(photo=st.booleans(), hidden=st.booleans())
    def send(self, photo: bool, hidden: bool) -> None:
        """A phone sends a submission; it may become visible after rows with a later stamp."""
        number = next(self.numbers)
        self.far.send(number, PHOTO if photo else "")
        self.present[number] = number
        if hidden:
            (form,) = self.far.world.forms.values()
            form[-1].visible = False
            self.hidden.append(form[-1])
            self.late.add(number)

    @rule()
    def show(self) -> None:
        """What was late becomes visible."""
        for one in self.hidden:
            one.visible = True
        self.hidden.clear()

    @rule(choice=st.integers(0, 99), photo=st.booleans())
    def edit(self, choice: int, photo: bool) -> None:
        """A phone sends an edited version."""
        if (root := self._in_clear(choice)) is not None:
            number = next(self.numbers)
            self.far.send(number, PHOTO if photo else "", of=self.present[root])
            self.present[root] = number

    @rule(choice=st.integers(0, 99))
    def late_photo(self, choice: int) -> None:
        """A phone sends the same submission again, with a file that was announced or was not."""
        if (root := self._in_clear(choice)) is None:
            return
        form = ("alert",) if self.kind == "central" else ()
        one = self.far.world.find(*form, uid(root))
        xml = one.present.xml if self.kind == "central" else one.xml
        self.far.world.send(*form, xml, {"p.jpg": b"\xff\xd8 invented"})

    @rule(choice=st.integers(0, 99))
    def delete(self, choice: int) -> None:
        """Somebody deletes one at the server."""
        if (root := self._living(choice)) is not None:
            self.far.delete(root)
            self.gone.add(root)

    @precondition(lambda self: self.kind == "central" and self.gone)
    @rule(choice=st.integers(0, 99), purge=st.booleans())
    def restore_or_purge(self, choice: int, purge: bool) -> None:
        """Somebody takes it out of the trash, or the night empties it."""
        root = sorted(self.gone)[choice % len(self.gone)]
        with suppress(StopIteration):  # purged before
            if purge:
                self.far.world.purge("alert", uid(root))
            else:
                self.far.world.restore("alert", uid(root))
                self.gone.discard(root)
                self.late.add(root)

    @rule(choice=st.integers(0, 99))
    def review(self, choice: int) -> None:
        """Somebody reviews one at the server."""
        if (root := self._living(choice)) is not None:
            self.far.review(root, "approved", "validation_status_approved")

    @rule(hours=st.sampled_from([0.1, 1.0, 26.0]))
    def wait(self, hours: float) -> None:
        """Time passes."""
        self.far.wait(hours)

    @rule(cap=st.sampled_from([1, 2, 5, 1000]))
    def cap(self, cap: int) -> None:
        """The server cuts its pages otherwise."""
        self.far.world.cap = cap

    # --- here ---

    @rule()
    def pull(self) -> None:
        """A pull that nothing disturbs."""
        done = self.far.pull()
        assert done.failure is None
        self._look()

    @rule(after=st.integers(0, 12), status=st.sampled_from([502, 504, 429, 200]))
    def pull_with_faults(self, after: int, status: int) -> None:
        """The server begins to fail in the middle; 200 stands for a page for people."""
        asked = itertools.count()

        def fails(_request: httpx.Request) -> httpx.Response | None:
            if next(asked) < after:
                return None
            html = {"content-type": "text/html"}
            return httpx.Response(status, text="<html></html>", headers=html)

        with self._knob(fails):
            self.far.pull()
        self._look()

    @rule(after=st.integers(0, 6), status=st.sampled_from([403, 404, 500]))
    def pull_with_the_form_out_of_reach(self, after: int, status: int) -> None:
        """The server answers, but not for the form, from some request on; nothing may be concluded from that."""
        part = "/forms/alert" if self.kind == "central" else "/data"
        asked = itertools.count()

        def fails(request: httpx.Request) -> httpx.Response | None:
            if part not in request.url.path or next(asked) < after:
                return None
            return httpx.Response(status, json={})

        before = set(self._states("deleted"))
        with self._knob(fails):
            self.far.pull()
        self._nothing_falsely_gone(before)
        self._look()

    @precondition(lambda self: self.kind == "central")
    @rule()
    def pull_where_no_token_is_known(self) -> None:
        """The server was replaced: it refuses the page tokens of before, and gives others; that pull ends well."""
        begun = False

        def fails(request: httpx.Request) -> httpx.Response | None:
            nonlocal begun
            begun = begun or ("$filter" in request.url.params and "$skiptoken" not in request.url.params)
            refused = "$skiptoken" in request.url.params and not begun
            return httpx.Response(400, json={"code": 400.35}) if refused else None

        with self._knob(fails):
            assert self.far.pull().failure is None
        self._look()

    @rule(choice=st.integers(0, 99), status=st.sampled_from([403, 404, 500]), versions=st.booleans())
    def pull_with_an_address_out_of_reach(self, choice: int, status: int, versions: bool) -> None:
        """The server hands over everything but one submission, or tells no versions of any; the pull ends well all the same."""
        if (root := self._living(choice)) is None:
            return
        shown = uid(self.present[root])
        row = "" if self.kind == "central" else f"{self.far.world.find(uid(root)).number}"

        def fails(request: httpx.Request) -> httpx.Response | None:
            path, asked = request.url.path, request.url.params
            struck = path.endswith("/versions") if versions else path.endswith(f"/{shown}.xml")
            if self.kind == "kobo":
                named = re.search(rf"\b{row}\b", asked.get("query", ""))
                struck = asked.get("format") == "xml" and bool(path.endswith(f"/data/{row}/") or named)
            return httpx.Response(status, json={}) if struck else None

        with self._knob(fails):
            assert self.far.pull().failure is None
        self._look()

    @rule(choice=st.integers(0, 99), content=st.sampled_from([b"other", b"third", None]))
    def replace_photo(self, choice: int, content: bytes | None) -> None:
        """Somebody replaces a photo at the server, or removes it."""
        if (root := self._in_clear(choice)) is None:
            return
        form = ("alert",) if self.kind == "central" else ()
        files = self.far.world.find(*form, uid(root)).files
        if self.kind == "central":
            if files.get("p.jpg") is not None:
                files["p.jpg"] = content
            return
        held = [key for key, (_name, _data, gone) in files.items() if not gone]
        for key in held:
            files[key] = (*files[key][:2], True)
        if held and content is not None:
            files[f"att9{next(self.numbers):06d}"] = ("p.jpg", content, False)

    @rule(moment=st.integers(0, 40))
    def pull_killed(self, moment: int) -> None:
        """The process is killed before one of its deeds."""
        left = itertools.count()

        def strike(_name: str) -> None:
            if next(left) == moment:
                raise Killed

        durable.watch(strike)
        try:
            with suppress(Killed):
                self.far.pull()
        finally:
            durable.watch(None)
        self._look()

    @rule(after=st.integers(1, 6))
    def pull_while_it_lives(self, after: int) -> None:
        """A submission arrives between two pages."""
        asked = itertools.count()

        def lives(_request: httpx.Request) -> httpx.Response | None:
            if next(asked) == after and len(self.present) < MOST:
                number = next(self.numbers)
                self.far.send(number)
                self.present[number] = number
            return None

        with self._knob(lives), suppress(DikaloError):
            self.far.pull()
        self._look()

    @rule(keep=st.integers(0, 3))
    def pull_with_a_short_list(self, keep: int) -> None:
        """The list of all submissions ends early, as if the rest were gone; nothing may be concluded from it."""
        whole = self.far.world.answer

        def short(request: httpx.Request) -> httpx.Response | None:
            asked = request.url.params
            light = asked.get("$top") == str(central.SWEEP) or "_attachments" in asked.get("fields", "")
            if not light:
                return None
            with mock.patch.object(self.far.world, "knob", return_value=None):
                body = whole(request).json()
            name = "value" if "value" in body else "results"
            return httpx.Response(200, json={**body, name: body[name][:keep], "@odata.nextLink": None})

        before = set(self._states("deleted"))
        with self._knob(short):
            self.far.pull()
        self._nothing_falsely_gone(before)
        self._look()

    def _nothing_falsely_gone(self, before: set[str]) -> None:
        falsely = {root for root in self._states("deleted") if int(root[-12:]) not in self.gone} - before
        assert not falsely, "marked as deleted, and it is there"

    @contextmanager
    def _knob(self, knob: Callable[[httpx.Request], httpx.Response | None]) -> Iterator[None]:
        self.far.world.knob = knob
        try:
            yield
        finally:
            self.far.world.knob = lambda _request: None

    # --- what must hold ---

    def _states(self, state: str) -> list[str]:
        return [root for root, status in self.far.rows("root_id", "status") if status == state]

    def _look(self) -> None:
        """No version that was ever taken is lost."""
        held = {instance for (instance,) in self.far.rows("instance_id")}
        assert held >= self.taken, "a version was lost"
        self.taken = held

    def teardown(self) -> None:
        """Settle everything and compare."""
        if not hasattr(self, "far"):
            return
        self.show()
        self._all_new_are_here_without_waiting()
        self.far.wait(26)
        self.far.world.cap = 1000
        for _time in range(2):
            assert self.far.pull().failure is None
        assert self.far.pull().report.new == self.far.pull().report.edited == 0
        self._look()
        self._compare()
        assert not rebuild.check(self.far.scene.register, self.far.scene.now).differing
        self.far.scene.register.close()

    def _all_new_are_here_without_waiting(self) -> None:
        """One clean pull: what arrived in time needs no comparison of the day, whatever was cut or not handed over before."""
        assert self.far.pull().failure is None
        held = {root for (root,) in self.far.rows("root_id")}
        awaited = {uid(root) for root in self.present.keys() - self.gone - self.late}
        assert awaited <= held | self._put_by(), "what is new at the server is not here"

    def _put_by(self) -> set[str]:
        """Return the roots of what is here and not opened yet: nothing of what comes in clear."""
        return set()

    def _compare(self) -> None:
        held = {
            root: (instance, status, review)
            for root, instance, status, review, current in self.far.rows(
                "root_id", "instance_id", "status", "review", "current"
            )
            if current
        }
        (form,) = self.far.world.forms.values()
        for one in form:
            if getattr(one, "deleted", None):
                continue
            instance = one.present.instance_id if self.kind == "central" else one.instance
            review = one.review if self.kind == "central" else one.status.get("uid")
            assert held[one.root][0] == instance, "the present version is not here"
            assert held[one.root][1] in {"ok", "restored"}, "it is there and marked as deleted"
            if self.kind == "kobo" and review:
                review = f"{review}@{one.status['timestamp']}"
            assert plain(held[one.root][2]) == review, "the review is another one"
        for root in self.gone:
            assert held.get(uid(root), ("", "deleted"))[1] == "deleted", "it is gone and not marked"
        files = {one.root: one for one in form if not getattr(one, "deleted", None)}
        for root_id in self._awaited():
            assert not self._has_photo(files.get(root_id)), "a file that is there was not fetched"

    def _awaited(self) -> set[str]:
        """Return roots of present versions whose file is still awaited."""
        from sqlalchemy import select

        from sync_scripts.store.schema.raw import attachment, submission

        joined = (attachment.c.instance_id == submission.c.instance_id) & submission.c.current
        never = attachment.c.state.in_(("announced", "missing"))
        asked = select(submission.c.root_id).join(attachment, joined).where(never)
        with self.far.scene.register.reading() as rows:
            return {row.root_id for row in rows.execute(asked)}

    def _has_photo(self, one: Any) -> bool:
        if one is None:
            return False
        if self.kind == "central":
            return any(data is not None for data in one.files.values())
        return any(not gone for _name, _data, gone in one.files.values())


@pytest.fixture
def tell(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Callable[[str, settings], None]:
    """Return what tells stories about one kind of server."""
    folders = itertools.count()

    def new_far(kind: str) -> Far:
        folder = tmp_path / f"{next(folders)}"
        folder.mkdir()
        (folder / "register.db").write_bytes(template_file.read_bytes())
        here = scene(_world(engine.sqlcipher(folder / "register.db", KEY), holders, folder), folder)
        world: Any = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World()
        world.now = here.now - timedelta(minutes=1)
        return Far(here, kind, world)

    def go(kind: str, how: settings) -> None:
        made = type("Told", (Story,), {"kind": kind, "new_far": staticmethod(lambda: new_far(kind))})
        random.seed(kind)
        run_state_machine_as_test(made, settings=how)

    return go


def _how(examples: int, length: int) -> settings:
    return settings(
        max_examples=examples,
        stateful_step_count=length,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # a story takes seconds: shrinking one would take an hour
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_the_register_becomes_what_the_server_holds(kind: str, tell: Callable[[str, settings], None]) -> None:
    """Some hundred and twenty steps a server."""
    tell(kind, _how(5, 24))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_the_register_becomes_what_the_server_holds_at_length(
    kind: str, tell: Callable[[str, settings], None]
) -> None:
    """More than two thousand steps a server."""
    tell(kind, _how(60, 40))
