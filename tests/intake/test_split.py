"""What stays open and what is sealed, of every kind of answer."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.intake.receive.answers import Answers, Submission, read
from sync_scripts.intake.receive.split import SUBMISSION, Split, Splitter, coarse
from sync_scripts.register.forms.answers import Node, Tree, read_open_part
from sync_scripts.register.forms.formmap import Asked, FormMap, Held

ROOT = "uuid:00000000-0000-4000-8000-000000000001"


def question(path: str, field: str = "", level: int = 1, kind: str = "text", sort: str = "question") -> Asked:
    """Return a question ``group/name`` mapped to a dotted register name."""
    entity, _, name = field.rpartition(".")
    return Asked(
        path=tuple(path.split("/")),
        type=kind,
        sort=sort,  # type: ignore[arg-type]  # tests write it as plain text
        entity=entity or None,
        field=name or None,
        level=level,
    )


def group(path: str, entity: str | None = None, *, repeat: bool = False) -> Held:
    """Return a group or repeat."""
    return Held(path=tuple(path.split("/")), entity=entity, repeat=repeat)


CASE = FormMap(
    form="case",
    version="1",
    groups=(
        group("incident", "incident"),
        group("victims", "person", repeat=True),
        group("evidence", "evidence", repeat=True),
    ),
    questions=(
        question("incident/region", "incident.region"),
        question("incident/village", "incident.village", 3),
        question("incident/narrative", "incident.narrative", 3),
        question("incident/incident_gps", "incident.gps", 3, "geopoint"),
        question("incident/narrative_audio", "incident.narrative_audio", 3, "audio"),
        question("victims/victim_uid", "person.uid", 0, "calculate", "calculate"),
        question("victims/sex", "person.sex"),
        question("victims/full_name", "person.full_name", 3),
        question("victims/victim_phone", "person.phone", 3),
        question("victims/face", "", 3, "image"),
        question("victims/scar", "", 3),
        question("evidence/evidence_uid", "evidence.uid", 0, "calculate", "calculate"),
        question("evidence/file_photo", "evidence.file", 3, "image"),
        question("remark", "", 2),
        question("home", "", 3, "geopoint"),
    ),
)


def answers(xml: str, meta: str = "") -> Answers:
    """Return a case submission read."""
    head = f'<data id="case" version="1"><meta><instanceID>{ROOT}</instanceID>{meta}</meta>'
    return read(f"{head}{xml}</data>".encode())


def split(xml: str, meta: str = "") -> Split:
    """Return a case submission taken apart; tags are 7."""
    return Splitter(CASE).split(answers(xml, meta), ROOT, lambda _kind, _text: 7)


def parts(found: Split) -> dict[str, tuple[str, dict[str, str]]]:
    """Return owner and fields by row."""
    return {part.row: (part.owner, part.fields) for part in found.parts}


def test_sealed_answers_leave_a_mark_and_go_to_their_row() -> None:
    """The open side knows that a narrative was given, the sealed part of the incident holds it."""
    found = split("<incident><region>CM010</region><narrative>They came at night</narrative></incident>")

    assert found.open_part == '[["incident",[["region","CM010"],["narrative",{}]]]]'
    assert parts(found) == {f"incident:{ROOT}": (SUBMISSION, {"narrative": "They came at night"})}


def test_a_person_has_a_part_and_an_owner_of_its_own() -> None:
    """Each victim can be opened and erased alone."""
    found = split(
        "<victims><victim_uid>u1</victim_uid><sex>f</sex><full_name>N1</full_name></victims>"
        "<victims><victim_uid>u2</victim_uid><sex>m</sex><full_name>N2</full_name><scar>S2</scar></victims>"
    )

    assert parts(found) == {
        "person:u1": ("person:u1", {"full_name": "N1"}),
        "person:u2": ("person:u2", {"full_name": "N2"}),
        "extra:u2": ("person:u2", {"victims[u2]/scar": "S2"}),
    }


def test_a_person_without_uid_stays_with_its_submission() -> None:
    """A position is no identity, so such a person has no scope of its own."""
    found = split("<victims><sex>f</sex><full_name>N1</full_name></victims>")

    assert [part.owner for part in found.parts] == [SUBMISSION]


def test_numbers_leave_a_cut_tag() -> None:
    """A phone number leaves its tag in the open part and nothing else."""
    found = split("<victims><victim_uid>u1</victim_uid><victim_phone>677 00 00 00</victim_phone></victims>")

    assert found.open_part == '[["victims",[["victim_uid","u1"],["victim_phone",{"tag":7}]]]]'


def test_positions_are_coarse_before_they_are_sealed() -> None:
    """Nobody needs a house to the metre; the exact position lies only in the sealed raw bytes."""
    found = split(
        "<incident><region>x</region><incident_gps>5.96317 10.15914 1250.0 4.5</incident_gps></incident>"
        "<home>5.96317 10.15914 0 0</home>"
    )

    assert parts(found) == {
        f"incident:{ROOT}": (SUBMISSION, {"gps": "5.96 10.16"}),
        f"extra:{ROOT}": (SUBMISSION, {"home": "5.96 10.16"}),
    }
    assert coarse("5.961 10.159 0 0;5.97 -10.171 0 0") == "5.96 10.16;5.97 -10.17"
    assert coarse("somewhere") == "somewhere"


def test_an_unknown_question_is_sealed() -> None:
    """What no form version explains could be anything, so it is treated as the worst."""
    found = split(
        "<remark>open</remark><new><thing>secret</thing></new>", "<instanceName>Shown</instanceName>"
    )

    assert found.open_part == '[["remark","open"],["new",[["thing",{}]]]]'
    assert parts(found) == {
        f"extra:{ROOT}": (SUBMISSION, {"meta/instanceName": "Shown", "new/thing": "secret"})
    }


def test_files_are_announced_with_their_owner() -> None:
    """A photo asked inside a victim goes with that victim, everything else with the submission."""
    found = split(
        "<incident><region>x</region><narrative_audio>a.m4a</narrative_audio></incident>"
        "<victims><face>f.jpg</face><victim_uid>u1</victim_uid><sex>f</sex></victims>"
        "<evidence><evidence_uid>e1</evidence_uid><file_photo>p.jpg</file_photo></evidence>",
        "<audit>audit.csv</audit>",
    )

    assert [(one.owner, one.question, one.name) for one in found.media] == [
        (SUBMISSION, "incident/narrative_audio", "a.m4a"),
        ("person:u1", "victims/face", "f.jpg"),
        (SUBMISSION, "evidence/file_photo", "p.jpg"),
        (SUBMISSION, "meta/audit", "audit.csv"),
    ]


def test_nothing_that_is_printed_shows_an_answer() -> None:
    """Values of this module may land in an error report: they name forms and rows only."""
    said = answers(
        "<incident><narrative>CANARY</narrative></incident>", "<instanceName>CANARY</instanceName>"
    )
    found = Splitter(CASE).split(said, ROOT, lambda _kind, _text: None)
    shown = f"{said!r}{said.submission!r}{found!r}{found.parts!r}{found.media!r}"

    assert "CANARY" not in shown


NAMES = st.sampled_from(
    ["incident", "narrative", "region", "victims", "victim_uid", "full_name", "new", "face"]
)
LEAVES = st.builds(Node, NAMES, st.sampled_from(["SEALED-1", "SEALED-2"]))
TREES = st.recursive(LEAVES, lambda below: st.builds(Node, NAMES, st.lists(below, min_size=1).map(tuple)))


def sealed_names(tree: Tree, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the paths of all answers that stand open."""
    found = []
    for node in tree:
        here = (*path, node.name)
        if isinstance(node.value, tuple):
            found += sealed_names(node.value, here)
        elif isinstance(node.value, str):
            found.append(here)
    return found


@settings(max_examples=40, deadline=None)
@given(st.lists(TREES, max_size=5).map(tuple))
def test_only_what_the_form_calls_open_stands_open(tree: Tree) -> None:
    """In whatever shape, an answer stands open only under a path that the form classed 0 to 2: forty submissions."""
    stands_open_as_classed(tree)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.lists(TREES, max_size=5).map(tuple))
def test_only_what_the_form_calls_open_stands_open_in_many_shapes(tree: Tree) -> None:
    """The same, five hundred submissions."""
    stands_open_as_classed(tree)


def stands_open_as_classed(tree: Tree) -> None:
    """Split a submission and look at its open part."""
    envelope = Submission(form="case", form_version="1", stamp="case", stamp_version="1", instance_id=ROOT)
    found = Splitter(CASE).split(Answers(envelope, tree), ROOT, lambda _kind, _text: None)
    allowed = {asked.path for asked in CASE.questions if asked.level < 3}

    assert set(sealed_names(read_open_part(found.open_part))) <= allowed
