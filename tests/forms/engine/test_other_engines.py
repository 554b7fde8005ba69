"""Submissions of ODK Collect's engine, ODK Web Forms and Enketo say the same, whatever clothes they wear."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync_scripts.intake.receive.answers import Answers, read
from sync_scripts.register.forms.answers import Reading
from sync_scripts.register.forms.formmap import form_map
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.forms.values import day, when
from tests.forms.engine.conftest import masked
from xlsform.convert import convert
from xlsform.engine import Setting, fill
from xlsform.model import Form
from xlsform.sources import source
from xlsform.workbooks import writing

DATA = Path(__file__).parents[2] / "data"
ENGINES = ("javarosa", "webforms", "enketo")
UID = re.compile(rb"(<(visitor_uid|instanceID)>(?:uuid:)?)[0-9a-f-]{36}|(<visit_code>)V-[0-9a-f]{8}")


def raw(engine: str, name: str) -> bytes:
    """Return a submission as the engine gave it."""
    return (DATA / "engines" / f"{engine}-{name}.xml").read_bytes()


def form(name: str = "visite") -> Form:
    """Return one of the two forms."""
    path = DATA / "formulaire.yaml" if name == "visite" else DATA / "engines" / "types.yaml"
    return source.load(path)


def said(engine: str, name: str) -> Answers:
    """Read a submission; what engines draw at random is made equal, each row its own number."""
    met = iter(range(100))
    even = UID.sub(
        lambda found: (found[1] or found[3]) + f"00000000-0000-4000-8000-{next(met):012}".encode(),
        raw(engine, name),
    )
    return read(even)


def recorded(engine: str, name: str) -> Reading:
    """Return the records of a submission of the visit."""
    return Reader(form_map(form())).read(said(engine, name).tree, "root")


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_the_records_of_a_visit_are_equal(engine: str) -> None:
    """Same entities, keys, parents and fields, same unmapped answers with their labels, nothing remarked."""
    expected, found = recorded("javarosa", "yes"), recorded(engine, "yes")

    assert found.records == expected.records
    assert found.extras == expected.extras
    assert found.remarks == expected.remarks
    assert {record.entity for record in found.records} == {"alert", "incident"}
    assert [extra.value for extra in found.extras if extra.path.endswith("/marks")] == ["red", "none"]


@pytest.mark.parametrize("engine", ENGINES[1:])
def test_a_refusal_is_the_same_but_for_a_count(engine: str) -> None:
    """No engine sends anything behind the agreement; the web engines count the row that nobody filled."""
    expected, found = recorded("javarosa", "no"), recorded(engine, "no")
    (ours,), (theirs,) = expected.records, found.records

    assert {node.name for node in said(engine, "no").tree} == {
        node.name for node in said("javarosa", "no").tree
    }
    assert ours.fields == {"consent_state": "no", "victim_count": "0"}
    assert theirs.fields == {**ours.fields, "victim_count": "1"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["yes", "no", "types"])
def test_the_envelope_is_read_from_each(engine: str, name: str) -> None:
    """Form, version, stamps, identity and both times as instants, whatever zone and precision they are written in."""
    envelope = said(engine, name).submission
    expected = "types" if name == "types" else "visite"

    assert (envelope.stamp, envelope.stamp_version) == (expected, "2026112501")
    assert (envelope.form, envelope.form_version) == (expected, "2026112501")
    assert envelope.instance_id.startswith("uuid:")
    assert envelope.device_start is not None
    assert envelope.device_end is not None
    assert envelope.device_start <= envelope.device_end
    assert envelope.device_start.tzinfo is UTC
    assert envelope.device_start.date() == datetime(2026, 11, 25, tzinfo=UTC).date()


def test_the_ways_of_writing_are_really_there() -> None:
    """Made again with other versions, these files must still show what they are for."""
    assert b"+00:00</start>" in raw("webforms", "no")
    assert b"-00:00</start>" in raw("enketo", "no")
    assert b"+01:00</start>" in raw("javarosa", "no")
    assert b"<?xml" not in raw("webforms", "yes")
    assert b"<photo" not in raw("enketo", "yes")
    assert re.search(rb"\n\s*\n", raw("enketo", "no"))
    assert b"<yes_or_no>1<" in raw("javarosa", "types")
    assert b"<yes_or_no>true<" in raw("enketo", "types")


@pytest.mark.parametrize("engine", ENGINES)
def test_every_kind_of_answer_means_the_same(engine: str) -> None:
    """Numbers by value, instants by instant, several choices as a set, conditions as yes or no, blanks taken off."""
    found = {node.name: node.value for node in said(engine, "types").tree if isinstance(node.value, str)}

    assert found["words"] == "Première ligne\nseconde « ligne » & fin"
    assert int(found["whole"]) == 12
    assert float(found["fraction"]) == 1.1
    assert day(found["day"]).isoformat() == "2026-11-20"
    assert found["hour"] == "09:30:00.000+01:00"
    assert when(found["moment"]) == datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
    assert [float(part) for part in found["point"].split()] == [6.2, 10.5, 0.0, 5.0]
    assert set(found["letters"].split()) == {"a", "c"}
    assert found["read"] == "OK"
    assert found["code"] == "0012345"
    assert "empty" not in found
    assert float(found["tenth"]) == pytest.approx(0.11)
    assert found["yes_or_no"] in {"1", "true"}


def test_an_engine_that_says_something_else_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above sees a changed answer, and a row that is gone."""
    whole, sent = recorded("javarosa", "yes"), raw("webforms", "yes")
    for other in (
        sent.replace(b"<zone>012", b"<zone>1e3"),
        re.sub(rb"<visitor>.*?</visitor>", b"", sent, count=1),
        sent.replace(b"<marks>red", b"<marks>none"),
    ):
        monkeypatch.setattr(f"{__name__}.raw", lambda _engine, _name, other=other: other)
        found = recorded("webforms", "yes")
        assert (found.records, found.extras) != (whole.records, whole.extras)


@pytest.mark.java
@pytest.mark.usefixtures("java")
@pytest.mark.parametrize("name", ["yes", "no", "types"])
def test_the_files_of_collects_engine_can_be_made_again(name: str, tmp_path: Path) -> None:
    """They are what the engine writes today, but for what it draws and its clock."""
    (tmp_path / "cases.csv").write_text("name,label\nu1,DK-AAAAAA-1\n", "utf-8")
    answers = json.loads((DATA / "engines" / "answers.json").read_text("utf-8"))[name]
    made = form("types" if name == "types" else "visite")
    xform = convert(writing.write(made), name="f.xlsx").xform
    filled = fill(xform, answers, Setting(media=tmp_path))

    def without_code(submission: bytes) -> str:
        return re.sub(r"V-[0-9a-f]{8}", "CODE", masked(submission))

    assert filled.unused == ()
    assert without_code(filled.submission) == without_code(raw("javarosa", name))
