"""Lists of a server: what is listed, long ones, what is known by now, and what is lacking."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
from sqlalchemy import event, select

from sync_scripts import cli
from sync_scripts.cli.inflow.pull import pull_lines
from sync_scripts.cli.work import old_lists
from sync_scripts.intake.notes import FileMissing, RowWithoutXml
from sync_scripts.intake.places.missing_files import Lacking, lacking, words
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.answers import read
from sync_scripts.register.care import rebuild
from sync_scripts.register.directory.providers import send_providers
from sync_scripts.register.forms.answers import PUBLISHED, row_uuid
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.bench.make import DAY, workspace
from tests.bench.taking_over import lay
from tests.contract import central_world, kobo_world
from tests.intake.scene import COORDINATOR, FORMS, NOW, Scene, alert, draw, edit_of, uid
from tests.intake.test_servers import Far
from tests.store.commands import pipe

PLACE, CODE = "7/providers", "PRE-NW-01"


def followup(provider: str) -> bytes:
    """Return a follow-up of the samples that names another provider."""
    found = (FORMS / "samples" / "followup" / "f01" / "submission.xml").read_bytes()
    assert CODE.encode() in found
    return found.replace(CODE.encode(), provider.encode())


def providers(one: Scene) -> set[str]:
    """Return the providers of all interventions."""
    asked = select(tables.intervention.c.provider_code).where(
        tables.intervention.c.provider_code.is_not(None)
    )
    with one.register.reading() as rows:
        return {str(code) for code in rows.execute(asked).scalars()}


def send(one: Scene, *codes: str) -> None:
    """Say that codes go to the list of a Central."""
    with one.register.writing() as rows:
        send_providers(rows, PLACE, codes, COORDINATOR, one.now, drawing=draw)


@pytest.fixture
def chosen(one: Scene) -> Scene:
    """Return a scene with a follow-up, not yet pulled, whose provider was chosen on a phone of a Central."""
    one.lay("f", followup(row_uuid(CODE, PLACE)), form="followup")
    return one


def test_what_was_sent_is_known_by_its_code(chosen: Scene) -> None:
    """The row's uuid never reaches the register; a rebuild says the same."""
    send(chosen, CODE, "PRE-NW-02")
    chosen.pull()

    assert providers(chosen) == {CODE}
    assert not rebuild.check(chosen.register, chosen.now).differing


def test_a_list_that_is_sent_later_names_what_was_chosen_before(chosen: Scene) -> None:
    """Another laptop had sent it: as soon as this one does, the code is there, and a rebuild says the same."""
    chosen.pull()
    before = providers(chosen)
    send(chosen, CODE)

    assert before == {row_uuid(CODE, PLACE)}
    assert providers(chosen) == {CODE}
    assert not rebuild.check(chosen.register, chosen.now).differing


def test_a_code_that_was_chosen_or_typed_stays(one: Scene) -> None:
    """KoboToolbox and the folder have the code itself in the list."""
    send(one, CODE)
    one.lay("f", followup("PRE-XX-09"), form="followup")
    one.pull()

    assert providers(one) == {"PRE-XX-09"}


def test_a_row_of_another_list_stays_as_it_came(chosen: Scene) -> None:
    """Nothing is guessed."""
    send(chosen, "PRE-NW-07")
    chosen.pull()

    assert providers(chosen) == {row_uuid(CODE, PLACE)}


def test_nothing_sent_is_no_event(one: Scene) -> None:
    """A second publication of the same list writes nothing."""
    send(one)

    assert one.count(raw.event, raw.event.c.op == PUBLISHED) == 0


@pytest.mark.parametrize(("shared", "rows", "said"), [(True, 3, True), (True, 2, False), (False, 3, False)])
@pytest.mark.parametrize("more", [("--dry-run",), ()])
def test_colleagues_wait_only_where_it_is_said_first(  # noqa: PLR0917 - what a run needs
    new_database: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shared: bool,
    rows: int,
    said: bool,
    more: tuple[str, ...],
) -> None:
    """On a shared register and for a long list alone, before anything is written; on one laptop nobody else waits."""
    monkeypatch.setattr(old_lists, "_LONG", 2)
    workspace(tmp_path / "w", tmp_path, new_database("template0") if shared else None)
    listed, mapped = lay(tmp_path, rows)
    monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
    words = ("cases", "import", str(listed), "--map", str(mapped), *more)

    assert cli.main(["-C", str(tmp_path / "w"), "--lang", "en", *words]) == 0
    told = capsys.readouterr().err
    assert ("nobody else can write" in told) is said
    assert ("files of 2 rows" in told) is said


def test_no_question_about_a_page_reads_a_whole_table(one: Scene) -> None:
    """Each lookup names every column of an index that it searches; a scan would make a pull grow with its square."""
    one.lay("a", alert(1))
    one.lay("b", alert(2, meta=edit_of(1)))
    one.pull()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if statement.startswith("SELECT") and "FROM submission" in statement:
            asked.append((statement, parameters))

    event.listen(one.register.engine, "before_cursor_execute", note)
    forms = known.Forms()
    page = [read(alert(3, meta=edit_of(2))).submission, read(alert(1)).submission]
    with one.register.reading() as rows:
        forms.refresh(rows)
        known.known(rows, "folder", page, forms)
        plans = [
            " ".join(
                row[3]
                for row in rows._connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            )
            for statement, parameters in list(asked)
        ]
    event.remove(one.register.engine, "before_cursor_execute", note)

    assert len(plans) == 3
    assert "ix_submission_edit (instance_id=?)" in plans[0]
    assert "ix_submission_deprecated_id (deprecated_id=?)" in plans[1]
    assert "root_id=?" in plans[2]
    values = "SCAN anon_1 VIRTUAL TABLE"  # those that are asked about
    assert not any("SCAN" in plan.replace(values, "") for plan in plans)


@pytest.mark.parametrize("server", ["folder", "other"])
def test_only_versions_of_the_same_server_are_known(one: Scene, server: str) -> None:
    """The same ids at another server are other raw rows."""
    one.lay("a", alert(1))
    one.lay("b", alert(2, meta=edit_of(1)))
    one.pull()
    forms = known.Forms()
    with one.register.reading() as rows:
        forms.refresh(rows)
        found = known.known(rows, server, [read(alert(2, meta=edit_of(1))).submission], forms)

    assert bool(found.versions) is (server == "folder")


PHOTO = "<story><safe_to_photo>yes</safe_to_photo><photo>{name}</photo></story>"
VOICE = "<story><voice>{name}</voice></story>"


def by(code: str, number: int, answers: str) -> bytes:
    """Return an alert of one reporter."""
    return alert(number, f"<known><reporter_code>{code}</reporter_code></known>{answers}")


def test_they_are_counted_by_reporter_and_sort(one: Scene) -> None:
    """One line a person and sort, the oldest first; what arrived is not in it."""
    one.lay("a", by("F12", 1, PHOTO.format(name="p.jpg")))
    one.lay("b", by("F12", 2, PHOTO.format(name="p.jpg")))
    one.lay("c", by("F12", 3, PHOTO.format(name="p.jpg")), {"p.jpg": b"x"})
    one.lay("d", by("M3", 4, VOICE.format(name="v.m4a")))
    one.lay("e", alert(5, PHOTO.format(name="p.jpg")))
    found = {(each.reporter, each.sort): each.count for each in one.pull().lacking}

    assert found == {("F12", "photo"): 2, ("M3", "audio"): 1, ("", "photo"): 1}


def test_the_sentence_names_whom_to_ask() -> None:
    """Today, and why."""
    assert words(Lacking("F12", "photo", 3, NOW)) == (
        "3 photos announced and not arrived; ask F12 today to send again while the phone still has what is missing."
    )
    assert words(Lacking("F12", "audio", 1, NOW)).startswith("1 recording announced and not arrived; ask F12")
    assert (
        words(Lacking("", "file", 2, NOW))
        == "2 files announced and not arrived; the form names nobody to ask."
    )


def test_they_are_said_by_the_pull(one: Scene) -> None:
    """For a person and for a program."""
    one.lay("a", by("F12", 1, PHOTO.format(name="p.jpg")))
    report = one.pull()

    assert (
        "1 photo announced and not arrived; ask F12 today to send again while the phone still has what is missing."
        in list(pull_lines(report))
    )
    assert [each["reporter"] for each in report.document()["lacking"]] == ["F12"]


def test_a_pull_that_is_cut_says_of_no_file_that_it_is_missing(one: Scene) -> None:
    """It had not asked for them: they are awaited, no phone is blamed, and the next pull says which have really not come."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    for number in range(1, 4):
        far.send(number, PHOTO.format(name="p.jpg"), {"p.jpg": b"x"} if number < 3 else {})
    far.world.knob = _cut_at("attachments")
    cut = far.pull()
    far.world.knob = lambda _request: None
    whole = far.report()

    assert cut.failure is not None
    assert (cut.report.new, cut.report.files_waiting, cut.report.lacking) == (3, 3, ())
    assert FileMissing.code not in dict(cut.report.notes)
    assert not any("phone" in line for line in pull_lines(cut.report))
    assert (whole.files_new, sum(each.count for each in whole.lacking)) == (2, 1)
    assert dict(whole.notes)[FileMissing.code] == 1
    assert FileMissing.code not in dict(far.report().notes)


def test_a_file_whose_list_never_answers_is_told_as_unanswered(one: Scene) -> None:
    """Nobody knows whether it is missing, so no phone is blamed; after two days somebody is told all the same, until it answers."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1, PHOTO.format(name="p.jpg"))
    far.world.knob = lambda request: (
        httpx.Response(500, json={}) if request.url.path.endswith("/attachments") else None
    )
    first = far.pull().report
    far.wait(50)
    later = far.pull().report
    far.world.knob = lambda _request: None
    far.wait(1)
    answered = far.report()

    assert first.lacking == ()
    assert [(each.unanswered, each.count) for each in later.lacking] == [(True, 1)]
    assert "has not said for two days" in words(later.lacking[0])
    assert [each.unanswered for each in answered.lacking] == [False]


def _cut_at(part: str) -> Callable[[httpx.Request], httpx.Response | None]:
    """Return a line that is dead from the first request on whose address has this in it."""
    seen: list[bool] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        seen.extend([True] if part in request.url.path else [])
        return httpx.Response(503) if seen else None

    return knob


@pytest.mark.parametrize("kind", ["central", "kobo"])
def test_files_of_what_was_deleted_at_the_server_are_awaited_no_more(one: Scene, kind: str) -> None:
    """Neither counted, nor said, nor asked for; once it is back there, they are."""
    world = central_world.World(forms={"alert": []}) if kind == "central" else kobo_world.World(cap=3)
    world.now = one.now - timedelta(hours=2)
    far = Far(one, kind, world)
    far.send(1, PHOTO.format(name="p.jpg"))
    far.send(2, PHOTO.format(name="p.jpg"))
    before = far.report()
    far.wait(30)
    far.delete(1)
    deleted = far.report()
    far.wait(1)
    asked: list[str] = []
    world.knob = lambda request: asked.append(unquote(str(request.url)))
    again = far.report()

    assert (before.files_waiting, deleted.files_waiting, again.files_waiting) == (2, 1, 1)
    assert asked
    assert not any(uid(1) in one for one in asked)
    assert sum(each.count for each in again.lacking) == 1


def test_what_nobody_looks_for_any_more_is_not_said(one: Scene) -> None:
    """After thirty days a phone has it no more; the whole number stays."""
    one.lay("a", by("F12", 1, PHOTO.format(name="p.jpg")))
    one.pull()
    with one.register.reading() as rows:
        assert lacking(rows, one.now + timedelta(days=29))
        assert not lacking(rows, one.now + timedelta(days=31))


def test_versions_without_their_bytes_are_named(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """By form and by eight signs that say nothing; the next pull has them."""
    far = Far(one, "central", central_world.World(forms={"alert": []}, now=one.now - timedelta(hours=2)))
    far.send(1)
    far.send(2)
    far.world.knob = lambda request: (
        httpx.Response(404) if request.url.path.endswith(f"{uid(2)}.xml") else None
    )
    report = far.report()
    far.world.knob = lambda _request: None
    ((server, form, mark),) = report.unread_of
    said = " ".join(pull_lines(report))

    assert (server, form, len(mark)) == (far.server.name, "alert", 8)
    assert f"of the form alert of the server {server}: 1 ({mark})" in said
    assert uid(2) not in said
    assert far.report().unread_of == ()


def test_a_row_without_xml_is_said_to_be_what_a_failed_sending_leaves(one: Scene) -> None:
    """KoboToolbox lists it and has no content of it: not stored, not lost, said in its own words until the phone sends again."""
    far = Far(one, "kobo", kobo_world.World())
    far.world.now = one.now - timedelta(hours=2)
    far.send(1)
    far.send(2)
    phantom = far.world.find(uid(2))
    phantom.phantom = True
    first, again = far.report(), far.report()
    far.world.twin(uid(2))
    resent = far.report()
    far.world.forms[kobo_world.FORM].remove(phantom)
    last = far.report()

    assert [dict(report.notes).get(RowWithoutXml.code) for report in (first, again)] == [1, 1]
    assert first.needs_person
    assert (first.new, resent.new, [form for _server, form, _mark in first.unread_of]) == (
        1,
        1,
        [kobo_world.FORM],
    )
    assert (last.notes, last.unread_of) == ((), ())
    assert far.rows("instance_id", "status") == [(uid(1), "ok"), (uid(2), "ok")]
