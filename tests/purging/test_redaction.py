"""One person is taken out of forms that speak of others, too: of her nothing is left, of the others everything."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from sync_scripts.followup.outbound.gather import Scope, work
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.consents import unread_forms
from sync_scripts.register.consents.agreements import of_cases
from sync_scripts.register.consents.errors import LookedAtByAnother
from sync_scripts.register.model.errors import AlreadyErased, ErasedAlone, HeldByLaw, SharedWithOthers
from sync_scripts.register.purging.parting import CameMeanwhile, SharedTexts, TextNotShared
from sync_scripts.register.purging.person import erase_person
from sync_scripts.register.purging.redaction import Texts
from sync_scripts.store import custody
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import TABLES
from sync_scripts.store.seal import erasing
from tests import every_decision
from tests.intake.scene import uid
from tests.purging.ground import CANARY as ALERTS
from tests.purging.ground import Ground, case
from tests.purging.shared import CANARY, FACE, FACE_2, KEEP, OTHER, PHOTO, TALE, both_told, shared
from tests.purging.test_second_look import OTHER_PERSON

SHARED = {
    "alert.short_text",
    "alert.voice",
    "incident.narrative",
    "torture.circumstances",
    "perpetrator.name_alias",
    "evidence.file",
}


def register_rows(ground: Ground) -> dict[str, list[dict[str, Any]]]:
    """Return every table of the register, row by row."""
    return {table.name: ground.scene.rows(table) for table in TABLES}


def test_only_her_rows_and_values_are_others_afterwards(both: Ground) -> None:
    """Register before and after: rows of the others, links and work stay as they are, to the byte."""
    made = shared(both)
    before = register_rows(both)
    done = made.take_out()
    after = register_rows(both)
    assert (done.submissions, done.versions, done.files) == (1, 2, 2)
    changed = {
        name: (
            [row for row in before[name] if row not in after[name]],
            [row for row in after[name] if row not in before[name]],
        )
        for name in before
        if before[name] != after[name]
    }
    gone, new = changed.pop("person")
    assert ([row["uid"] for row in gone], [row["uid"] for row in new]) == (["v1"], ["v1"])
    kept = {name for name, value in new[0].items() if value is not None} - {
        "filing_no",
        "case_code",
        "pseudonym",
    }
    assert kept == {"uid", "number", "unit", "covered_by_consent", "kind"}
    gone, new = changed.pop("act")
    assert ([row["uid"] for row in gone], new[0]["violation"], new[0]["pseudonym"]) == (["a1"], None, "A1")
    gone, new = changed.pop("act_victim")
    assert ([(row["act_uid"], row["person_uid"]) for row in gone], new) == ([("a2", "v1")], [])
    gone, new = changed.pop("torture")
    assert ([row["act_uid"] for row in gone], new) == (["a1"], [])
    gone, new = changed.pop("need")
    assert ({row["person_uid"] for row in gone}, new) == ({"v1"}, [])
    gone, new = changed.pop("assessment")
    assert {name: new[0][name] for name in new[0] if gone[0][name] != new[0][name]} == {
        "health_now": None,
        "retaliation_risk": None,
        "has_safety_plan": False,
    }
    gone, new = changed.pop("interview")
    assert {name for name in gone[0] if gone[0][name] != new[0][name]} == {"language"}
    gone, new = changed.pop("consent")
    assert {row["person_uid"] for row in [*gone, *new]} == {"v1"}
    assert {row["state"] for row in new} == {"withdrawn"}
    gone, new = changed.pop("case")
    assert {name for name in gone[0] if gone[0][name] != new[0][name]} == {"risk"}
    assert changed == {}
    assert both.sound()


def test_nothing_of_her_is_left_anywhere(both: Ground) -> None:
    """No table, no opened item, no file holds an answer of hers; the others' are all there, and nothing that was struck opens."""
    made = shared(both)
    keys = both.keys()
    texts = Texts(also=frozenset({"alert.short_text"}))
    made.take_out(texts)
    left = both.everything()
    assert ALERTS.encode() not in left  # the alert's text was named
    for canary in (CANARY.encode(), FACE, b"677998877", b"677001234"):
        assert canary not in left
    opened = b"".join(both.scene.opened("raw", "row", "file"))
    for kept in (OTHER.encode(), TALE.encode(), FACE_2, PHOTO):
        assert kept in opened
    assert CANARY.encode() not in opened
    assert both.scene.count(raw.erasure_pending) == 0
    assert keys - both.keys()
    assert both.sound()
    assert made.deep() == (4, (), ())


def test_no_source_brings_it_back_and_what_it_shows_counts_as_here(both: Ground) -> None:
    """Not the form itself, nor a later change of it, nor another road."""
    made = shared(both, edited=False)
    made.take_out()
    for name in ("c1", "again"):
        both.scene.touch(both.scene.lay(name, b"", form="case") / "submission.xml", both_told(21) + b" ")
    report = both.scene.pull()
    assert (report.new, report.edited, report.quarantined_new, report.files_new) == (0, 0, 0, 0)
    meta = f"<deprecatedID>{uid(21)}</deprecatedID>"
    both.scene.lay("c9", both_told(29, meta=meta), {"f1.jpg": FACE}, form="case")
    assert both.scene.pull().erased == 1
    with both.scene.register.reading() as rows:
        (unread,) = unread_forms.of_cases(rows, [made.code])
    assert (unread.cause, unread.form) == ("erased", "case"), "the others may say no in it"
    left = both.everything()
    assert CANARY.encode() not in left
    assert FACE not in left
    found = verify(both.scene.register, [both.scene.server], deep=True)
    assert (found.damaged, found.not_pulled, found.elsewhere) == (0, 0, 0)
    assert both.sound()


def test_a_late_file_of_the_others_is_taken_and_hers_is_not(one: Ground) -> None:
    """The form is still awaited where a file of it lacks; what was taken out does not come with it."""
    made = shared(one, edited=False, late=("p.jpg", "f1.jpg"))
    made.take_out()
    for name, data in (("f1.jpg", FACE), ("p.jpg", PHOTO)):
        one.scene.touch(one.scene.root / "case" / "c1" / name, data)
    assert one.scene.pull().files_new == 1
    assert one.scene.pull().files_new == 0
    states = {
        row["question"]: row["state"]
        for row in one.scene.rows(raw.attachment, raw.attachment.c.tag.is_not(None))
    }
    assert states["evidence/file_photo"] == "held"
    opened = b"".join(one.scene.opened("file"))
    assert (PHOTO in opened, FACE in opened) == (True, False)
    assert one.sound()


def test_texts_that_are_nobodys_alone_are_asked_about(one: Ground) -> None:
    """By name, never by content; without an answer nothing is done, and a field that is none of them is refused."""
    made = shared(one)
    before = one.scene.dump()
    with pytest.raises(SharedTexts) as refused:
        made.plan(Texts())
    said = refused.value.words()
    assert set(refused.value.texts.split(", ")) == SHARED
    assert TALE not in said
    with pytest.raises(TextNotShared):
        made.plan(Texts(also=frozenset({"person.full_name"})))
    assert one.scene.dump() == before


def test_a_text_that_is_named_goes_from_every_version_and_from_nobody_elses_row(one: Ground) -> None:
    """The story goes, and what was told of an act of both; of an act of the other one alone it stays."""
    made = shared(one)
    done = made.take_out(
        Texts(also=frozenset({"incident.narrative", "torture.circumstances", "evidence.file"}))
    )
    opened = b"".join(one.scene.opened("raw", "row", "file"))
    assert TALE.encode() not in opened
    assert PHOTO not in opened
    assert OTHER.encode() in opened
    assert done.files == 4
    assert [row["act_uid"] for row in one.scene.rows(tables.torture)] == ["a3"]
    assert made.deep() == (4, (), ())
    assert one.sound()


def test_the_chain_and_the_events_say_what_was_done(one: Ground) -> None:
    """Which version, what its sealed bytes were and are; who, why, which fields by name; never an answer."""
    made = shared(one)
    held = raw.sealed_item
    before = {row["version"]: row for row in one.scene.rows(held, held.c.kind == "raw")}
    made.take_out()
    with one.scene.register.reading() as rows:
        lines = [line.entry for line in custody.read(rows) if line.entry["action"] == "REDACTED"]
        events = rows.execute(select(raw.event).where(raw.event.c.op.like("%.redact"))).mappings().all()
        came = {
            line.entry["details"]["version"]: line.entry["details"]["sealed"]
            for line in custody.read(rows)
            if line.entry["action"] == "RECEIVED" and "sealed" in line.entry["details"]
        }
    assert {line["details"]["version"] for line in lines} == {uid(21), uid(22)}
    assert all(line["details"]["was"] == came[line["details"]["version"]] for line in lines)
    assert {event["subject"] for event in events} == {f"case:{made.code}", f"interview:case/{uid(21)}"}
    assert CANARY not in str([dict(event) for event in events])
    assert all(row["redacted_at"] for row in one.scene.rows(raw.submission, raw.submission.c.stamp == "case"))
    assert before.keys() >= {uid(21), uid(22)}


def test_once_is_enough_and_a_text_may_follow(one: Ground) -> None:
    """Again there is nothing of her; a text that was kept at first can still be named later."""
    made = shared(one)
    made.take_out()
    with pytest.raises(AlreadyErased):
        made.plan(KEEP)
    made.take_out(Texts(also=frozenset({"incident.narrative"})))
    opened = b"".join(one.scene.opened("raw"))
    assert b"<narrative" in opened
    assert f"<narrative>{TALE}".encode() not in opened
    assert made.deep() == (4, (), ())
    assert one.sound()


def test_what_the_law_asks_after_a_withdrawal_is_done_by_it(one: Ground) -> None:
    """The task to erase her ends, the plan of erasure no longer names her, and nothing of her may leave."""
    made = shared(one)
    one.do(withdraw, made.code, person="V1", reason="she asked")
    assert [(line.rule, line.who, line.state) for line in one.plan().lines] == [
        ("person_withdrawn", "V1", "by_hand")
    ]
    made.take_out()
    assert one.plan().lines == ()
    purge = [task for task in one.scene.rows(tables.task) if task["kind"] == "consent_purge"]
    assert [task["done_at"] is not None for task in purge] == [True]
    assert one.sound()


def test_a_correction_of_an_answer_that_was_taken_out_shows_no_more(one: Ground) -> None:
    """Not in the row, nor beside it; that of another person stays."""
    made = shared(one)
    one.do(every_decision.correct, made.code, "person.V1.civil_status", "widowed", reason="she said")
    one.do(every_decision.correct, made.code, "person.V2.civil_status", "married", reason="she said")
    made.take_out()
    status = {row["uid"]: row["civil_status"] for row in one.scene.rows(tables.person)}
    assert status == {"v1": None, "v2": "married"}
    assert [row["record"] for row in one.scene.rows(tables.correction)] == ["v2"]
    with pytest.raises(AlreadyErased) as refused:
        one.do(every_decision.correct, made.code, "person.V1.civil_status", "widowed", reason="she said")
    assert f"dikalo log {made.code} says" in refused.value.words()
    assert one.sound()


def test_a_form_of_her_alone_is_emptied_whole_and_her_number_stays_hers(one: Ground) -> None:
    """Two interviews of one case: of the first everything goes but keys and consents, the second stays as it is."""
    scene = one.scene
    scene.lay("c1", case(21), form="case")
    scene.pull()
    code = str(one.case()["case_code"])
    text = case(23, OTHER).decode().replace("<case_known>no</case_known>", f"<case_code>{code}</case_code>")
    scene.lay("c2", text.encode(), form="case")
    scene.pull()
    from tests.purging.shared import Shared

    before = [row for row in scene.rows(tables.person) if row["uid"] == "v23"]
    done = Shared(one, code).take_out(Texts())
    assert done.submissions == 1
    people = {row["pseudonym"]: row["uid"] for row in scene.rows(tables.person)}
    assert people == {"V1": "v21", "V2": "v23"}
    assert [row for row in scene.rows(tables.person) if row["uid"] == "v23"] == before
    assert ALERTS.encode() not in b"".join(one for one in scene.opened("raw") if b"v21" in one)
    assert ALERTS.encode() not in b"".join(one for one in scene.opened("row") if b"full_name" in one)
    assert one.sound()


def test_what_is_large_goes_with_the_part_beside_it(one: Ground) -> None:
    """Bytes and answers that lie in files of their own: no file, no key and no hash of them is left."""
    made = shared(one, edited=False, plan=f"{CANARY} " * 20_000)
    held = raw.sealed_item
    large = one.scene.rows(held, held.c.file.is_not(None), held.c.kind.in_(("raw", "row")))
    assert {row["kind"] for row in large} == {"raw", "row"}
    made.take_out()
    assert not {row["file"] for row in large} & {
        path.stem for path in one.scene.register.folder.rglob("*.age")
    }
    parts = one.scene.rows(held, held.c.kind == "filepart")
    assert len(parts) == len(one.scene.rows(held, held.c.file.is_not(None)))
    assert CANARY.encode() not in b"".join(one.scene.opened("raw", "row"))
    assert made.deep() == (3, (), ())
    assert one.sound()


def test_the_last_of_several_takes_the_whole_case_along(one: Ground) -> None:
    """Once nobody else is left, it is erased as the case of one person is."""
    made = shared(one)
    made.take_out()
    done = one.do(erase_person, made.code, "V2", reason="she asked, too")
    erasing.finish(one.scene.register)
    assert done.submissions == 2
    opened = b"".join(one.scene.opened("raw", "row", "file"))
    assert OTHER.encode() not in opened
    assert TALE.encode() not in opened
    assert one.sound()


def test_the_other_one_can_be_taken_out_instead(one: Ground) -> None:
    """Somebody who was not interviewed: the talk and its needs stay, with the first person's rows."""
    made = shared(one)
    made.take_out(who="V2")
    opened = b"".join(one.scene.opened("raw", "row", "file"))
    assert OTHER.encode() not in opened
    assert FACE_2 not in opened
    assert CANARY.encode() in opened
    assert {row["person_uid"] for row in one.scene.rows(tables.need)} == {"v1"}
    assert {row["person_uid"] for row in one.scene.rows(tables.interview)} == {"v1"}
    assert one.sound()


def test_a_hold_and_what_was_urgent_stand_in_the_way(one: Ground) -> None:
    """As for any erasure: a court, and nobody alone where it was urgent and no withdrawal is written down."""
    made = shared(one)
    one.do(every_decision.set_hold, made.code, held=True, reason="a court asks")
    with pytest.raises(HeldByLaw):
        made.plan(KEEP)
    one.do(every_decision.set_hold, made.code, held=False, reason="no more")
    one.do(every_decision.set_urgency, made.code, "critical", reason="threats")
    with pytest.raises(ErasedAlone):
        made.plan(KEEP)


@pytest.mark.parametrize(("status", "word"), [("waiting", "encrypted"), ("quarantined", "quarantine")])
def test_what_waits_or_lies_aside_is_not_parted(one: Ground, status: str, word: str) -> None:
    """It says why, and nothing is changed."""
    made = shared(one)
    with one.scene.register.writing() as rows:
        rows.execute(
            raw.submission.update().where(raw.submission.c.instance_id == uid(22)).values(status=status)
        )
    before = one.scene.dump()
    with pytest.raises(SharedWithOthers) as refused:
        made.plan(KEEP)
    assert word in refused.value.words()
    assert one.scene.dump() == before


def test_the_command_for_one_alone_does_not_take_a_case_of_several(one: Ground) -> None:
    """Who came since is not erased with her."""
    made = shared(one)
    with pytest.raises(CameMeanwhile):
        one.do(erase_person, made.code, "V1", reason="she asked")


def test_what_was_done_to_her_made_it_urgent_so_two_people_take_her_out(one: Ground) -> None:
    """Whoever wrote the withdrawal down does not erase; the case stays as urgent and as closely kept, until somebody decides."""
    made = shared(one, edited=False, violation="rape")
    stood = one.case()
    assert (stood["confidentiality"], stood["urgency"]) == ("C3", "high")
    with pytest.raises(ErasedAlone):
        made.plan(KEEP)
    one.do(withdraw, made.code, person="V1", reason="she asked")
    with pytest.raises(LookedAtByAnother):
        made.plan(KEEP)
    made.take_out(by=OTHER_PERSON)
    now = one.case()
    assert (now["confidentiality"], now["urgency"]) == ("C3", "high")
    open_tasks = {row["kind"] for row in one.scene.rows(tables.task) if row["done_at"] is None}
    assert "confidentiality_check" in open_tasks
    assert one.sound()


def test_nobody_is_asked_again_who_was_taken_out(one: Ground) -> None:
    """She agreed, and never took it back: she agrees to nothing now, and when the other one does, the work stops."""
    made = shared(one, hers="<victim_is_child>1</victim_is_child>")
    made.take_out()
    with one.scene.register.reading() as rows:
        agreed = of_cases(rows, [made.code])[made.code]
    assert {consent.state for consent in agreed.of("v1").consents} == {"withdrawn"}
    assert {consent.state for consent in agreed.of("v2").consents} == {"given"}
    one.do(withdraw, made.code, person="V2", reason="she asked, too")
    with one.scene.register.reading() as rows:
        assert of_cases(rows, [made.code])[made.code].stopped(one.scene.now)
    assert one.sound()


def in_workbook(ground: Ground) -> tuple[Any, list[str]]:
    """Return what a T3 workbook made now says of the people of the only case, and for whom it shows a service."""
    with ground.scene.register.reading() as rows:
        ((found, done),) = work(rows, Scope(), detailed=True, at=ground.scene.now)
    return found.people, sorted(one.person or "" for one in done)


def test_who_was_taken_out_comes_back_into_no_workbook(one: Ground) -> None:
    """Her service was in none since she withdrew, and is in none once she is erased; those of the others are."""
    made = shared(one)
    for person, service in (("V1", "pss"), ("V2", "legal")):
        one.do(every_decision.plan_service, made.code, service, person=person)
    assert in_workbook(one) == (("woman",), ["v1", "v2"])
    one.do(withdraw, made.code, person="V1", reason="she called")
    assert in_workbook(one) == ((), ["v2"])
    made.take_out()
    assert in_workbook(one) == ((), ["v2"])


def test_who_was_never_spoken_of_in_a_talk_and_was_taken_out_is_in_no_workbook(one: Ground) -> None:
    """Nothing is written down of what she agreed to; that she was taken out is enough."""
    made = shared(one)
    for person, service in (("V1", "pss"), ("V2", "legal")):
        one.do(every_decision.plan_service, made.code, service, person=person)
    made.take_out(who="V2")
    assert in_workbook(one)[1] == ["v1"]
