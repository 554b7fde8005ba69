"""A whole case is handed over when everybody documented in it agreed: never asked is no, taken out is not asked."""

from __future__ import annotations

from datetime import date

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.doors import may_transfer
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.store.database import Register
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, begin
from tests.purging.ground import Ground
from tests.purging.shared import shared
from tests.register.field import CASE, changed, victim


def goes(ground: Ground, code: str) -> bool:
    """Tell whether a case may be handed to another organisation."""
    with ground.scene.register.reading() as rows:
        return may_transfer(rows, code, "ngo:Elsewhere", ground.scene.now)


@pytest.mark.parametrize("unit", ["individual", "family"])
def test_somebody_who_was_never_asked_keeps_the_case_here(sqlite_register: Register, unit: str) -> None:
    """Her story goes along with it, and a group has a story, too; asked, she decides."""
    work = begin(sqlite_register, consent=False)
    people = [victim(1), victim(2, consent_covers="no", unit=unit)]
    work.field.send("case", "c1", changed(CASE, {"header": {"alert_code": ALERT_CODE}, "victims": people}))
    day = date(2026, 11, 20)
    words = work.refused(
        GuardFails, every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day
    )
    assert "consent" in words
    said = {"services": "yes", "refer_identity": "health"}
    work.do(consents.record, CASE_CODE, said, person="V2", reason="She called")
    work.do(every_decision.move, CASE_CODE, "transferred", receiver="PART-01", accepted_on=day)

    assert work.sound()


def test_who_was_taken_out_is_not_asked(both: Ground) -> None:
    """Nothing of her is left to go, and nobody can ask her any more; who is left is asked as before."""
    made = shared(both)
    agreed = {"refer_identity": "health"}
    both.do(consents.record, made.code, agreed, person="V2", reason="She called")
    assert not goes(both, made.code)
    made.take_out()
    assert goes(both, made.code)
    both.do(consents.withdraw, made.code, person="V2", reason="She called")

    assert not goes(both, made.code)
