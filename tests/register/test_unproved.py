"""What was opened before its files came is seen as such, and shows nothing until they prove it."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.register.case.case_decisions import support
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.field import COORDINATOR, Field, dealt
from tests.register.test_evidence_consent import sent


def came(field: Field, how: str | None) -> None:
    """Let the interview have come in this way."""
    with field.register.writing() as rows:
        rows.execute(update(raw.submission).values(encryption=how))
        build.apply(rows, [("case", "c1")], field.draw, field.later())


@pytest.mark.parametrize(
    ("how", "integrity", "proofs"),
    [
        (None, None, 1),
        ("whole", "ok", 1),
        ("beside", "ok", 1),
        ("clear", None, 1),
        ("provisional", "pending", 0),
        ("broken", "mismatch", 0),
    ],
)
def test_evidence_is_as_good_as_the_submission_it_came_in(
    register: Register, how: str | None, integrity: str | None, proofs: int
) -> None:
    """Of what came in the clear nothing is known; what is not proved supports no incident and is never sealed."""
    field = Field(register)
    sent(field)
    came(field, how)
    (row,) = field.rows(tables.evidence)

    assert row["integrity"] == integrity
    assert support(row["incident_id"], [], [{**row}])["proofs"] == proofs
    assert not rebuild.check(field.register, field.now).differing


@pytest.mark.parametrize("how", ["provisional", "broken"])
def test_unproved_evidence_is_not_sealed(register: Register, how: str) -> None:
    """Not even once a commitment stands beside it."""
    field = Field(register)
    sent(field)
    came(field, how)
    with field.register.writing() as rows:
        rows.execute(update(tables.evidence).values(commitment="c" * 64))

    with pytest.raises(GuardFails), deciding(field.register, COORDINATOR, field.later()) as by:
        every_decision.move_evidence(by, dealt(0, "DK"), "E1", "sealed")

    came(field, "whole")
    with field.register.writing() as rows:
        rows.execute(update(tables.evidence).values(commitment="c" * 64))
    with deciding(field.register, COORDINATOR, field.later()) as by:
        assert every_decision.move_evidence(by, dealt(0, "DK"), "E1", "sealed").now == "sealed"
