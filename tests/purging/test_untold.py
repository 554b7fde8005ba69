"""What an edit took out of an interview leaves limits behind; an erasure leaves none of hers, and the others' as they were."""

from __future__ import annotations

from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.purging.person import erase_person
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import erasing
from tests.intake.scene import uid
from tests.purging.ground import Ground, case
from tests.purging.shared import CANARY as HER
from tests.purging.shared import FACE, FACE_2, OTHER, PHOTO, Shared, act, both_told
from tests.purging.test_second_look import OTHER_PERSON

DAY = "2026-11-24"
FILES = {"f1.jpg": FACE, "f2.jpg": FACE_2, "p.jpg": PHOTO}
ACTS = (act(1, "V1", HER, "rape"), act(3, "V2", OTHER, "rape"))
"""What was done to each of the two alone."""


def limits(ground: Ground) -> set[str]:
    """Return the acts of which reminders of care are open."""
    rows = ground.scene.rows(tables.task)
    return {row["subject"] for row in rows if row["kind"] == "clinical_limit" and row["done_at"] is None}


def both_raped(number: int, *, meta: str = "") -> bytes:
    """Return an interview of two people who were raped on that day."""
    said = both_told(number, violation="rape", meta=meta).decode().replace("2026-11-18", DAY)
    return said.replace(act(3, "V2", OTHER), ACTS[1]).encode()


def test_of_whoever_is_taken_out_no_limit_is_left(both: Ground) -> None:
    """Her act was taken out by an edit before; the other's, which was, too, is watched still."""
    scene = both.scene
    scene.know_media()
    scene.lay("c1", both_raped(21), FILES, form="case")
    scene.pull()
    assert limits(both) == {"act:a1", "act:a3"}
    less = both_raped(22, meta=f"<deprecatedID>{uid(21)}</deprecatedID>")
    for one in ACTS:
        less = less.replace(one.encode(), b"")
    scene.lay("c2", less, FILES, form="case")
    scene.pull()
    assert limits(both) == {"act:a1", "act:a3"}
    assert both.sound()
    made = Shared(both, str(both.case()["case_code"]))
    both.do(withdraw, made.code, person="V1", reason="she called")
    made.take_out(by=OTHER_PERSON)

    assert limits(both) == {"act:a3"}
    assert both.sound()


def test_of_whoever_is_erased_no_limit_is_left(both: Ground) -> None:
    """The case is about nobody else."""
    scene = both.scene
    raped = case(21).replace(b"2026-11-18", DAY.encode()).replace(b">threat<", b">rape<")
    scene.lay("c1", raped, form="case")
    scene.pull()
    less = case(22, meta=f"<deprecatedID>{uid(21)}</deprecatedID>").replace(b">v22<", b">v21<")
    scene.lay("c2", less.replace(b"2026-11-18", DAY.encode()), form="case")
    scene.pull()
    assert limits(both) == {"act:a21"}
    code = str(both.case()["case_code"])
    both.do(withdraw, code, reason="she called")
    both.do(erase_person, code, "V1", reason="she asked", by=OTHER_PERSON)
    erasing.finish(scene.register)

    assert limits(both) == set()
    assert both.sound()
