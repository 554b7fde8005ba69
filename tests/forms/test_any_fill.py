"""Filled at random by ODK Collect's own engine, every question is reached, and a refusal holds nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from tests import clock
from tests.forms.conftest import GATES, mapped, personal
from tests.forms.phones import (
    OPEN_CASE,
    answers,
    today,
    xform,
)
from xlsform.engine import Habits, Setting, simulate
from xlsform.model import Kind


def days_ahead(rnd: Random) -> str:
    """Draw a day from today on."""
    return (clock.phone_today() + timedelta(days=rnd.randint(0, 60))).isoformat()


def nothing(_: Random) -> str:
    """Leave it empty: the phone has its lists."""
    return ""


def one_of(answers: str) -> Any:
    """Draw one of several answers."""
    return lambda rnd: rnd.choice(answers.split())


HABITS: Mapping[str, Mapping[str, Any]] = {
    "alert": {},
    "closure": {
        "header/case_code_typed": nothing,
        "header/closer_code": one_of("RD-01"),
        "close/supervisor_code": one_of("SU-01 SU-02"),
        "close/pending_legal": one_of("no"),
    },
    "situation": {
        "header/period_start": one_of("2026-01-05"),
        "header/period_end": one_of("2026-01-11 2026-02-01"),
        "context/lockdown_days": one_of("0 2 31"),
        "context/displaced_est": one_of("0 40 3000"),
        "services/svc_service": one_of("health safehouse legal"),
        "services/svc_places": one_of("0 12"),
    },
    "followup": {
        "header/case_code_typed": nothing,
        "intervention/provider_code_typed": nothing,
        "intervention/intervention_no": one_of("1 2 3"),
        "result/next_due": days_ahead,
        "shelter/moved_out": today,
        "shelter/dependants": one_of("0 1 4"),
    },
    "case": {
        "gate/interview_private": one_of("yes yes yes yes yes yes yes yes no"),
        "gate/consent_case": one_of("yes yes yes yes yes yes yes yes no"),
        "consent/c_document": one_of("yes yes yes no"),
        "header/alert_code": one_of("AL-7F3K2M-4"),
        "header/case_code_typed": nothing,
        "header/prior_interviews": one_of("0 1 2"),
        "incident/incident_end": today,
        "incident/chain_code": one_of(OPEN_CASE),
        "victims/group_size": one_of("2 5 40"),
        # each opens one of the sub-groups, or a question of its own
        "acts/violation": one_of("torture exec_summary burning attack_school mass_roundup abduction assault"),
        "acts/medical_exam": one_of("done unknown"),
    },
}
"""Form -> path -> how to draw an answer that a blind draw would miss."""


def on_screen(form_id: str) -> set[str]:
    """Return the paths of what a phone shows."""
    return {"/".join(q.path) for q in mapped(form_id).questions if q.kind in {Kind.QUESTION, Kind.NOTE}}


def simulated(form_id: str, phone: Setting, least: int, most: int) -> tuple[list[bytes], set[str]]:
    """Fill a form at random until everything was met, ``least`` to ``most`` times; return submissions and paths met."""
    submissions: list[bytes] = []
    seen: set[str] = set()
    for seed in range(most):
        if len(submissions) >= least and on_screen(form_id) <= seen:
            break
        made = simulate(xform(form_id), seed, Habits(rules=HABITS[form_id], skip=0.3, rows=2), phone)
        submissions.append(made.submission)
        seen |= made.seen
    return submissions, seen


@pytest.mark.java
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize(
    ("form_id", "least", "most"),
    [
        ("alert", 15, 60),
        ("followup", 15, 60),
        ("case", 15, 60),
        ("closure", 10, 40),
        ("situation", 10, 40),
        pytest.param("alert", 200, 200, marks=pytest.mark.slow),
        pytest.param("followup", 200, 200, marks=pytest.mark.slow),
        pytest.param("case", 200, 200, marks=pytest.mark.slow),
        pytest.param("closure", 200, 200, marks=pytest.mark.slow),
        pytest.param("situation", 200, 200, marks=pytest.mark.slow),
    ],
)
def test_every_question_can_be_reached_and_no_refusal_holds_anything(
    form_id: str, least: int, most: int, phone: Setting
) -> None:
    """Random fills are all valid and meet every question; what a refusal leaves has no answer of level 1 or above."""
    submissions, seen = simulated(form_id, phone, least, most)
    assert on_screen(form_id) - seen == set()
    if form_id in GATES:
        gate, opens = GATES[form_id]
        refusals = [sent for sent in submissions if answers(sent).get(gate) not in opens]
        assert refusals
        for sent in refusals:
            assert personal(form_id, sent) <= {gate}
