"""Whom a person excluded in one case, and her no to pictures, hold in every case in which it was decided that she is she."""

from __future__ import annotations

from datetime import date

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consent_decisions.views import case_consents
from sync_scripts.register.consents.agreements import agreed_in
from sync_scripts.register.consents.doors import covers_service, may_share, may_transfer
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.links.same import decide_person
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.test_two_people import provider
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.beginnings import played_once
from tests.register.field import CASE, changed, victim

PICTURES = {"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "no"}
AGREES = {"c_justice": "yes", "c_photo_audio": "yes"}


def talked(work: Work, root: str, consent: dict[str, str] | None = None, code: str | None = None) -> str:
    """Let an interview with one adult arrive, with a picture; return the code of its case."""
    said = {
        "header": {"case_code": code} if code else {},
        "consent": {**AGREES, **(consent or {})},
        "victims": [{**victim(1), "victim_uid": f"{root}-1"}],
        "evidence_any": "yes",
        "evidence": [{**PICTURES, "evidence_uid": f"{root}-e"}],
    }
    work.field.send("case", root, changed(CASE, said))
    rows = {row["root_id"]: row["case_code"] for row in work.field.rows(tables.filing)}
    return str(rows[root])


@pytest.fixture
@played_once
def work(register: Register) -> Work:
    """A register with a provider."""
    made = begin(register)
    provider(made)
    return made


def same(work: Work, one: str, other: str, decision: str = "same", by: Actor | None = None) -> None:
    """Decide on the first persons of two cases."""
    more = {"by": by} if by else {}
    work.do(decide_person, one, "V1", (other, "V1"), decision, reason="Both numbers were opened", **more)


def referable(work: Work, code: str) -> bool:
    """Tell whether the person of a case may be referred to another organisation."""
    with work.field.register.reading() as rows:
        return covers_service(rows, code, "health", work.field.now, provider="PRE-01")


def shareable(work: Work, code: str) -> bool:
    """Tell whether the picture of a case may be handed to a court."""
    (row,) = [one for one in work.field.rows(tables.evidence) if one["case_code"] == code]
    with work.field.register.reading() as rows:
        return may_share(rows, row, "justice", work.field.now, "court:Here")


def test_whom_she_excluded_she_excluded_everywhere(work: Work) -> None:
    """Referral, hand-over of the whole case and the page that says what may leave; taken back it is as before."""
    one, other = talked(work, "a", {"withhold_from": "other_ngos family"}), talked(work, "b")
    assert (referable(work, one), referable(work, other)) == (False, True)
    same(work, one, other)
    assert not referable(work, other)
    made = work.do(every_decision.plan_service, other, "health", provider="PRE-01")
    words = work.refused(GuardFails, every_decision.move_service, other, made.number, "referred")
    assert "consent must cover" in words
    with work.field.register.reading() as rows:
        assert not may_transfer(rows, other, "ngo:Elsewhere", work.field.now)
        (person,) = case_consents(rows, other, work.field.now)["people"]
    assert (person["withheld"], person["warnings"]) == (["family", "other_ngos"], ["family"])
    same(work, one, other, "not_same")

    assert referable(work, other)
    assert work.do(every_decision.move_service, other, made.number, "referred").now == "referred"


def test_a_no_to_pictures_holds_everywhere(work: Work) -> None:
    """Refused in the one case, or withdrawn there: no picture of the other leaves; a yes brings it back where she refused."""
    one, other = talked(work, "a", {"c_photo_audio": "no"}), talked(work, "b")
    assert shareable(work, other)
    same(work, one, other)
    assert not shareable(work, other)
    work.do(consents.record, one, {"photo_audio": "yes"}, reason="Asked again", on=date(2026, 11, 20))
    assert shareable(work, other)
    work.do(consents.withdraw, one, purposes=["photo_audio"], reason="She asked")

    assert not shareable(work, other)


def test_what_else_she_said_stays_with_its_facts(work: Work) -> None:
    """A withdrawal of one case neither stops the other nor denies her a service there."""
    one, other = talked(work, "a"), talked(work, "b")
    same(work, one, other)
    work.do(consents.withdraw, one, purposes=["document", "services", "justice"], reason="She asked")

    assert referable(work, other)
    assert shareable(work, other)
    with work.field.register.reading() as rows:
        assert not agreed_in(rows, other).stopped(work.field.now)


def test_it_holds_through_a_third_record(work: Work) -> None:
    """Decided pair by pair, and from whichever side."""
    one, middle, last = (
        talked(work, "a", {"withhold_from": "other_ngos"}),
        talked(work, "b"),
        talked(work, "c"),
    )
    same(work, middle, one)
    same(work, last, middle)

    assert not referable(work, last)


def test_two_records_of_one_case_are_one_person_too(work: Work) -> None:
    """Each interview excluded somebody else: both hold for both."""
    code = talked(work, "a", {"withhold_from": "other_ngos"})
    talked(work, "b", {"withhold_from": "family"}, code=code)
    with work.field.register.reading() as rows:
        assert agreed_in(rows, code).of("b-1").withheld == "family"
    work.do(decide_person, code, "V1", (code, "V2"), "same", reason="One voice")
    with work.field.register.reading() as rows:
        assert {agreed_in(rows, code).of(f"{root}-1").withheld for root in "ab"} == {"family other_ngos"}


def test_a_typed_code_joins_and_does_not_part(work: Work) -> None:
    """What keeps something back may be written down for a colleague; what lets it leave rests on a person."""
    typed = Actor("RD-02", "claimed")
    one, other = talked(work, "a", {"withhold_from": "other_ngos"}), talked(work, "b")
    same(work, one, other, by=typed)
    assert not referable(work, other)
    same(work, one, other, "not_same", by=typed)
    assert not referable(work, other)
    same(work, one, other, "not_same")

    assert referable(work, other)


def test_nobody_else_is_touched(work: Work) -> None:
    """Neither the other people of the case, nor a case without such a decision."""
    one, other, third = (
        talked(work, "a", {"withhold_from": "other_ngos"}),
        talked(work, "b"),
        talked(work, "c"),
    )
    same(work, one, other)

    assert referable(work, third)
    assert referable(work, CASE_CODE)
