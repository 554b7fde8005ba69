"""A person who asks is erased at once where the case is about nobody else; for the others see ``test_redaction``."""

from __future__ import annotations

import pytest

from sync_scripts.register.model.errors import HeldByLaw, OwnHandMissing, ReasonForErasure
from sync_scripts.register.purging.person import erase_person
from sync_scripts.store.schema import raw
from sync_scripts.store.seal import erasing
from tests import every_decision
from tests.intake.scene import uid
from tests.purging.ground import CANARY, OTHER, TYPED, Ground, case
from tests.purging.test_cases import documented


def test_the_only_person_of_a_case_is_erased_at_once(both: Ground) -> None:
    """Nothing of her is left, no plan is needed, and no later pull brings her back."""
    code = documented(both)
    done = both.do(erase_person, code, "V1", reason="she asked")
    erasing.finish(both.scene.register)
    assert (done.submissions, done.files) == (2, 1)
    assert CANARY.encode() not in both.everything()
    assert OTHER.encode() in both.everything()
    assert "person:v21" in both.erased_ids()
    both.scene.lay("c2", case(22, meta=f"<deprecatedID>{uid(21)}</deprecatedID>"), form="case")
    assert both.scene.pull().erased == 1
    assert CANARY.encode() not in both.everything()
    assert both.sound()


def test_a_hold_a_typed_code_and_silence_stop_it(one: Ground) -> None:
    """Nobody is erased against a court, by a code that anybody can type, or without a reason."""
    code = documented(one)
    with pytest.raises(ReasonForErasure):
        one.do(erase_person, code, None, reason=" ")
    with pytest.raises(OwnHandMissing):
        one.do(erase_person, code, None, reason="she asked", by=TYPED)
    one.do(every_decision.set_hold, code, held=True, reason="a court asks")
    with pytest.raises(HeldByLaw):
        one.do(erase_person, code, None, reason="she asked")
    assert one.scene.count(raw.erased) == 0
