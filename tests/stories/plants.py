"""Mistakes in case work, planted one at a time: each makes a named test fail.

Loaded with ``pytest -p tests.stories.plants`` and the variable below; without it nothing happens. Mistakes about links,
consent and tiers are planted in ``tests/register/test_planted.py``, those of a spreadsheet that comes back in
``tests/followup/test_plants.py``, those of a pull in ``tests/intake/plants.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.followup import deciding, importing, settling
from sync_scripts.publish import leaving
from sync_scripts.register import clocks, decisions, records
from sync_scripts.servers.central import source as central
from sync_scripts.store import engine
from sync_scripts.store.schema import register as tables

__all__ = ["PLANTS", "VARIABLE"]

VARIABLE: Final = "PLANTED_IN_STORIES"
alerts, moves, proposals = (
    import_module(f"sync_scripts.register.decisions.{name}") for name in ("alerts", "moves", "proposals")
)
flush = import_module("sync_scripts.notify.flush")  # the packages give functions of these names
STORY: Final = "tests/stories/test_six_weeks.py"
PLANTS: dict[str, tuple[Callable[[], None], str]] = {}
"""Name -> how it is planted, and the test that must fail."""


def _swap(holder: Any, **new: Any) -> None:
    """Put other things in place of what a module or class holds."""
    for name, value in new.items():
        assert hasattr(holder, name), f"{name} is called otherwise by now"
        setattr(holder, name, value)


def _caught_by(test: str) -> Callable[[Callable[[], None]], Callable[[], None]]:
    def plant(function: Callable[[], None]) -> Callable[[], None]:
        PLANTS[function.__name__] = function, test
        return function

    return plant


# --- law and medicine ---------------------------------------------------------------------------------------------


def _custody_late() -> None:
    real = clocks.custody

    def late(*given: Any) -> clocks.CustodyClock:
        made = real(*given)
        return replace(made, limits=tuple(limit + timedelta(hours=24) for limit in made.limits))

    _swap(clocks, custody=late)


@_caught_by("tests/register/test_critical.py::test_custody_is_watched_before_each_limit")
def a_clock_later_than_the_law() -> None:
    """A day of grace is given before each limit of a custody."""
    _custody_late()


@_caught_by(STORY)
def a_clock_later_than_the_law_in_the_story() -> None:
    """The same, seen by the one who remembers when people were arrested."""
    _custody_late()


@_caught_by("tests/register/test_interventions.py::test_a_health_referral_is_due_before_the_clinical_limit")
def a_referral_later_than_medicine() -> None:
    """The time frame that the form names is taken as it is."""
    _swap(clocks, capped=lambda due_at, _limits, _start: due_at)


@_caught_by(STORY)
def care_counted_from_the_end_of_the_day() -> None:
    """The hour of a rape is not known, and the latest is taken where the earliest must be."""
    real = clocks.act_time
    _swap(clocks, act_time=lambda *given: real(*given) + timedelta(hours=23))


@_caught_by(STORY)
def a_clock_that_starts_at_the_laptop() -> None:
    """Nine days without network are given to everybody who had to be reached meanwhile."""
    real = central.Central._sightings
    _swap(
        central.Central,
        _sightings=lambda self, *given: (
            msgspec.structs.replace(one, received_at=None) for one in real(self, *given)
        ),
    )


# --- people decide ------------------------------------------------------------------------------------------------


@_caught_by("tests/register/test_decisions.py::test_lowering_needs_a_reason")
def an_urgency_lowered_without_a_reason() -> None:
    """Nobody is asked why."""
    _swap(alerts, check_lowering=lambda *_given: None)


@_caught_by("tests/decisions/test_two_people.py::test_one_person_is_never_two")
def one_person_signs_for_two() -> None:
    """Who proposed is not compared with who signs."""
    _swap(proposals, same_worker=lambda *_given: False)


@_caught_by(STORY)
def an_urgent_alert_dismissed_by_one() -> None:
    """The proposal is decided as it is made."""
    real = alerts.dismiss

    def hasty(by: Any, alert: str, reason: str) -> Any:
        done = real(by, alert, reason)
        if done.proposal is not None:
            proposals.SIGNERS["alert.dismiss"](by, proposals.find(by.rows, done.proposal))
        return done

    _swap(decisions, dismiss=hasty)


@_caught_by(STORY)
def a_merge_that_forgets_the_other_case() -> None:
    """The case that was given up stays open beside the kept one."""
    real = moves.merge

    def forgetful(by: Any, case: str, into: str, *, reason: str = "") -> Any:
        return real(by, into, case, reason=reason)

    _swap(decisions, merge=forgetful)


# --- what leaves --------------------------------------------------------------------------------------------------


@_caught_by("tests/daily/test_notices.py::test_no_canary_of_a_register_is_in_what_leaves")
def a_notice_with_a_case_code() -> None:
    """So that whoever is woken finds the case quickly."""
    real = flush._delivered

    def helpful(register: Any, name: str, text: str, send: Any) -> Any:
        with register.reading() as rows:
            codes = rows.execute(select(tables.case.c.case_code)).scalars().all()
        return real(register, name, f"{text} {' '.join(codes[:1])}", send)

    _swap(flush, _delivered=helpful)


@_caught_by(STORY)
def a_case_that_withdrew_stays_on_the_phones() -> None:
    """Only whether it is open is asked."""
    real = leaving.may_leave

    def generous(case: Any, to: Any) -> Any:
        return real(replace(case, stopped=False), to)

    _swap(leaving, may_leave=generous)


@_caught_by(STORY)
def an_answer_that_is_not_sealed() -> None:
    """Coordinates count as a region does."""
    real = records._Leaf.__init__

    def lenient(self: Any, asked: Any, *more: Any) -> None:
        real(self, asked, *more)
        self.sealed = self.sealed and asked.type != "geopoint"

    _swap(records._Leaf, __init__=lenient)


# --- what comes back ----------------------------------------------------------------------------------------------


@_caught_by(STORY)
def an_expired_workbook_is_taken_in_silence() -> None:
    """The day until which it may come back is not looked at."""
    real = deciding.file_rule
    _swap(importing, file_rule=lambda **said: real(**{**said, "expired": False}))


@_caught_by(STORY)
def the_last_one_wins() -> None:
    """A field that was changed here meanwhile is overwritten by the file."""
    real = deciding.decide
    _swap(settling, decide=lambda asked, _base, now, mine: real(asked, now, now, mine))


@_caught_by("tests/stories/test_two_coordinators.py")
def writers_do_not_wait_for_each_other() -> None:
    """Two transactions of a shared register read before either has written."""
    _swap(engine, _begin_postgresql=lambda _connection: None)


if os.environ.get(VARIABLE):
    PLANTS[os.environ[VARIABLE]][0]()
