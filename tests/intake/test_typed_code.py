"""A phone without lists sends all the same: what ODK Collect's engine makes of it comes into the register, in its case."""

from __future__ import annotations

import pytest

from sync_scripts.store.schema import register as tables
from tests import clock
from tests.forms.phones import CLOSURE
from tests.intake.scene import Scene
from xlsform import pack
from xlsform.convert import convert
from xlsform.engine import JavaMissing, Setting, fill

TYPED = "DK-7Q2M4X-B"
TODAY = clock.phone_today().isoformat()
SAID = {
    "followup": {
        "header/case_code_typed": TYPED,
        "header/worker_code": "RD-01",
        "header/fu_type": "service",
        "intervention/service": "health",
        "intervention/provider_code_typed": "PRE-NW-01",
        "intervention/timeframe": "3_days",
        "intervention/requested_on": "2026-01-05",
        "intervention/service_status": "planned",
        "intervention/consent_confirmed": "yes",
        "result/outcome": "unknown",
        "result/risk_change": "same",
        "result/next_due": TODAY,
    },
    "closure": {**CLOSURE, "header/case_code": "", "header/case_code_typed": TYPED},
}


def sent(form: str) -> bytes:
    """Fill a form as a phone does that has the lists as they ship: headers only."""
    xform = convert(pack.find(form).workbook.read_bytes(), name=f"{form}.xlsx").xform
    try:
        return fill(xform, SAID[form], Setting(media=pack.forms_root() / "media")).submission
    except JavaMissing as missing:
        pytest.skip(f"no Java runtime here ({missing.part})")


@pytest.mark.java
def test_typed_codes_bring_a_follow_up_and_a_request_into_their_case(one: Scene) -> None:
    """Nothing is put aside, both name the case that was typed, and the provider's code is where the choice would be."""
    for form in SAID:
        one.lay(form, sent(form))
    report = one.pull()

    assert (report.new, report.quarantined_new) == (2, 0)
    assert {row["case_code"] for row in one.rows(tables.filing)} == {TYPED}
    assert [row["case_code"] for table in (tables.followup, tables.closure) for row in one.rows(table)] == [
        TYPED
    ] * 2
    assert [row["provider_code"] for row in one.rows(tables.intervention)] == ["PRE-NW-01"]
    assert {row["code"] for row in one.rows(tables.flag)} >= {"case_unknown", "closure_asked"}
    assert len(one.aside()) == 0
