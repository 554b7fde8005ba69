"""The choice record by record, over what people agreed to: nothing of whoever did not agree, for any purpose or receiver."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.dossier.document import Header, Opened, document
from sync_scripts.dossier.page import page
from sync_scripts.register.consents.other_records import CaseAgreed
from sync_scripts.register.disclosure.sharing import Agreed, Receiver
from sync_scripts.register.forms.answers import Consent
from sync_scripts.register.handover.choosing import Choice, choose
from sync_scripts.register.handover.codebook import Word
from sync_scripts.register.handover.gathered import File, Gathered, Record, Version
from sync_scripts.register.handover.handovers import Request
from sync_scripts.store.database import Actor
from tests.register.field import START

TODAY = date(2026, 11, 25)
JUSTICE = Request("justice", "court", "TGI")


def agreed(*purposes: str, withheld: str = "", **more: Any) -> Agreed:
    """Return an adult who agreed to some purposes."""
    consents = tuple(
        Consent(one, "given", "identified", '{"services":["health"]}', "2026-11-20", "2027-11-20")
        for one in purposes
    )
    return Agreed(consents, withheld, child=False, **more)


def record(entity: str, key: str, *people: str, name: str = "", **row: Any) -> Record:
    """Return a record of submission 1."""
    return Record(entity, key, 1, {"pseudonym": name, **row}, people or None)


RECORDS = (
    record("person", "u1", "u1", name="V1"),
    record("person", "u2", "u2", name="V2"),
    record("interview", "c1", "u1"),
    record("incident", "c1"),
    record("act", "a1", "u1", name="A1"),
    record("act", "a2", "u2", name="A2"),
    record("act", "a3", "u1", "u2", name="A3"),
    record("detention", "a1", "u1", act_uid="a1"),
    record("detention", "a3", "u1", "u2", act_uid="a3"),
    record("perpetrator", "p1", name="P1"),
    record("perpetrator", "p2", name="P2"),
    record("involvement", "a1", "u1", act_uid="a1", perpetrator_uid="p1"),
    record("involvement", "a2", "u2", act_uid="a2", perpetrator_uid="p2"),
    record("source", "s1", name="S1", at_risk="no", willing_testify="yes"),
    record("source", "s2", name="S2", at_risk="yes", willing_testify="yes"),
    record("source", "s3", name="S3", at_risk="no", willing_testify="anonymous"),
    record("information", "s2", source_uid="s2"),
    record("evidence", "e1", name="E1"),
    record("alert", "r1"),
    record("followup", "f1"),
    record("need", "health", "u1", service="health"),
    record("need", "legal", "u1", service="legal"),
)


def chosen(first: Agreed, second: Agreed, request: Request = JUSTICE, **more: Any) -> Choice:
    """Return the choice for a case of two people."""
    case = msgspec.structs.replace(
        CASE, agreed=CaseAgreed("u1", {"u1": first, "u2": second}), history=tuple(more.pop("history", ()))
    )
    return choose(case, request, START, TODAY)


CASE = Gathered(
    code="DK",
    row={},
    agreed=CaseAgreed("u1", {}),
    counsel=False,
    records=RECORDS,
    people={1: ("u1", "u2")},
    names={"u1": "V1", "u2": "V2"},
    versions=(Version(1, "case", "1", "c1", "c1", "2026-11-20T08:00:00.000000Z", True),),
    files=(),
    items=(),
    history=(),
    head=(1, "0" * 64),
)
"""Two people, three acts, three sources, in one interview."""


def names(choice: Choice) -> set[tuple[str, str, bool]]:
    """Return what leaves: entity, key, whether its sealed answers do."""
    return {(one.record.entity, one.record.key, one.sealed) for one in choice.kept}


def test_with_everybodys_yes_all_facts_leave_whole() -> None:
    """Both agreed: nothing is hidden, and the bytes of the form are hashed."""
    choice = chosen(agreed("justice"), agreed("justice"))

    assert {("act", "a3", True), ("detention", "a3", True), ("incident", "c1", True)} <= names(choice)
    assert not [one for one in choice.kept if one.hidden]
    assert choice.whole == {"c1"}


def test_what_tells_of_somebody_who_did_not_agree_stays() -> None:
    """The act against both leaves without her and without its sealed answers; what hangs on it stays; the story is cut."""
    choice = chosen(agreed("justice"), agreed("document"))
    incident = next(one for one in choice.kept if one.record.entity == "incident")

    assert ("act", "a3", False) in names(choice)
    assert {("act", "a2", False), ("act", "a2", True), ("detention", "a3", True)}.isdisjoint(names(choice))
    assert ("detention", "a1", True) in names(choice)
    assert "narrative" in incident.cut
    assert choice.whole == frozenset()
    assert choice.people == ("u1",)


def test_a_source_is_named_only_with_her_yes_and_never_in_danger() -> None:
    """In danger: not even that there is one. Anonymous: without name. Willing: with it."""
    choice = chosen(agreed("justice"), agreed("justice"))
    left = {(one.entity, one.name, one.part, one.why) for one in choice.left}

    assert {("source", "s1", True), ("source", "s3", False)} <= names(choice)
    assert not [one for one in choice.kept if one.record.key == "s2"]
    assert ("source", "S2", "all", "source_in_danger") in left
    assert ("source", "S3", "sealed", "source_unwilling") in left


@pytest.mark.parametrize(("integrity", "leaves"), [(None, 1), ("ok", 1), ("pending", 0), ("mismatch", 0)])
def test_evidence_that_nothing_proves_stays(integrity: str | None, leaves: int) -> None:
    """It came in a form that was opened before its files, or that they do not fit: said, and kept back."""
    others = [one for one in RECORDS if one.entity != "evidence"]
    case = msgspec.structs.replace(
        CASE,
        records=(*others, record("evidence", "e1", name="E1", integrity=integrity)),
        agreed=CaseAgreed("u1", {"u1": agreed("justice"), "u2": agreed("justice")}),
    )
    choice = choose(case, JUSTICE, START, TODAY)

    assert len([one for one in choice.kept if one.record.entity == "evidence"]) == leaves
    assert [one.why for one in choice.left if one.entity == "evidence"] == ["unproved"] * (1 - leaves)


def test_a_photo_that_came_with_a_later_version_alone_is_said_to_be_there() -> None:
    """Not that it never arrived; but of a version that is not told of, nothing is said."""
    case = msgspec.structs.replace(
        CASE,
        row={"opened_at": "2026-11-20T08:00:00.000000Z", "state": "open"},
        agreed=CaseAgreed("u1", {"u1": agreed("justice"), "u2": agreed("justice")}),
        files=(
            File(1, "c0", "photo", "missing", later="c1"),
            File(1, "c0", "photo", "missing", later="unseen"),
            File(1, "c0", "photo", "missing"),
        ),
    )
    header = Header("R", START, Actor("CO-01", "key"), "why", "", "en")
    made = document(case, choose(case, JUSTICE, START, TODAY), Opened(), {}, header)

    assert [one["with"] for one in made["files"]] == ["c1", "", ""]
    assert page(made).count("not with this version; see version c1") == 1
    assert page(made).count("never arrived") == 2


def test_a_service_gets_the_person_and_her_need_and_no_facts() -> None:
    """For health: V1, the need of health; nothing of acts, authors, sources, evidence, other needs, other people."""
    choice = chosen(
        agreed("services", "refer_identity"),
        agreed("justice"),
        Request("services", "other_ngo", "PRE-01", "health"),
    )

    talk = next(one for one in choice.kept if one.record.entity == "interview")
    assert names(choice) - {("interview", "c1", True)} == {("person", "u1", True), ("need", "health", True)}
    assert set(talk.record.row) == talk.cut, "only the sealed name of who asked for services alone"
    assert choice.versions == ()


def test_a_telephone_is_for_services_only() -> None:
    """A court gets a name and no way to call; a service that shall help gets both."""
    court = chosen(agreed("justice"), agreed("justice"))
    service = chosen(
        agreed("services", "refer_identity"), agreed(), Request("services", "other_ngo", "PRE-01", "health")
    )

    def cut(choice: Choice) -> frozenset[str]:
        return next(one.cut for one in choice.kept if one.record.key == "u1")

    assert "phone" in cut(court)
    assert "phone" not in cut(service)


def test_decisions_about_others_are_not_told() -> None:
    """Her withdrawal is her matter; a move of the case is everybody's; work notes and other hand-overs are nobody's."""
    history = [
        {"op": "case.move", "payload": {"to": "follow_up"}},
        {"op": "consent.withdraw", "payload": {"person_uid": "u2"}},
        {"op": "consent.record", "payload": {"person_uid": "u1"}},
        {"op": "case.note", "payload": {"work_note": "x"}},
        {"op": "share.give", "payload": {"receiver": "un"}},
        {"op": "value.correct", "payload": {"entity": "person", "record": "u2", "field": "sex"}},
    ]
    choice = chosen(agreed("justice"), agreed(), history=tuple(history))

    assert [one["op"] for one in choice.history] == ["case.move", "consent.record"]


def test_a_decision_tells_nothing_of_a_record_or_field_that_stays() -> None:
    """The key of an act is that of its detention, too; a field that was cut is not told by its correction."""

    def corrected(entity: str, key: str, name: str) -> dict[str, Any]:
        return {"op": "value.correct", "payload": {"entity": entity, "record": key, "field": name}}

    history = (
        corrected("act", "a3", "type"),
        corrected("detention", "a3", "place"),
        corrected("perpetrator", "p1", "relation"),
        corrected("perpetrator", "p1", "force"),
        {"op": "incident.verify", "payload": {"incident": "elsewhere"}},
        {"op": "incident.verify", "payload": {"incident": "c1"}},
        {"op": "evidence.redacted", "payload": {"uid": "e9"}},
    )
    choice = chosen(agreed("justice"), agreed(), history=history)

    assert list(choice.history) == [history[0], history[3], history[5]]


@pytest.mark.parametrize(
    "field", ["confidentiality", "alert_code", "case_code", "case_known", "withhold_from"]
)
def test_what_stands_in_no_dossier_is_not_told_by_its_correction_either(field: str) -> None:
    """The code of another alert or case, and how closely it is kept, are the organisation's: before and after."""
    said = {"entity": "interview", "record": "c1", "field": field, "was": "C2", "value": "C3"}
    choice = chosen(agreed("justice"), agreed(), history=({"op": "value.correct", "payload": said},))

    assert choice.history == ()


def test_a_receiver_does_not_learn_who_else_got_something() -> None:
    """That a case was handed over, or a piece of evidence shared, is told; to whom is not."""
    history = (
        {"op": "case.move", "payload": {"to": "transferred", "transferred_to": "ORG-07", "accepted_on": "x"}},
        {"op": "evidence.move", "payload": {"uid": "e1", "to": "shared", "receiver": "ngo:Other"}},
    )
    choice = chosen(agreed("justice"), agreed("justice"), history=history)

    assert [one["payload"] for one in choice.history] == [
        {"to": "transferred"},
        {"uid": "e1", "to": "shared"},
    ]


def test_a_receiver_does_not_learn_how_much_we_hold() -> None:
    """Which order of arrival the register had given by a decision counts all its submissions."""
    history = ({"op": "case.move", "payload": {"was": "assessment", "to": "action_plan", "arrival": 4711}},)
    choice = chosen(agreed("justice"), agreed("justice"), history=history)

    assert [one["payload"] for one in choice.history] == [{"was": "assessment", "to": "action_plan"}]


def test_no_free_words_of_ours_go_along() -> None:
    """Why somebody decided was typed for colleagues, and may name anybody."""
    typed = {"reason": "Rumour of a neighbour", "said": {"reason": "Rumour"}, "resolution": "x", "why": "x"}
    history = ({"op": "case.move", "payload": {"was": "assessment", "to": "action_plan", **typed}},)
    choice = chosen(agreed("justice"), agreed("justice"), history=history)

    assert [one["payload"] for one in choice.history] == [{"was": "assessment", "to": "action_plan"}]


PURPOSES = st.sets(
    st.sampled_from(["justice", "un", "services", "refer_identity", "document", "photo_audio"])
)
WITHHELD = st.sets(st.sampled_from(["authorities", "other_ngos", "family"])).map(" ".join)
PEOPLE = st.builds(lambda purposes, withheld: agreed(*purposes, withheld=withheld), PURPOSES, WITHHELD)
RECEIVERS: list[Receiver] = ["court", "authority", "un", "other_ngo"]
REQUESTS = st.builds(
    lambda purpose, kind: Request(purpose, kind, "X", "health" if purpose == "services" else ""),
    st.sampled_from(["justice", "un", "services"]),
    st.sampled_from(RECEIVERS),
)


@given(PEOPLE, PEOPLE, REQUESTS)
def test_nothing_of_whoever_did_not_agree_ever_leaves(
    first: Agreed, second: Agreed, request: Request
) -> None:
    """No record that is only about her; no sealed answers of what is about her too, but a place; nothing if nobody agreed."""
    choice = chosen(first, second, request)
    no = {uid for uid, one in choice.answers.items() if not one.allowed}
    for kept in choice.kept:
        people = set(kept.record.people or ("u1", "u2"))
        assert not people <= no
        if people & no and kept.sealed:
            assert kept.record.entity in {"incident", "perpetrator", "evidence", "source", "information"}
            assert kept.record.entity != "incident" or "narrative" in kept.cut
    if no:
        assert not choice.whole
    if no == {"u1", "u2"}:
        assert not choice.kept
        assert not choice.versions


@pytest.mark.parametrize("purpose", ["justice", "un"])
def test_whoever_raised_the_alert_and_the_work_of_the_office_stay(purpose: str) -> None:
    """No alert, follow-up or need is ever in a dossier of facts; each is listed."""
    choice = chosen(agreed("justice", "un"), agreed("justice", "un"), Request(purpose, "un", "X"))
    entities = {one.record.entity for one in choice.kept}

    assert entities.isdisjoint({"alert", "followup", "need"})
    assert {"alert", "followup", "need"} <= {one.entity for one in choice.left if one.part == "all"}


def test_a_receiver_learns_neither_an_answer_nor_of_a_source_in_danger() -> None:
    """Kept from this very receiver, refused, unwilling: all are "no agreement"; a source in danger is not even named."""
    from sync_scripts.dossier.document import Header, Opened, document

    refused = Agreed((Consent("justice", "refused"),), "authorities", child=False)
    choice = chosen(agreed("justice"), refused)
    row = {"opened_at": "2026-11-20T08:00:00.000000Z", "state": "follow_up"}
    case = msgspec.structs.replace(CASE, row=row)
    header = Header("ABCD", START, Actor("CO-01", "key"), "why", "", "en")
    made = document(case, choice, Opened(), {}, header)
    said = {(one["entity"], one["name"], one["why"]) for one in made["left_out"]}

    assert ("person", "V2", "withheld") in {(one.entity, one.name, one.why) for one in choice.left}
    assert ("person", "V2", "no_agreement") in said
    assert ("protected", "", "protected") in said
    assert not [
        one for one in said if one[1] == "S2" or one[2] in {"withheld", "refused", "source_unwilling"}
    ]
    assert "S2" not in str(made)


def test_a_service_that_treats_nobody_learns_nothing_of_her_body() -> None:
    """Pregnancy and disability go to those who treat her; a school or a lawyer gets name and need."""
    first = agreed("services", "refer_identity")
    health = chosen(first, agreed(), Request("services", "other_ngo", "X", "health"))
    assert not [one.cut for one in health.kept if one.record.entity == "person" and "pregnant" in one.cut]
    legal = Agreed(
        tuple(replace(one, detail='{"services":["legal"]}') for one in first.consents), "", child=False
    )
    school = chosen(legal, agreed(), Request("services", "other_ngo", "X", "legal"))
    assert [one.cut for one in school.kept if one.record.entity == "person"] == [
        frozenset({"pregnant", "disability"})
    ]
    assert school.history == ()


def test_a_perpetrator_is_told_with_the_acts_that_are_told() -> None:
    """Who harmed only her stays with her; whose husband he is stays, unless everybody agreed."""
    choice = chosen(agreed("justice"), agreed())
    whole = chosen(agreed("justice"), agreed("justice"))

    assert [
        (one.record.key, "relation" in one.cut) for one in choice.kept if one.record.entity == "perpetrator"
    ] == [("p1", True)]
    assert [(one.record.key, one.cut) for one in whole.kept if one.record.entity == "perpetrator"] == [
        ("p1", frozenset()),
        ("p2", frozenset()),
    ]


def test_how_somebody_was_interviewed_is_hers_to_give() -> None:
    """Her language and whom she excluded are not told with what somebody else in the case agreed to."""
    choice = chosen(agreed(), agreed("justice"))

    assert not [one for one in choice.kept if one.record.entity == "interview"]
    assert [one for one in choice.kept if one.record.key == "a2"]


def test_what_somebody_refused_is_not_told_as_what_it_rests_on() -> None:
    """She agreed to a court, and to no pictures: the dossier rests on the first, and says nothing of the second."""
    yes = agreed("justice")
    first = msgspec.structs.replace(yes, consents=(*yes.consents, Consent("photo_audio", "refused")))
    case = msgspec.structs.replace(
        CASE, agreed=CaseAgreed("u1", {"u1": first}), row={"opened_at": "2026-11-20", "state": "assessment"}
    )
    header = Header("R", START, Actor("CO-01", "key"), "why", "", "en")
    made = document(case, choose(case, JUSTICE, START, TODAY), Opened(), {}, header)

    assert [one["purpose"] for one in made["consents"]] == ["justice"]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("authorities other_ngos", []),
        ("none", []),
        ("family authorities community", ["family community"]),
    ],
)
def test_a_receiver_learns_whom_to_mind_and_not_whom_she_fears(said: str, told: list[str]) -> None:
    """Who calls her keeps it from the family; that she excluded the authorities is a rule for us."""
    assert _cautions(said, agreed("justice")) == told
    assert _cautions(said, agreed()) == [], "it may be the word of whoever did not agree"


def _cautions(said: str, second: Agreed) -> list[str]:
    """Return what a dossier of an interview with two people tells of those from whom it is to be kept."""
    talk = Record("interview", "c1", 1, {"pseudonym": "", "withhold_from": said}, ("u1", "u2"))
    others = tuple(one for one in RECORDS if one.entity != "interview")
    row = {"opened_at": "2026-11-20T08:00:00.000000Z", "state": "follow_up"}
    both = CaseAgreed("u1", {"u1": agreed("justice"), "u2": second})
    case = msgspec.structs.replace(CASE, row=row, records=(*others, talk), agreed=both)
    word = Word("Ne jamais partager avec", "Never share with", "select_multiple", "withhold_from")
    header = Header("ABCD", START, Actor("CO-01", "key"), "why", "", "en")
    made = document(
        case,
        choose(case, JUSTICE, START, TODAY),
        Opened(),
        {("interview", "withhold_from"): word},
        header,
    )
    fields = [field for one in made["records"] if one["entity"] == "interview" for field in one["fields"]]
    return [field["value"] for field in fields]
