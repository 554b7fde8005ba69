"""Requests to close a case, and what was decided on them: from when to when somebody is asked, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from sync_scripts.register.case.case_decisions import closures_asked, request_of
from sync_scripts.register.lifecycle.replay import CaseNow, case_now
from sync_scripts.store.canonical import moment
from sync_scripts.store.events import Event
from tests.register.field import COORDINATOR

MINE = "closure:m"


def at(day: int) -> str:
    """Return an instant."""
    return f"2026-11-{day:02}T08:00:00.000000Z"


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        (CaseNow(state="follow_up"), [None]),
        (CaseNow(state="closed", left_at=at(9)), [at(9)]),
        (CaseNow(state="closed", left_at=at(5)), [at(5)]),
        (CaseNow(state="transferred", left_at=at(4)), []),
        (CaseNow(state="follow_up", left_at=at(4)), [None]),
        (CaseNow(state="closure_pending", asks=((at(6), MINE),)), [at(6)]),
        (CaseNow(state="closure_pending", asks=((at(6), "closure:other"),)), [None]),
        (CaseNow(state="reopened", answers=((at(7), "approved", None),)), [at(7)]),
        (CaseNow(state="reopened", answers=((at(4), "approved", None),)), [None]),
        (CaseNow(state="follow_up", answers=((at(7), "refused", None),)), [None]),
    ],
    ids=[
        "in an open case it is asked about",
        "until the case is left",
        "that came at that very instant is done with it",
        "that came after the case was left opens nothing",
        "in a case that was left once and is open again",
        "until it is put before a second person",
        "another one was",
        "a closure since ends it",
        "a closure before does not",
        "nor a refusal of another one",
    ],
)
def test_a_request_is_asked_about(now: CaseNow, asked: list[str | None]) -> None:
    """Of a form that came on the fifth: whether somebody is asked, and until when."""
    form: Any = SimpleNamespace(key="m", number=1, received=(moment(at(5)), moment(at(5))))
    assert request_of(form) == MINE
    assert [one.done_at for one in closures_asked([form], now)] == asked


@pytest.mark.parametrize(
    ("moves", "answers"),
    [
        (["closure_pending", "closed"], ["approved"]),
        (["closure_pending", "follow_up"], ["refused"]),
        (["closure_pending", "follow_up", "closure_pending", "closed"], ["refused", "approved"]),
        (["closure_pending", "suspended"], []),
        (["closure_pending", "transferred"], []),
        (["intervention", "follow_up"], []),
    ],
    ids=[
        "approved",
        "refused",
        "refused, then approved",
        "suspended",
        "handed over",
        "no closure was asked for",
    ],
)
def test_what_was_decided_on_a_closure(moves: Sequence[str], answers: list[str]) -> None:
    """Only a closure or a way back from one that waits decides on it."""
    said = [
        Event(
            "w",
            n,
            at(n),
            "case.move",
            "case:X",
            {"to": to, "request": MINE, "review_on": "2026-12-01"},
            COORDINATOR,
            "",
        )
        for n, to in enumerate(moves, 1)
    ]
    assert [what for _at, what, _request in case_now(said).answers] == answers
