"""Whatever door a decision comes by, none of its texts is written down that holds a telephone number or a place.

The command line looks at what is typed, an import at its cells; this is the last door, for those that forget it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import sync_scripts
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.decisions.proposals import propose
from sync_scripts.store import events as store_events
from sync_scripts.store.database import PROGRAM, Register
from sync_scripts.store.detectors import FREE, require_plain
from sync_scripts.store.errors import TextIdentifies
from sync_scripts.store.events import NewEvent
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import ALERT_CODE, CASE_CODE, Work, begin
from tests.register.field import COORDINATOR

NUMBER = "Call 677 12 34 56"
PLACE = "She is at 5.96301, 10.15910"
ABOUT = (f"case:{CASE_CODE}", CASE_CODE)


@pytest.fixture
def work(sqlite_register: Register) -> Work:
    """Give a case of one alert, and its people."""
    return begin(sqlite_register)


def forge(work: Work, op: str, subject: str, **said: Any) -> None:
    """Write an event as one of before stands, when nobody looked at texts."""
    with work.field.register.writing() as rows, pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync_scripts.store.detectors.require_plain", lambda *_: None)
        store_events.append(rows, [NewEvent(op, subject, COORDINATOR, said)], work.field.later())


@pytest.mark.parametrize("text", [NUMBER, PLACE])
@pytest.mark.parametrize(
    ("what", "words", "name"),
    [
        (every_decision.set_note, (CASE_CODE,), None),
        (every_decision.raise_flag, (CASE_CODE,), None),
        (every_decision.raise_flag, (ALERT_CODE,), None),
        (every_decision.contact, (CASE_CODE,), "reason"),
        (every_decision.set_urgency, (CASE_CODE, "low"), "reason"),
        (every_decision.set_hold, (CASE_CODE,), "reason"),
        (every_decision.correct, (CASE_CODE, "incident.place_type", "street"), "reason"),
        (withdraw, (CASE_CODE,), "reason"),
    ],
)
def test_a_decision_with_a_number_or_a_place_is_refused_below_every_door(
    work: Work, what: Callable[..., Any], words: tuple[Any, ...], name: str | None, text: str
) -> None:
    """Nothing is written, and the refusal does not repeat the text."""
    more: dict[str, Any] = {"reached": False} if what is every_decision.contact else {}
    more |= {"held": True} if what is every_decision.set_hold else {}
    more |= {name: text} if name is not None else {}
    said = work.refused(TextIdentifies, what, *words, *(() if name is not None else (text,)), **more)

    assert not {"677", "5.96301"} & set(said.replace(",", " ").split())


def test_what_is_only_proposed_is_looked_at_too(work: Work) -> None:
    """What waits for a second person is in the log as well, its reason deep in the event."""
    work.refused(
        TextIdentifies, propose, "case.confidentiality", ABOUT, said={"reason": NUMBER, "to": "C3"}, seen={}
    )


def test_a_corrected_answer_is_looked_at_unless_it_is_an_amount() -> None:
    """Eight digits in a row are what was lost where an answer is a number, and a telephone elsewhere."""
    require_plain(
        "value.correct", {"entity": "loss", "field": "value_xaf", "value": "25000000", "reason": "x"}
    )
    with pytest.raises(TextIdentifies):
        require_plain("value.correct", {"entity": "detention", "field": "place", "value": "677123456"})
    with pytest.raises(TextIdentifies):
        require_plain("value.correct", {"entity": "loss", "field": "value_xaf", "reason": NUMBER})


def test_what_stood_before_hinders_nobody(work: Work) -> None:
    """A note or a remark of before, with a number in it, is replaced or settled; what was collected can stand again."""
    forge(work, "case.note", ABOUT[0], was=None, work_note=NUMBER)
    forge(work, "flag.raise", ABOUT[0], message=NUMBER)
    work.do(lambda by: by.build({ABOUT[0]}))
    work.do(every_decision.set_note, CASE_CODE, "Called twice")
    (flag,) = (row for row in work.field.rows(tables.flag) if NUMBER in (row["message"] or ""))
    work.do(every_decision.resolve_flag, CASE_CODE, flag["flag_id"], resolution="Sealed elsewhere")
    require_plain("value.restore", {"value": "677123456", "reason": "Misheard"})

    assert work.case()["work_note"] == "Called twice"


def test_what_a_rule_writes_is_no_text_of_anybody(work: Work) -> None:
    """A code that looks like a number by chance stops no building."""
    with work.field.register.writing() as rows:
        event = NewEvent("alert.code", "alert:x/1", PROGRAM, {"value": "677123456"})
        assert store_events.append(rows, [event], work.field.later())


def stripped() -> Iterator[tuple[str, str]]:
    """Yield every name under which some module puts a text as it was typed, freed of blanks around it."""
    for path in sorted(Path(sync_scripts.__file__).parent.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if ".event(" not in source and "NewEvent(" not in source:
            continue
        for node in (one for one in ast.walk(ast.parse(source)) if isinstance(one, ast.Dict)):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and ast.unparse(value).endswith(".strip()"):
                    yield path.name, str(key.value)


def test_no_text_is_written_down_under_a_name_that_nobody_looks_at() -> None:
    """A new decision puts what was typed under a known name, or its name is added to those that are looked at."""
    found = set(stripped())

    assert len({path for path, _name in found}) > 10, "the walk finds the decisions"
    assert {name for _path, name in found} <= FREE
