"""Mistakes in case work, planted one at a time: each makes a named test fail.

Loaded with ``pytest -p tests.stories.plants`` and the variable below; without it nothing happens. Mistakes about links,
consent and tiers are planted in ``tests/register/test_planted.py``, those of a spreadsheet that comes back in
``tests/followup/test_plants.py``, those of a pull in ``tests/intake/plants.py``.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.followup.inbound import cell_decisions, cell_rules, importing
from sync_scripts.publish import audiences
from sync_scripts.register.case import courts, custody, medical_limits, response
from sync_scripts.register.forms import record_reader
from sync_scripts.register.obligations import upkeep
from sync_scripts.register.rules import clocks
from sync_scripts.servers.central import source as central
from sync_scripts.store import engine
from sync_scripts.store.schema import register as tables
from tests.stories.swapping import swap

VARIABLE: Final = "PLANTED_IN_STORIES"
alerts, moves, proposals = (
    import_module(f"sync_scripts.register.{name}")
    for name in ("alert_decisions.alerts", "case_decisions.moves", "decisions.proposals")
)
flush = import_module("sync_scripts.notify.sending")  # the packages give functions of these names
STORY: Final = "tests/stories/test_six_weeks.py"
PLANTS: dict[str, tuple[Callable[[], None], str]] = {}
"""Name -> how it is planted, and the test that must fail."""


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

    swap(clocks, custody=late)


@_caught_by("tests/register/test_critical.py::test_custody_is_watched_before_each_limit")
def a_clock_later_than_the_law() -> None:
    """A day of grace is given before each limit of a custody."""
    _custody_late()


@_caught_by(STORY)
def a_clock_later_than_the_law_in_the_story() -> None:
    """The same, seen by the one who remembers when people were arrested."""
    _custody_late()


@_caught_by("tests/register/test_facts.py::test_a_health_referral_is_due_before_the_clinical_limit")
def a_referral_later_than_medicine() -> None:
    """The time frame that the form names is taken as it is."""
    swap(clocks, capped=lambda due_at, _limits, _start: due_at)


@_caught_by(STORY)
def care_counted_from_the_end_of_the_day() -> None:
    """The hour of a rape is not known, and the latest is taken where the earliest must be."""
    real = clocks.act_time
    swap(clocks, act_time=lambda *given: real(*given) + timedelta(hours=23))


@_caught_by(STORY)
def a_clock_that_starts_at_the_laptop() -> None:
    """Nine days without network are given to everybody who had to be reached meanwhile."""
    real = central.Central._sightings
    swap(
        central.Central,
        _sightings=lambda self, *given: (
            msgspec.structs.replace(one, received_at=None) for one in real(self, *given)
        ),
    )


EARLY: Final = "tests/register/test_ends_too_early.py"


@_caught_by("tests/decisions/test_limits.py::test_care_of_one_woman_is_none_of_another")
def care_of_one_for_all() -> None:
    """A service ends the reminders of whoever is in the case."""
    _care_for_all()


@_caught_by(STORY)
def care_of_one_for_all_in_the_story() -> None:
    """The same, seen by the one who remembers that the second woman was never cared for."""
    _care_for_all()


def _care_for_all() -> None:
    real = medical_limits.served

    def generous(service: str, victims: Any, since: str, ended: Any) -> str | None:
        anybody = {uid for uid, _service in ended}
        ends = [at for uid in anybody if (at := real(service, [uid], since, ended)) is not None]
        return min(ends, default=None)

    swap(medical_limits, served=generous)


@_caught_by("tests/decisions/test_limits.py::test_care_of_before_an_act_is_none_for_it")
def care_of_before_counts() -> None:
    """When a service was given is not compared with the act."""
    real = medical_limits.served
    swap(medical_limits, served=lambda service, victims, _since, ended: real(service, victims, "", ended))


@_caught_by(f"{EARLY}::test_care_ends_when_everybody_was_cared_for_after_the_act")
def care_of_the_first_of_several_is_enough() -> None:
    """An act against two ends with the first of them."""
    real = medical_limits.served

    def first(service: str, victims: Any, since: str, ended: Any) -> str | None:
        ends = [at for one in victims if (at := real(service, [one], since, ended)) is not None]
        return min(ends, default=None)

    swap(medical_limits, served=first)


@_caught_by("tests/register/test_custody_ends.py::test_a_day_that_cannot_be_the_end_ends_nothing")
def an_end_of_custody_that_cannot_be() -> None:
    """Any day on the form is believed."""
    swap(custody, _can_be=lambda *_given: True)


@_caught_by(STORY)
def an_end_of_custody_that_was_promised() -> None:
    """The same, seen by the one who knows that nobody was brought anywhere."""
    swap(custody, _can_be=lambda *_given: True)


@_caught_by(
    "tests/register/test_custody_ends.py::test_what_was_planned_without_network_is_no_end_when_it_arrives"
)
def a_plan_that_becomes_an_end_on_its_way() -> None:
    """The day on which a form was filled is taken for that on which it arrived."""
    swap(custody, _filled=lambda _filed, told: told)


@_caught_by(
    "tests/register/test_custody_ends.py::test_an_arrest_still_to_come_counts_from_the_form_that_tells_of_it"
)
def a_clock_that_starts_in_the_future() -> None:
    """The day of the arrest is taken as it is."""
    began = lambda _filed, row: datetime.fromisoformat(row["arrested_at"])  # noqa: E731 - a plant
    swap(custody, started=began)


@_caught_by(f"{EARLY}::test_a_hearing_is_recalled_until_something_is_said_of_it")
def any_step_before_an_unnamed_court_is_the_hearing() -> None:
    """As it was once."""
    real = courts._same_court
    swap(courts, _same_court=lambda one, other: real(one, other) or one["court"] in {None, "unknown"})


@_caught_by("tests/register/test_critical.py::test_no_other_step_ends_a_hearing_before_its_day")
def any_step_before_the_court_is_the_hearing() -> None:
    """An application for bail is taken for it."""
    swap(courts, _OVER=frozenset({"judgment", "withdrawn", "bail", "complaint_prosecutor"}))


@_caught_by("tests/register/test_appeals.py::test_an_appeal_ends_with_a_step_about_that_judgment")
def an_appeal_before_another_court() -> None:
    """Which court a step names is not asked."""
    swap(courts, _same_court=lambda _one, _other: True)


@_caught_by(f"{EARLY}::test_a_source_is_looked_after_by_a_visit_that_could_know_of_the_danger")
def a_visit_of_before_the_danger() -> None:
    """A visit counts by its arrival, not by when it was made."""
    real = upkeep.sources_in_danger

    def late(filed: Any, visits: Any, *more: Any) -> Any:
        return real(filed, [msgspec.structs.replace(one, ended=one.received[0]) for one in visits], *more)

    swap(upkeep, sources_in_danger=late)


@_caught_by(
    "tests/register/test_facts.py"
    "::test_no_later_visit_and_no_day_to_come_moves_a_health_referral_behind_its_limit"
)
def a_later_visit_gives_more_time() -> None:
    """The day that was typed last is when the service was asked for."""
    real = response._due

    def lenient(one: Any, *more: Any) -> Any:
        one.waits_since = one.requested_at
        return real(one, *more)

    swap(response, _due=lenient)


# --- people decide ------------------------------------------------------------------------------------------------


@_caught_by("tests/register/test_decisions.py::test_lowering_needs_a_reason")
def an_urgency_lowered_without_a_reason() -> None:
    """Nobody is asked why."""
    swap(alerts, check_lowering=lambda *_given: None)


@_caught_by("tests/decisions/test_two_people.py::test_one_person_is_never_two")
def one_person_signs_for_two() -> None:
    """Who proposed is not compared with who signs."""
    swap(proposals, same_worker=lambda *_given: False)


@_caught_by(STORY)
def an_urgent_alert_dismissed_by_one() -> None:
    """The proposal is decided as it is made."""
    real = alerts.dismiss

    def hasty(by: Any, alert: str, reason: str) -> Any:
        done = real(by, alert, reason)
        if done.proposal is not None:
            proposals.SIGNERS["alert.dismiss"](by, proposals.find(by.rows, done.proposal))
        return done

    swap(alerts, dismiss=hasty)


@_caught_by(STORY)
def a_merge_that_forgets_the_other_case() -> None:
    """The case that was given up stays open beside the kept one."""
    real = moves.merge

    def forgetful(by: Any, case: str, into: str, *, reason: str = "") -> Any:
        return real(by, into, case, reason=reason)

    swap(moves, merge=forgetful)


# --- what leaves --------------------------------------------------------------------------------------------------


@_caught_by("tests/daily/test_notices.py::test_no_canary_of_a_register_is_in_what_leaves")
def a_notice_with_a_case_code() -> None:
    """So that whoever is woken finds the case quickly."""
    real = flush._delivered

    def helpful(register: Any, name: str, text: str, send: Any) -> Any:
        with register.reading() as rows:
            codes = rows.execute(select(tables.case.c.case_code)).scalars().all()
        return real(register, name, f"{text} {' '.join(codes[:1])}", send)

    swap(flush, _delivered=helpful)


@_caught_by(STORY)
def a_case_that_withdrew_stays_on_the_phones() -> None:
    """Only whether it is open is asked."""
    real = audiences.may_leave

    def generous(case: Any, to: Any) -> Any:
        return real(replace(case, stopped=False), to)

    swap(audiences, may_leave=generous)


@_caught_by(STORY)
def an_answer_that_is_not_sealed() -> None:
    """Coordinates count as a region does."""
    real = record_reader._Leaf.__init__

    def lenient(self: Any, asked: Any, *more: Any) -> None:
        real(self, asked, *more)
        self.sealed = self.sealed and asked.type != "geopoint"

    swap(record_reader._Leaf, __init__=lenient)


# --- what comes back ----------------------------------------------------------------------------------------------


@_caught_by(STORY)
def an_expired_workbook_is_taken_in_silence() -> None:
    """The day until which it may come back is not looked at."""
    real = cell_rules.file_rule
    swap(importing, file_rule=lambda **said: real(**{**said, "expired": False}))


@_caught_by(STORY)
def the_last_one_wins() -> None:
    """A field that was changed here meanwhile is overwritten by the file."""
    real = cell_rules.decide
    swap(cell_decisions, decide=lambda asked, _base, now, mine: real(asked, now, now, mine))


@_caught_by("tests/stories/test_two_coordinators.py")
def writers_do_not_wait_for_each_other() -> None:
    """Two transactions of a shared register read before either has written."""
    swap(engine, _begin_postgresql=lambda _connection: None)


if os.environ.get(VARIABLE):
    PLANTS[os.environ[VARIABLE]][0]()
