"""What is banned in every form of ours is found by the guard of overlays too, wherever its rule stands."""

from __future__ import annotations

import pytest

from tests.forms.rules.faults import ALL
from xlsform.overlay.guard import BANS, bans
from xlsform.workbooks import workbook


@pytest.mark.parametrize("code", sorted(BANS))
def test_a_ban_holds_in_the_guard(code: str) -> None:
    """Each table that plants it is refused, each mended one is not; a warning under the same code is no ban."""
    found = []
    for planted in (one for one in ALL if one.code == code and "username" not in one.table):
        forms = [
            workbook.read(planted.workbook(mended=mended), file="f.xlsx").form for mended in (False, True)
        ]
        found.append([code in {finding.code for finding in bans(form)} for form in forms])

    assert found
    assert all(one == [True, False] for one in found)
