"""How many open flags a list counts: of an alert its own, of a case its own, and never one's for the other."""

from __future__ import annotations

import json

from sync_scripts.register.case_decisions.work import flags_of, raise_flag, resolve_flag
from sync_scripts.register.decisions.base import deciding
from tests.register.field import COORDINATOR, Field, dealt
from tests.register.running import Ran

ALERT, CASE = dealt(1, "AL"), dealt(0, "DK")


def counted(run: Ran) -> tuple[int, int]:
    """Return what the lists say of one alert and one case."""
    said = []
    for kind, wanted in (("alerts", ALERT), ("cases", CASE)):
        code, text, talk = run(kind, "list", "--json")
        assert code == 0, talk
        said.append(next(one["flags"] for one in json.loads(text)[kind] if one["code"] == wanted))
    return said[0], said[1]


def test_flags_are_counted_where_they_stand(run: Ran, field_: Field) -> None:
    """One more on an alert and two more on a case; one that was looked at counts no longer."""
    alert, case = counted(run)
    with deciding(field_.register, COORDINATOR, field_.later()) as by:
        raise_flag(by, ALERT, "ask again where it was")
        raise_flag(by, CASE, "ask for the date")
        raise_flag(by, CASE, "ask for the place")
    assert counted(run) == (alert + 1, case + 2)
    with deciding(field_.register, COORDINATOR, field_.later()) as by:
        own = next(one for one in flags_of(by, CASE) if one["message"] == "ask for the date")
        resolve_flag(by, CASE, own["flag_id"], resolution="Said on the phone.")
    assert counted(run) == (alert + 1, case + 1)
