"""A piece of evidence leaves only when everybody whom it involves agreed; whether its originals are in the chain, and what was opened before its files came."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import event, update

from sync_scripts.register.building import build
from sync_scripts.register.care import rebuild
from sync_scripts.register.case.case_decisions import support
from sync_scripts.register.case.facts import CaseRows, involved
from sync_scripts.register.consent_decisions import decide
from sync_scripts.register.consents.doors import may_share
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.history.logbook import _in_chain
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.store import custody
from sync_scripts.store.custody import Entry
from sync_scripts.store.database import Register
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.field import CASE, COORDINATOR, Field, act, changed, dealt, victim
from tests.store.databases import NOW

CODE = dealt(0, "DK")
ITEM = {"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "no"}
AGREED = {"c_justice": "yes", "c_photo_audio": "yes"}


def by(field: Field, what: Callable[..., Any], *given: Any, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, COORDINATOR, field.later()) as who:
        return what(who, *given, **said)


def sent(field: Field, root: str = "c1", *, suffered: str = "V1 V2", **more: Any) -> None:
    """Let an interview arrive: V1 was asked for herself; V2 suffered it, too, and no talk covers her."""
    victims = [victim(1, victim_uid=f"{root}v1"), victim(2, victim_uid=f"{root}v2", consent_covers="no")]
    said = {
        "victims": victims,
        "acts": [act(1, suffered, act_uid=f"{root}a1")],
        "evidence_any": "yes",
        "evidence": [ITEM],
        "consent": AGREED,
    }
    field.send("case", root, changed(CASE, said, more))


def leaves(field: Field, purpose: str = "justice", uid: str = "e1") -> bool:
    """Tell whether a piece of evidence may be handed over now."""
    (row,) = (one for one in field.rows(tables.evidence) if one["uid"] == uid)
    with field.register.reading() as rows:
        return may_share(rows, row, purpose, field.later())


def test_everybody_on_it_is_asked(register: Register) -> None:
    """V1's yes is not V2's: each purpose and the pictures are asked of both, and either can take them back."""
    field = Field(register)
    sent(field)
    first = leaves(field)
    by(field, decide.record, CODE, {"justice": "yes"}, person="V2")
    without_pictures = leaves(field)
    by(field, decide.record, CODE, {"photo_audio": "yes"}, person="V2")
    both = leaves(field), leaves(field, "un")
    by(field, decide.withdraw, CODE, person="V2", purposes=["photo_audio"], reason="x")

    assert (first, without_pictures, both) == (False, False, (True, False))
    assert not leaves(field)


def test_the_person_interviewed_is_asked_of_what_she_brought(sqlite_register: Register) -> None:
    """Also where only others suffered it: she is on the tape."""
    field = Field(sqlite_register)
    sent(field, suffered="V2", consent={"c_photo_audio": "no"})
    for purpose in ("justice", "photo_audio"):
        by(field, decide.record, CODE, {purpose: "yes"}, person="V2")
    alone = leaves(field)
    by(field, decide.record, CODE, {"photo_audio": "yes"}, person="V1")

    assert (alone, leaves(field)) == (False, True)


def test_who_had_no_part_in_it_is_not_asked(sqlite_register: Register) -> None:
    """V2 is in the case and suffered nothing of this incident."""
    field = Field(sqlite_register)
    sent(field, suffered="V1")

    assert leaves(field)


@pytest.mark.parametrize(
    ("purpose", "answer", "allowed"),
    [
        ("justice", "yes", True),
        ("un", "identified", True),
        ("un", "anonymous", False),
        ("media", "anonymous", True),
        ("advocacy", "anonymous", True),
        ("stats", "yes", False),
        ("services", "yes", False),
    ],
)
def test_for_each_purpose_its_own_consent(
    sqlite_register: Register, purpose: str, answer: str, *, allowed: bool
) -> None:
    """A yes to counts or services hands nothing over; the United Nations need one with identity."""
    field = Field(sqlite_register)
    said = dict.fromkeys(("c_justice", "c_un", "c_media", "c_advocacy", "c_stats"), "no")
    sent(field, suffered="V1", consent={**said, f"c_{purpose}": answer})

    assert leaves(field, purpose) is allowed


def test_a_child_needs_assent_and_a_lawyer(sqlite_register: Register) -> None:
    """Before a court; a lawyer is known from the case's own court events."""
    field = Field(sqlite_register)
    child = victim(1, victim_is_child="1", age_band="12_17", age="14")
    said = {"consent_by": "guardian", "child_assent": "yes", **AGREED}
    who = {"victims": [child], "acts": [act(1, "V1")], "evidence_any": "yes", "evidence": [ITEM]}
    field.send("case", "c1", changed(CASE, {**who, "consent": said}))
    alone = leaves(field)
    court = {
        "header": {"case_code": CODE, "worker_code": "RD-01", "fu_type": "court"},
        "legal": {"legal_step": "hearing", "lawyer_code": "AV-01"},
    }
    field.send("followup", "f1", court)

    assert (alone, leaves(field)) == (False, True)
    assert not leaves(field, "media")


def test_whom_somebody_on_it_excluded_does_not_get_it(sqlite_register: Register) -> None:
    """A court is an office of the state."""
    field = Field(sqlite_register)
    sent(field, suffered="V1", consent={"withhold_from": "authorities", "c_un": "identified"})

    assert not leaves(field)
    assert leaves(field, "un")


@pytest.mark.parametrize(
    ("withheld", "receiver", "allowed"),
    [
        ("other_ngos", "ngo:Amis", False),
        ("other_ngos", "lhr-1", False),
        ("other_ngos", "un:OHCHR", True),
        ("authorities", "authority:Sous-préfecture", False),
        ("authorities", "LHR-1", True),
        ("authorities", "POL-1", False),
        ("family", "authority:Sous-préfecture", True),
        ("", "Somebody", True),
    ],
)
def test_whom_somebody_on_it_excluded_does_not_get_it_for_any_purpose(
    sqlite_register: Register, withheld: str, receiver: str, *, allowed: bool
) -> None:
    """The receiver itself, and what kind of organisation it is: by the directory, or as it was typed."""
    field = Field(sqlite_register)
    sent(field, suffered="V1", consent={"withhold_from": withheld or None, "c_un": "identified"})
    for code, services in (("LHR-1", "legal"), ("POL-1", "legal police")):
        by(field, set_provider, code, {"name": "x", "services": services})
    (row,) = field.rows(tables.evidence)
    with field.register.reading() as rows:
        assert may_share(rows, row, "un", field.later(), receiver) is allowed


def test_the_command_refuses_and_says_why(sqlite_register: Register) -> None:
    """Nothing is written; the sentence speaks of everybody whom it involves."""
    field = Field(sqlite_register)
    sent(field)
    payload = {"uid": "e1", "evidence": "E1", "was": "sealed", "to": "working_copy"}
    by(field, lambda who: who.write(who.event("evidence.move", f"case:{CODE}", payload)))
    before = field.everything()
    with pytest.raises(GuardFails) as caught:
        by(field, every_decision.move_evidence, CODE, "E1", "shared", purpose="justice")
    assert field.everything() == before
    assert caught.value.lacking == ("share_consent",)
    assert "everybody whom it involves" in caught.value.words()
    for purpose in ("justice", "photo_audio"):
        by(field, decide.record, CODE, {purpose: "yes"}, person="V2")
    by(field, every_decision.move_evidence, CODE, "E1", "shared", purpose="justice")

    assert field.one(tables.evidence)["state"] == "shared"


TALK = {"filing_no": 1, "person_uid": "v1"}
ACT = {"uid": "a1", "incident_id": "i1"}
SUFFERED = [{"act_uid": "a1", "person_uid": "v1"}, {"act_uid": "a1", "person_uid": "v2"}]


def item(uid: str, filing_no: int, redacted_from: str | None = None) -> dict[str, Any]:
    """Return the row of a piece of evidence of the first incident."""
    return {"uid": uid, "filing_no": filing_no, "incident_id": "i1", "redacted_from": redacted_from}


def test_what_was_brought_to_the_desk_involves_everybody() -> None:
    """Nothing says of whom it tells. A redacted copy of it involves the people of its original."""
    taken, brought = item("e1", 1), item("e2", 9)
    copy = item("e3", 1, "e2")
    rows = CaseRows([TALK], [ACT], SUFFERED, [taken, brought, copy], ["v1", "v2", "v3"])

    assert involved(taken, rows) == ["v1", "v2"]
    assert involved(brought, rows) == ["v1", "v2", "v3"]
    assert involved(copy, rows) == ["v1", "v2", "v3"]


FILES = [sha256(bytes([number])).hexdigest() for number in range(4)]


@pytest.fixture
def chain(register: Register) -> Register:
    """A chain in which three files were received, and a fourth was only taken away."""
    lines = [
        Entry("RECEIVED", "CO-01", "c" * 64, {"a": '"file":"', "file": file, "z": 1}) for file in FILES[:3]
    ]
    lines += [
        Entry("REDACTED", "CO-01", "c" * 64, {"file": FILES[3]}),
        Entry("RECEIVED", "CO-01", "c" * 64, {"form": "alert"}),
    ]
    with register.writing() as rows:
        custody.append(rows, lines, NOW)
    return register


@pytest.mark.parametrize(
    ("wanted", "there"),
    [
        (FILES[:1], True),
        (FILES[:3], True),
        (FILES, False),
        (FILES[3:], False),
        ([FILES[0], "f" * 64], False),
        ([FILES[0], None], False),
        ([FILES[0][:63]], False),
    ],
)
def test_every_file_has_its_line_or_none_counts(
    chain: Register, wanted: list[str | None], *, there: bool
) -> None:
    """A line of another deed, or of another file, is none; nor is half a name."""
    with chain.reading() as rows:
        assert _in_chain(rows, set(wanted)) == there


def test_however_many_files_the_chain_is_read_once(chain: Register) -> None:
    """One question for all of them."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    with chain.reading() as rows:
        event.listen(chain.engine, "before_cursor_execute", hear)
        assert _in_chain(rows, set(FILES[:3]))
        event.remove(chain.engine, "before_cursor_execute", hear)

    assert len(said) == 1


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
