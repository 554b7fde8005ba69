"""Who may say who works here and with what roles: a role opens guards and closely kept cases, so it is not taken, it is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from sync_scripts.followup.outbound.gather import SEES_C3, reader
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.workers import (
    OPENING,
    AccountOfOthers,
    CoordinatorNeeded,
    KeyOfAnother,
    LastCoordinator,
)
from sync_scripts.register.directory.staff import name, retire
from sync_scripts.register.history.visibility import coordinates, sealed_from
from sync_scripts.register.model.errors import OwnHandMissing
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.events import KEY_GIVEN, NewEvent
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import CASE_CODE, OWNER, SUPERVISOR, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import COORDINATOR, Field

OTHER = Actor("RD-02", "key")
TYPED = Actor("CO-01", "claimed", hand="RD-01")
Deed = tuple[Callable[..., Any], tuple[Any, ...]]

DEEDS: dict[str, Deed] = {
    "takes the coordination": (name, ("RD-01", ["case_owner", "coordinator"])),
    "takes the supervision": (name, ("RD-01", ["case_owner", "supervisor"])),
    "becomes a deputy": (name, ("RD-01", ["deputy_coordinator"])),
    "names a friend": (name, ("NEW-1", ["supervisor"])),
    "takes the coordination away": (name, ("CO-01", ["trainer"])),
    "takes the supervision away": (name, ("SU-01", ["lawyer"])),
    "retires who signs": (retire, ("SU-01",)),
    "retires a colleague": (retire, ("RD-02",)),
    "takes somebody back": (name, ("OLD-1", ["case_owner"])),
}
"""What opens or closes something, ends somebody's work or takes them back."""


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with a coordinator, a supervisor, two in charge of cases, one who left, and a C4 case."""
    made = begin(register)
    made.do(name, "OLD-1", ["case_owner"])
    made.do(retire, "OLD-1")
    made.do(every_decision.set_confidentiality, CASE_CODE, "C4")
    return made


def hidden(work: Work, who: Actor) -> frozenset[str]:
    """Return the cases of which somebody sees five columns."""
    with work.field.register.reading() as rows:
        return sealed_from(rows, who)


def older(work: Work, code: str, roles: str, *, active: bool = True) -> None:
    """Write what an older version let a typed code write, and what it made of it."""
    said = {"was": None, "roles": roles, "active": active}
    with work.field.register.writing() as rows:
        by = By(rows, TYPED, work.field.later(), draw=work.field.draw)
        by.write(by.event("worker.add", f"worker:{code}", said))
        from sync_scripts.register.model.codes import write_workers

        write_workers(rows)


@pytest.mark.parametrize("who", [OWNER, SUPERVISOR, TYPED], ids=["owner", "supervisor", "typed"])
@pytest.mark.parametrize("what", [one for one in DEEDS if one != "retires who signs"])
def test_who_does_not_coordinate_gives_and_takes_no_role(work: Work, what: str, who: Actor) -> None:
    """Neither by a key of their own nor by the coordinator's code typed; they read whose word it needs, and see no more."""
    deed, words = DEEDS[what]
    said = work.refused(CoordinatorNeeded, deed, *words, by=who)

    assert "whoever coordinates (CO-01)" in said
    assert hidden(work, OTHER) == {CASE_CODE}


@pytest.mark.parametrize("who", [OWNER, TYPED], ids=["owner", "typed"])
def test_who_does_not_coordinate_does_not_retire_the_one_who_signs(work: Work, who: Actor) -> None:
    """Somebody who had to look at a closure stays there to look at it."""
    deed, words = DEEDS["retires who signs"]
    work.refused(CoordinatorNeeded, deed, *words, by=who)


@pytest.mark.parametrize("what", [one for one in DEEDS if one != "takes the coordination away"])
def test_who_coordinates_gives_and_takes_roles(work: Work, what: str) -> None:
    """By a key of their own; a rebuild comes to the same."""
    deed, words = DEEDS[what]
    work.do(deed, *words)

    assert work.events()[-1].op == "worker.add"


def test_what_opens_nothing_is_written_down_by_anybody(work: Work) -> None:
    """A new colleague without such a role, and other roles that open nothing, as before."""
    for code, roles in (("NEW-2", ["case_owner"]), ("RD-02", ["lawyer"])):
        work.do(name, code, roles, by=TYPED)
        assert work.events()[-1].actor == TYPED


def test_somebody_always_coordinates(work: Work) -> None:
    """The last one goes only after another was named; they read how."""
    taken = work.refused(LastCoordinator, name, "CO-01", ["trainer"])
    work.do(name, "CO-02", ["coordinator"])
    work.do(name, "CO-01", ["trainer"])
    alone = work.refused(LastCoordinator, name, "CO-02", ["trainer"], by=Actor("CO-02", "key"))

    assert "dikalo people add CODE --role coordinator" in taken
    assert "CO-02 is the only one" in alone
    work.refused(CoordinatorNeeded, retire, "CO-02")


def test_the_first_one_is_named_freely_by_whoever_is_there(sqlite_register: Register) -> None:
    """With a key of their own: until then everybody coordinates."""
    work = Work(Field(sqlite_register))
    work.do(name, "RD-09", ["case_owner"])
    for deed, words in ((name, ("CO-01", ["coordinator"])), (retire, ("RD-09",))):
        work.refused(OwnHandMissing, deed, *words, by=TYPED)
    work.do(name, "CO-01", ["coordinator"], by=OTHER)
    work.refused(CoordinatorNeeded, name, "CO-02", ["coordinator"], by=OTHER)


def test_a_coordination_that_an_older_version_let_go_opens_nothing(work: Work) -> None:
    """The event stands as it was written; nobody sees more by it, and whoever is there names another one."""
    older(work, "CO-01", "trainer")

    for who in (COORDINATOR, OTHER):
        assert hidden(work, who) == {CASE_CODE}
    assert work.sound()
    work.do(name, "CO-02", ["coordinator"], by=SUPERVISOR)
    assert hidden(work, Actor("CO-02", "key")) == frozenset()


def test_who_no_longer_works_here_coordinates_no_more(work: Work) -> None:
    """Neither in what is shown nor in a workbook."""
    work.do(name, "CO-02", ["coordinator"])
    work.do(retire, "CO-01", by=Actor("CO-02", "key"))

    with work.field.register.reading() as rows:
        assert not coordinates(rows, COORDINATOR)
        assert not reader(rows, "CO-01").sees_c3
    work.refused(CoordinatorNeeded, name, "CO-01", ["coordinator"])


def test_a_passphrase_that_somebody_else_gave_gives_no_role(work: Work) -> None:
    """Whoever sets the coordinator's passphrase does not coordinate by that; the coordinator's own one does."""
    with work.field.register.writing() as rows:
        given = NewEvent(KEY_GIVEN, "worker:CO-01", OWNER)
        store_events.append(rows, [given], work.field.later())
    said = work.refused(KeyOfAnother, name, "RD-01", ["coordinator"])
    with work.field.register.writing() as rows:
        store_events.append(rows, [NewEvent(KEY_GIVEN, "worker:CO-01", COORDINATOR)], work.field.later())
    work.do(name, "RD-01", ["coordinator"])

    assert "RD-01 set the passphrase of CO-01" in said


@pytest.mark.parametrize("world", ["postgresql"], indirect=True)
def test_through_a_colleague_s_account_nobody_coordinates(work: Work) -> None:
    """Whoever writes the coordinator's code into the keys of their own laptop still has their own account of the database."""
    work.do(every_decision.set_note, CASE_CODE, "Asked", by=OWNER)

    def through(account: str) -> None:
        with work.field.register.writing() as rows:
            rows.execute(text(f'SET LOCAL SESSION AUTHORIZATION "{account}"'))
            name(By(rows, COORDINATOR, work.field.later(), draw=work.field.draw), "RD-01", ["coordinator"])

    with pytest.raises(AccountOfOthers) as refused:
        through("RD-01")
    through("CO-01")

    assert "RD-01 wrote through the account" in refused.value.words()


def test_the_commands_say_whose_word_it_needs(work: Work, run: Callable[..., dict[str, Any]]) -> None:
    """By a key of one's own, and by a code that is typed; a dry run says the same."""
    for words in (
        ("people", "add", "RD-01", "--role", "coordinator"),
        ("people", "add", "CO-01", "--role", "trainer"),
        ("people", "retire", "SU-01"),
        ("people", "retire", "SU-01", "--dry-run"),
    ):
        assert run(*words, by=OWNER, expect=4)["code"] == "DK-B06"
    assert run("people", "add", "CO-01", "--role", "trainer", expect=1)["code"] == "DK-B07"
    assert [row["roles"] for row in work.field.rows(tables.worker) if row["code"] == "CO-01"] == [
        "coordinator"
    ]


def test_every_role_that_shows_more_in_a_workbook_is_guarded() -> None:
    """A role that begins to open something is given by who coordinates, too."""
    assert SEES_C3 <= OPENING
