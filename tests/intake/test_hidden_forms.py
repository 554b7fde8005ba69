"""A form that the account of a server no longer sees: nothing is known of it, and that is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from sync_scripts.cli.inflow.pull import pull_lines, verify_lines
from sync_scripts.intake.completeness.proof import words
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import FormHidden
from sync_scripts.intake.pull import Pulled, pull
from sync_scripts.intake.report import Verified
from sync_scripts.servers.base import Server
from tests.contract import central_world, kobo_world, test_central, test_kobo
from tests.intake.scene import COORDINATOR, Scene, draw
from tests.intake.test_servers import Far

OTHER = "aFormulaireInvente00002"


class Account:
    """A far server whose account sees the forms of `shown`, and settings that name `wanted` and `beside`."""

    def __init__(self, one: Scene, kind: str) -> None:
        """Begin with two forms, of which the second has nothing in it."""
        self.first = "alert" if kind == "central" else kobo_world.FORM
        forms: dict[str, list[Any]] = {self.first: [], OTHER: []}
        world: Any = central_world.World(forms=forms) if kind == "central" else kobo_world.World(forms=forms)
        world.now = one.now - timedelta(hours=2)
        self.far, self.kind, self.one = Far(one, kind, world), kind, one
        self.shown: list[str] = [self.first, OTHER]
        self.wanted: tuple[str, ...] = ()
        self.beside: tuple[str, ...] = ()
        world.knob = self._list
        self.far.send(1)

    def _list(self, request: httpx.Request) -> httpx.Response | None:
        if request.url.path == "/api/v2/assets/":
            found = [{"uid": one, "name": one} for one in self.shown]
            return httpx.Response(
                200, json={"count": len(found), "next": None, "previous": None, "results": found}
            )
        if request.url.path.endswith(f"/projects/{central_world.PROJECT}/forms"):
            return httpx.Response(200, json=[{"xmlFormId": one} for one in self.shown])
        return None

    @property
    def server(self) -> Server:
        """Our client, as the settings would make it."""
        if self.kind == "central":
            return replace(test_central.source(self.far.world, wanted=self.wanted), beside=self.beside)
        return replace(test_kobo.source(self.far.world, wanted=self.wanted), beside=self.beside)

    def pull(self, *, dry_run: bool = False) -> Pulled:
        """Pull, an hour later."""
        self.far.wait(1)
        way = replace(self.one.way, clock=lambda: self.one.now, draw=draw, dry_run=dry_run)
        return pull(self.one.register, [self.server], COORDINATOR, way)

    def verify(self, *, deep: bool = False) -> Verified:
        """Compare with the register."""
        return verify(self.one.register, [self.server], deep=deep)


@pytest.fixture(params=["central", "kobo"])
def account(request: pytest.FixtureRequest, one: Scene) -> Account:
    """Return an account that sees two forms, both pulled once."""
    made = Account(one, request.param)
    done = made.pull()
    assert (done.failure, done.report.needs_person) == (None, False)
    assert done.report.proofs[0].holds
    return made


def noted(done: Pulled) -> int:
    """Return how many forms a pull called hidden; each is a reason to look."""
    count = dict(done.report.notes).get(FormHidden.code, 0)
    assert (done.failure, done.report.needs_person) == (None, bool(count))
    return count


@pytest.mark.parametrize("hour", [1, 30])
def test_a_form_that_is_not_seen_any_more_is_told_of(account: Account, hour: float) -> None:
    """Archived, in the trash, or closed to the account: at every pull, compared or not, and by verify; nothing is marked."""
    account.far.wait(hour)
    account.far.send(2)
    account.shown.remove(account.first)
    for _time in range(2):
        done = account.pull()
        assert noted(done) == 1
        (found,) = done.report.proofs
        assert (found.hidden, found.holds) == ((account.first,), False)
        assert any(line.startswith("No proof") and account.first in line for line in pull_lines(done.report))
    checked = account.verify()

    assert checked.hidden == ((account.server.name, account.first),)
    assert any("not seen any more" in line for line in verify_lines(checked))
    assert [state for (state,) in account.far.rows("status")] == ["ok"]


def test_a_form_without_a_submission_is_missed_too(account: Account) -> None:
    """What was sent with it since would be as lost."""
    account.shown.remove(OTHER)

    assert noted(account.pull()) == 1
    assert [form for _server, form in account.verify().hidden] == [OTHER]


def test_an_account_that_sees_nothing_any_more(account: Account) -> None:
    """It is known, and all its rights are gone: not "nothing new"."""
    account.shown.clear()
    done = account.pull()

    assert noted(done) == 2
    assert words(done.report.proofs[0]).endswith(
        f"Forms not seen any more, of which nothing is known: {', '.join(sorted([account.first, OTHER]))}."
    )
    assert len(account.verify(deep=True).hidden) == 2


def test_a_dry_run_says_so_too(account: Account) -> None:
    """Before anything is written."""
    account.shown.remove(account.first)

    assert noted(account.pull(dry_run=True)) == 1


def test_a_form_that_is_seen_again_is_told_of_no_more(account: Account) -> None:
    """And what was sent meanwhile comes."""
    account.shown.remove(account.first)
    account.pull()
    account.far.send(2)
    account.shown.append(account.first)
    done = account.pull()

    assert (noted(done), done.report.new, account.verify().hidden) == (0, 1, ())


def test_forms_that_the_settings_leave_out_are_not_missed(account: Account) -> None:
    """Named forms are a person's decision; one that is some team's is missed."""
    account.wanted = (account.first,)
    account.shown.remove(OTHER)
    assert noted(account.pull()) == 0
    assert account.verify().hidden == ()
    account.beside = (OTHER,)

    assert noted(account.pull()) == 1
