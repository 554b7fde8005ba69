"""Which answers make which records: the rules of the domain, one test a rule."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.register.forms.answers import Node, Record, Sealed, Tree, read_open_part, write_open_part
from sync_scripts.register.forms.formmap import Asked, FormMap, Held, form_map, read_map, write_map
from sync_scripts.register.forms.record_reader import Reader, records
from xlsform import pack
from xlsform.model import Form, Row
from xlsform.workbooks import workbook


def question(path: str, field: str = "", level: int = 1, **more: str) -> Asked:
    """Return a question ``group/name`` mapped to a dotted register name."""
    entity, _, name = field.rpartition(".")
    return Asked(
        path=tuple(path.split("/")),
        type=more.get("type", "text"),
        sort=more.get("sort", "question"),  # type: ignore[arg-type]  # tests write it as plain text
        entity=entity or None,
        field=name or None,
        level=level,
        fr=more.get("label", ""),
        en=more.get("label", ""),
    )


def group(path: str, entity: str | None = None, *, repeat: bool = False) -> Held:
    """Return a group or repeat."""
    return Held(path=tuple(path.split("/")), entity=entity, repeat=repeat)


def made(*rows: Asked | Held) -> FormMap:
    """Return the map of a small form."""
    groups = tuple(row for row in rows if isinstance(row, Held))
    return FormMap(
        form="case",
        version="1",
        groups=groups,
        questions=tuple(row for row in rows if isinstance(row, Asked)),
    )


def tree(document: object) -> Tree:
    """Return the tree of ``[[name, text | [children]], …]``."""
    return read_open_part(json.dumps(document))


def shown(found: Record) -> tuple[str, str, str, dict[str, object]]:
    """Return what a record says, for comparing."""
    return found.entity, found.key, found.parent, dict(found.fields)


VICTIMS = made(
    group("victims", "person", repeat=True),
    question("victims/victim_uid", "person.uid", 0, sort="calculate"),
    question("victims/victim_no", "person.number", 0, sort="calculate"),
    question("victims/sex", "person.sex"),
    question("victims/full_name", "person.full_name", 3),
    group("acts", "act", repeat=True),
    question("acts/act_uid", "act.uid", 0, sort="calculate"),
    question("acts/violation", "act.violation", 2),
    question("acts/act_victims", "act_victim.person_uid"),
    group("acts/detention", "detention"),
    question("acts/detention/arrested_at", "detention.arrested_at", 2),
    group("perpetrators", "perpetrator", repeat=True),
    question("perpetrators/perp_uid", "perpetrator.uid", 0, sort="calculate"),
    question("perpetrators/actor", "perpetrator.actor", 2),
    question("perpetrators/perp_acts", "involvement.act_uid"),
    question("perpetrators/degree", "involvement.degree", 2),
)


def test_what_the_phone_notes_of_itself_is_known_outside_its_group() -> None:
    """KoboToolbox moves it there in every form; any other answer there is one that the form does not know."""
    form = made(
        group("gate"),
        question("gate/start", "submission.device_start", 0, type="start", sort="metadata"),
        question("gate/account", type="username", sort="metadata"),
        question("gate/story", "submission.story"),
    )
    said = {"start": "2026-11-02T09:00:00.000+01:00", "account": "F12", "story": "x"}
    moved = Reader(form).read(tree([[name, text] for name, text in said.items()]), "k")
    there = Reader(form).read(tree([["gate", [[name, text] for name, text in said.items()]]]), "k")

    assert [(one.kind, one.place) for one in moved.remarks] == [("question_unknown", "story")]
    assert moved.stamps == {"device_start": said["start"]}
    assert there.remarks == ()


def test_all_groups_of_one_entity_are_one_record() -> None:
    """Eleven groups of the alert make one alert, keyed by the root id."""
    alert = made(
        group("danger", "alert"),
        question("danger/danger_now", "alert.danger_now"),
        group("when", "alert"),
        question("when/when_rel", "alert.when_rel"),
    )

    found = list(
        records(tree([["danger", [["danger_now", "yes"]]], ["when", [["when_rel", "now"]]]]), alert, "r")
    )

    assert [shown(one) for one in found] == [("alert", "r", "", {"danger_now": "yes", "when_rel": "now"})]


def test_an_alert_knows_who_sent_it_by_the_phone_or_by_what_was_typed() -> None:
    """The code that the phone was set up with, or the one that was typed: one field, and the name of an account is no answer."""
    alert = form_map(workbook.read(pack.find("alert").workbook.read_bytes(), file="alert.xlsx").form)
    for known, code in (
        ([["phone_account", "PF-NW-03"], ["own_code", "PF-NW-03"]], "PF-NW-03"),
        ([["phone_account", "bureau"], ["reporter_code", "PF07"]], "PF07"),
    ):
        reading = Reader(alert).read(tree([["danger", [["danger_now", "yes"]]], ["known", known]]), "r")

        assert [one.fields for one in reading.records] == [{"danger_now": "yes", "reporter_code": code}]
        assert (reading.extras, reading.remarks) == ((), ())


def test_a_record_needs_an_answer_to_a_question() -> None:
    """A repetition in which nothing but its calculated uid and number stands makes no record."""
    empty = tree([["victims", [["victim_uid", "u1"], ["victim_no", "1"]]]])

    assert list(records(empty, VICTIMS, "r")) == []


def test_repetitions_are_keyed_by_their_uid_whatever_their_place() -> None:
    """Deleting the first victim does not give its key to the second one."""
    first, second = [["victim_uid", "u1"], ["sex", "f"]], [["victim_uid", "u2"], ["sex", "m"]]

    both = list(records(tree([["victims", first], ["victims", second]]), VICTIMS, "r"))
    left = list(records(tree([["victims", second]]), VICTIMS, "r"))

    assert [one.key for one in both] == ["u1", "u2"]
    assert shown(left[0]) == shown(both[1])


def test_a_repetition_without_uid_is_keyed_by_its_position_and_remarked() -> None:
    """A form without uids still gives its rows, marked as resting on their position."""
    reading = Reader(VICTIMS).read(tree([["victims", [["sex", "f"]]], ["victims", [["sex", "m"]]]]), "r")

    assert [(one.key, one.by_position) for one in reading.records] == [
        ("r/victims/1", True),
        ("r/victims/2", True),
    ]
    assert [remark.kind for remark in reading.remarks] == ["uid_missing", "uid_missing"]


def test_a_uid_that_comes_twice_makes_two_records() -> None:
    """Two repetitions with one uid are never poured together."""
    twice = [["victim_uid", "u1"], ["sex", "f"]]
    reading = Reader(VICTIMS).read(tree([["victims", twice], ["victims", twice]]), "r")

    assert [one.key for one in reading.records] == ["u1", "r/victims/2"]
    assert [remark.kind for remark in reading.remarks] == ["uid_twice"]


def test_sub_records_hang_on_the_enclosing_act() -> None:
    """A detention has its act's key, and each victim chosen for the act is one record."""
    act = [
        ["act_uid", "a1"],
        ["violation", "arrest"],
        ["act_victims", "V1 V2"],
        ["detention", [["arrested_at", "x"]]],
    ]

    assert [shown(one) for one in records(tree([["acts", act]]), VICTIMS, "r")] == [
        ("act", "a1", "r", {"uid": "a1", "violation": "arrest"}),
        ("detention", "a1", "a1", {"arrested_at": "x"}),
        ("act_victim", "a1:V1", "a1", {"person_uid": "V1"}),
        ("act_victim", "a1:V2", "a1", {"person_uid": "V2"}),
    ]


def test_an_involvement_is_one_record_an_act_with_its_degree() -> None:
    """What is said once about an author counts for each act chosen."""
    author = [["perp_uid", "p1"], ["actor", "family"], ["perp_acts", "A1 A2"], ["degree", "ordered"]]
    found = [shown(one) for one in records(tree([["perpetrators", author]]), VICTIMS, "r")]

    assert found[1:] == [
        ("involvement", "p1:A1", "p1", {"act_uid": "A1", "degree": "ordered"}),
        ("involvement", "p1:A2", "p1", {"act_uid": "A2", "degree": "ordered"}),
    ]


def test_consent_is_keyed_by_purpose_and_need_by_choice_with_its_rank() -> None:
    """``consent.stats`` is the row of the purpose ``stats``; a ranking gives positions, it makes no row."""
    form = made(
        question("c_stats", "consent.stats"),
        question("c_un", "consent.un", 2),
        question("needs", "need.service"),
        question("order", "need.rank", type="rank"),
    )
    answers = tree(
        [["c_stats", "yes"], ["c_un", "no"], ["needs", "health legal"], ["order", "legal health other"]]
    )

    assert [shown(one) for one in records(answers, form, "r")] == [
        ("consent", "r:stats", "r", {"stats": "yes"}),
        ("consent", "r:un", "r", {"un": "no"}),
        ("need", "r:health", "r", {"service": "health", "rank": "2"}),
        ("need", "r:legal", "r", {"service": "legal", "rank": "1"}),
    ]


def test_of_two_answers_to_one_field_the_first_is_kept_and_it_is_remarked() -> None:
    """A photo and an audio in one evidence record: the first counts, nobody is left in the dark."""
    form = made(question("photo", "evidence.file", 3), question("audio", "evidence.file", 3))
    reading = Reader(form).read(tree([["photo", "p.jpg"], ["audio", "a.m4a"]]), "r")

    assert [shown(one) for one in reading.records] == [("evidence", "r", "", {"file": "p.jpg"})]
    assert [(remark.kind, remark.place) for remark in reading.remarks] == [("second_answer", "audio")]


def test_what_nobody_mapped_is_extra_with_its_label_and_its_repetition() -> None:
    """An unmapped answer is shown under ``extra``; an unknown question counts as sealed."""
    form = made(
        group("victims", "person", repeat=True),
        question("victims/uid", "person.uid", 0, sort="calculate"),
        question("victims/sex", "person.sex"),
        question("victims/shoes", "", 2, label="Shoes"),
        question("start", "submission.device_start", 0, sort="metadata"),
        question("thanks", "", 0, sort="note"),
    )
    answers = tree(
        [["start", "t"], ["victims", [["uid", "u1"], ["sex", "f"], ["shoes", "41"], ["new", "?"]]]]
    )
    reading = Reader(form).read(answers, "r")

    assert [(one.path, one.en, one.value, one.level) for one in reading.extras] == [
        ("victims[u1]/shoes", "Shoes", "41", 2),
        ("victims[u1]/new", "", "?", 3),
    ]
    assert [remark.kind for remark in reading.remarks] == ["question_unknown"]
    assert reading.stamps == {"device_start": "t"}


def test_the_open_tree_holds_no_sealed_answer_and_gives_the_same_records() -> None:
    """Keys, parents and open fields are the same with the sealed answers and with their marks only."""
    answers = tree(
        [
            ["victims", [["victim_uid", "u1"], ["sex", "f"], ["full_name", "Nobody Real"]]],
            ["victims", [["full_name", "Nobody Else"]]],
            ["strange", [["deep", "secret words"]]],
        ]
    )
    reader = Reader(VICTIMS)
    opened = reader.open_tree(answers, lambda kind, answer: 7)
    text = write_open_part(opened)

    full, bare = reader.read(answers, "r"), reader.read(read_open_part(text), "r")

    assert "Nobody" not in text
    assert "secret" not in text
    assert [(one.entity, one.key, one.parent, one.sealed) for one in full.records] == [
        (one.entity, one.key, one.parent, one.sealed) for one in bare.records
    ]
    assert bare.records[0].fields["full_name"] == Sealed()


def test_a_tagged_answer_leaves_its_cut_tag() -> None:
    """A phone keeps only its tag in the open tree."""
    form = made(question("phone", "person.phone", 3))

    assert Reader(form).open_tree(tree([["phone", "677"]]), lambda kind, answer: 42) == (
        Node("phone", Sealed(42)),
    )


def test_a_sealed_choice_is_not_taken_apart() -> None:
    """A list of victims that a form seals makes one record, so that no key tells what was chosen."""
    form = made(
        group("acts", "act", repeat=True),
        question("acts/act_uid", "act.uid", 0, sort="calculate"),
        question("acts/violation", "act.violation", 2),
        question("acts/act_victims", "act_victim.person_uid", 3),
    )
    answers = tree([["acts", [["act_uid", "a1"], ["violation", "rape"], ["act_victims", "V1 V2"]]]])

    assert [one.key for one in records(answers, form, "r") if one.entity == "act_victim"] == ["a1"]


def test_the_map_of_a_form_survives_its_json() -> None:
    """The map comes from the form's own columns, bare and dotted names alike, and blank sensitivity is sealed."""
    form = Form(
        languages={"fr": "Français (fr)"},
        settings={"form_id": "case", "version": "1"},
        survey=(
            Row("begin_repeat", "victims", {"register": "person", "sensitivity": "1"}),
            Row("calculate", "uid", {"register": "uid", "sensitivity": "0"}),
            Row("text", "said", {"register": "submission.form"}, {"label": {"fr": "Dit"}}),
            Row("end_repeat"),
            Row("text", "loose", {}, {"label": {"fr": "Libre"}}),
        ),
    )
    found = form_map(form)

    assert read_map(write_map(found)) == found
    assert [(one.path, one.entity, one.field, one.level, one.sort) for one in found.questions] == [
        (("victims", "uid"), "person", "uid", 0, "calculate"),
        (("victims", "said"), "submission", "form", 1, "question"),
        (("loose",), None, None, 3, "question"),
        (("dikalo_form",), None, None, 0, "metadata"),
        (("dikalo_version",), None, None, 0, "metadata"),
    ]


NODES = st.recursive(
    st.text(min_size=1) | st.builds(Sealed, st.none() | st.integers(0, 65535)),
    lambda inner: st.lists(st.builds(Node, st.text(min_size=1), inner), max_size=4).map(tuple),
    max_leaves=20,
)


@given(st.lists(st.builds(Node, st.text(min_size=1), NODES), max_size=5).map(tuple))
def test_an_open_part_survives_its_json(nodes: Tree) -> None:
    """What is stored is what is read, and the same tree has the same bytes."""
    text = write_open_part(nodes)

    assert read_open_part(text) == nodes
    assert json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":")) == text


def test_taking_a_tree_apart_reads_what_the_open_part_says_later() -> None:
    """The register may keep the reading made on arrival: a rebuild reads the same thing in the stored open part."""
    form = made(
        question("start", "submission.device_start", 3),
        group("victims", "person", repeat=True),
        question("victims/victim_uid", "person.uid", 0, sort="calculate"),
        question("victims/sex", "person.sex"),
        question("victims/phone", "person.phone", 3),
        question("victims/scar", "", 3),
        question("needs", "need.service"),
        question("why", "need.rank", 3),
        question("c_stats", "consent.stats", 3),
    )
    answers = tree(
        [
            ["start", "t"],
            ["victims", [["victim_uid", "u1"], ["phone", "677"], ["phone", "678"], ["scar", "left"]]],
            ["victims", [["sex", "f"], ["unknown", [["deep", "secret"]]]]],
            ["needs", "health pss"],
            ["why", "because"],
            ["c_stats", "yes"],
        ]
    )
    reader = Reader(form)

    parted = reader.part(answers, "r", lambda kind, answer: 7)

    assert parted.reading == reader.read(read_open_part(write_open_part(parted.tree)), "r")
    assert [(record.key, said) for record, said in parted.records] == [
        ("r:stats", {"stats": "yes"}),
        ("r:health", {"rank": "because"}),
        ("r:pss", {"rank": "because"}),
        ("u1", {"phone": "677"}),
    ]
    assert [(extra.path, said) for extra, said in parted.extras] == [
        ("victims[u1]/scar", "left"),
        ("victims[2]/unknown/deep", "secret"),
    ]
