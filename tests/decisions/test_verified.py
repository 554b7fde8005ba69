"""``verified`` is said of an incident with two independent sources, or with one piece of evidence; never for less."""

from __future__ import annotations

from typing import Any

import pytest

from sync_scripts.register.lifecycle.errors import GuardFails, MoveNotListed
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.field import CASE, changed

PHOTO = {"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "no"}


def informed(work: Work, *relations: str, proofs: int = 0, **incident: Any) -> None:
    """Let a version of the interview come with these sources and pieces of evidence."""
    sources = [
        {"source_uid": f"s{number}", "source_no": number, "source_relation": one}
        for number, one in enumerate(relations, 1)
    ]
    said: dict[str, Any] = {
        "header": {"alert_code": ALERT_CODE},
        "sources_any": "yes" if sources else "no",
        "sources": sources,
        "evidence_any": "yes" if proofs else "no",
        "evidence": [PHOTO | {"evidence_uid": f"e{number}"} for number in range(1, proofs + 1)],
        **incident,
    }
    work.field.send("case", "c1", changed(CASE, said), edit=work.field.arrived)


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case, of which no source is known."""
    return begin(register)


def flags(work: Work) -> list[str]:
    """Return the codes of the open flags of the kind."""
    rows = work.field.rows(tables.flag)
    found = [row["code"] for row in rows if row["resolved_at"] is None]
    return [one for one in found if one == "verified_unsupported"]


@pytest.mark.parametrize(
    ("relations", "proofs", "passes"),
    [
        ((), 0, False),
        (("victim",), 0, False),
        (("victim", "witness"), 0, True),
        (("witness", "witness"), 0, True),
        ((), 1, True),
        (("media",), 1, True),
    ],
)
def test_verified_asks_for_two_sources_or_a_piece_of_evidence(
    work: Work, relations: tuple[str, ...], proofs: int, *, passes: bool
) -> None:
    """Two people count as two, whoever they are; the refusal says what would be needed."""
    informed(work, *relations, proofs=proofs)
    if passes:
        work.do(every_decision.verify, CASE_CODE, "verified", reason="Checked")
        assert work.field.one(tables.incident)["verified_by"] == "CO-01"
    else:
        words = work.refused(GuardFails, every_decision.verify, CASE_CODE, "verified", reason="Checked")
        assert "two independent sources" in words
        work.do(every_decision.verify, CASE_CODE, "likely", reason="One witness")


def test_a_piece_of_evidence_that_was_erased_shows_nothing(work: Work) -> None:
    """Nor one that did not come as it was sent; the incident that rested on it is to be looked at again."""
    informed(work, proofs=1)
    work.do(every_decision.verify, CASE_CODE, "verified", reason="A photo")
    assert flags(work) == []
    said = {"uid": "e1", "evidence": "E1", "was": "retained", "to": "purged"}
    with every_decision.deciding(work.field.register, work.events()[0].actor, work.field.later()) as by:
        by.write(by.event("evidence.move", f"case:{CASE_CODE}", said))
    assert flags(work) == ["verified_unsupported"]
    work.do(every_decision.verify, CASE_CODE, "likely", reason="The photo is gone")
    work.refused(GuardFails, every_decision.verify, CASE_CODE, "verified", reason="Checked")

    assert flags(work) == []


def test_what_a_form_calls_verified_is_looked_at(work: Work) -> None:
    """A code on a form opens no guard: what it says is shown, with a remark until the sources are there."""
    informed(work, "victim", verified={"verification": "verified"})
    assert flags(work) == ["verified_unsupported"]
    informed(work, "victim", "witness", verified={"verification": "verified"})

    assert flags(work) == []


def test_no_correction_makes_an_incident_verified(work: Work) -> None:
    """It is decided, by the command that asks for the sources."""
    words = work.refused(
        every_decision.DecidedNotCorrected,
        every_decision.correct,
        CASE_CODE,
        "incident.verification",
        "verified",
        reason="x",
    )
    assert "cases verify" in words


def test_an_incident_is_not_said_twice_to_be_what_it_is(work: Work) -> None:
    """A decision changes something."""
    work.do(every_decision.verify, CASE_CODE, "likely", reason="One witness")
    words = work.refused(MoveNotListed, every_decision.verify, CASE_CODE, "likely", reason="Again")

    assert "Verified" in words
