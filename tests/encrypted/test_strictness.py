"""A form at the server may make answers more secret and never less; what only the server knows is sealed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.cli.inflow.pull import pull_lines
from sync_scripts.intake.errors import UnknownVersion
from sync_scripts.intake.notes import ClearCame, KeyNotOurs, MapLowered, MapRedirected, VersionsLeft
from sync_scripts.intake.receive import form_versions
from sync_scripts.intake.receive.served import core_levels
from sync_scripts.register.care import rebuild
from sync_scripts.register.forms.formmap import SEPARATOR, Asked, FormMap, merge, read_map
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.store.schema import raw
from tests.contract import kobo_world
from tests.contract.central_forms import Copy
from tests.contract.kobo_forms import Asset
from tests.encrypted.far import Far, far
from tests.intake.scene import FORMS, VERSION, Scene, shipped, story
from xlsform.model import Form, Row
from xlsform.workbooks import workbook, writing

CANARY = "CANARI-un récit que personne ne doit lire"
OWN: dict[str, FormMap] = {
    row["stamp"]: read_map(row["map"]) for row in shipped() if row["stamp"] in {"alert", "case"}
}
ALERT = OWN["alert"]
PATH = ("story", "short_text")


def edited(change: Callable[[Asked], Asked]) -> FormMap:
    """Return the alert form's map with each question changed."""
    return msgspec.structs.replace(ALERT, questions=tuple(map(change, ALERT.questions)))


def at(path: tuple[str, ...], **values: object) -> Callable[[Asked], Asked]:
    """Change the question at one path."""
    return lambda one: msgspec.structs.replace(one, **values) if one.path == path else one


# --- the rule itself -------------------------------------------------------------------------------------------------


def test_the_same_map_is_read_as_it_is() -> None:
    """No other version is made, nothing is said."""
    found = merge(ALERT, VERSION, {VERSION: ALERT}, core_levels("alert"))

    assert found.map is ALERT
    assert (found.loosened, found.lowered, found.redirected, found.added) == (False, (), (), ())


def test_a_lowered_level_is_noticed_and_not_followed() -> None:
    """It is read as before."""
    found = merge(edited(at(PATH, level=0)), VERSION, {VERSION: ALERT}, {})

    assert found.map is ALERT
    assert (found.lowered, found.redirected, found.loosened) == (("story/short_text",), (), True)


def test_a_redirected_answer_is_noticed_and_not_followed() -> None:
    """A narrative that the server sends into a field shown to all stays where it belongs."""
    found = merge(edited(at(PATH, entity="alert", field="region")), VERSION, {VERSION: ALERT}, {})

    assert found.map is ALERT
    assert (found.lowered, found.redirected) == ((), ("story/short_text",))


def test_a_raised_level_is_followed_under_a_name_of_its_own() -> None:
    """What came before stays as it was read; the same map always gets the same name."""
    served = edited(at(("where", "region"), level=3))
    one, two = (merge(served, VERSION, {VERSION: ALERT}, {}) for _time in range(2))
    level = {asked.path: asked.level for asked in one.map.questions}

    assert one.map.version.startswith(f"{VERSION}{SEPARATOR}")
    assert one.map == two.map
    assert level["where", "region"] == 3
    assert not one.loosened


def test_a_question_that_only_the_server_knows_is_sealed() -> None:
    """Whatever it says of it: a renamed narrative is a narrative."""
    new = Asked(path=("story", "other_text"), type="text", entity="alert", field="region", level=0)
    served = msgspec.structs.replace(ALERT, questions=(*ALERT.questions, new), version="2031010101")
    found = merge(served, "2031010101", {VERSION: ALERT}, {})
    made = {asked.path: asked for asked in found.map.questions}

    assert found.added == ("story/other_text",)
    assert (made[new.path].level, made[new.path].entity, made[new.path].field) == (3, None, None)
    assert made[PATH] == next(asked for asked in ALERT.questions if asked.path == PATH)


def test_the_most_secret_word_counts() -> None:
    """An earlier version here, the shipped form, the register's own field: none is gone below."""
    loose = edited(at(PATH, level=0))
    earlier = merge(loose, VERSION, {VERSION: loose, "2025010101": ALERT}, {})
    shipped_form = merge(loose, VERSION, {VERSION: loose}, core_levels("alert"))
    field = merge(loose, VERSION, {VERSION: loose}, {})
    levels = [
        next(asked.level for asked in found.map.questions if asked.path == PATH)
        for found in (earlier, shipped_form, field)
    ]

    assert levels == [3, 3, 3]


def test_a_form_sent_without_our_columns_says_nothing() -> None:
    """A bare deployment hides which answers are sealed from the server's operators; that is no attack."""
    bare = edited(lambda one: msgspec.structs.replace(one, entity=None, field=None, level=3))
    found = merge(bare, VERSION, {VERSION: ALERT}, core_levels("alert"))

    assert found.map is ALERT
    assert not found.loosened


_LEVEL = st.integers(0, 3)
_PLACE = st.sampled_from([(None, None), ("alert", "region"), ("alert", "short_text"), ("person", "phone")])


@given(st.lists(st.tuples(_LEVEL, _PLACE), min_size=len(ALERT.questions), max_size=len(ALERT.questions)))
def test_no_map_of_a_server_lowers_or_moves_anything(
    said: list[tuple[int, tuple[str | None, str | None]]],
) -> None:
    """Whatever it says: every answer goes where it went, at least as secret as it was."""
    questions = tuple(
        msgspec.structs.replace(asked, level=level, entity=entity, field=field)
        for asked, (level, (entity, field)) in zip(ALERT.questions, said, strict=True)
    )
    found = merge(msgspec.structs.replace(ALERT, questions=questions), VERSION, {VERSION: ALERT}, {})

    assert len(found.map.questions) == len(ALERT.questions)
    for own, read in zip(ALERT.questions, found.map.questions, strict=True):
        assert (read.path, read.entity, read.field, read.type) == (own.path, own.entity, own.field, own.type)
        assert read.level >= own.level


# --- through a pull --------------------------------------------------------------------------------------------------


def lowered(form: Form) -> Form:
    """Let a narrative count as harmless, and send a second one to another field."""
    return _with(form, "short_text", sensitivity="0", register="alert.region")


def _with(form: Form, name: str, **cells: str) -> Form:
    rows = [replace(row, cells={**row.cells, **cells}) if row.name == name else row for row in form.survey]
    return replace(form, survey=tuple(rows))


def raised(form: Form) -> Form:
    """Let the region count as the most secret there is."""
    return _with(form, "region", sensitivity="3")


def renamed(form: Form) -> Form:
    """Ask for the narrative under another name, called harmless."""
    rows: list[Row] = []
    for row in form.survey:
        rows.append(row)
        if row.name == "short_text":
            rows.append(
                replace(
                    row, name="org_text", cells={**row.cells, "sensitivity": "0", "register": "alert.region"}
                )
            )
    return replace(form, survey=tuple(rows))


def serve(place: Far, change: Callable[[Form], Form], *, version: str = VERSION, turn: int = 1) -> None:
    """Let somebody change the form at the server; phones get it under a version of the server's own, another each turn."""
    form = change(workbook.read((FORMS / "alert.xlsx").read_bytes(), file="x.xlsx").form)
    made = writing.write(replace(form, settings={**form.settings, "version": version}))
    if place.kind == "central":
        forms = place.world.published
        forms.ever.add(("alert", f"edite-{turn}"))
        forms.books["alert", f"edite-{turn}"] = made
        forms.published["alert"] = Copy(made, f"edite-{turn}", {})
    else:
        uid = kobo_world.FORM
        own = f"vEditee000000000000{turn}"
        place.world.deployed.assets[uid] = Asset(uid, made, "alert", own, own)


def send(place: Far, number: int, answers: str, *, version: str = VERSION, turn: int = 1) -> None:
    """Let a phone with the changed form send."""
    xml = place.xml(number, answers).replace(VERSION.encode(), version.encode())
    if place.kind == "central":
        xml = xml.replace(
            f'id="alert" version="{version}"'.encode(), f'id="alert" version="edite-{turn}"'.encode(), 1
        )
        place.world.send("alert", xml)
    else:
        place.world.send(xml.replace(b"vInventee0000000000001", f"vEditee000000000000{turn}".encode()))


def clear_columns(place: Far) -> str:
    """Return everything that stands in the clear."""
    return str(place.scene.dump("sealed_item", "key_page", "form_version", "deployed_form"))


def test_what_the_phone_notes_of_itself_may_stand_outside_its_group() -> None:
    """KoboToolbox puts it there in every form; an answer that is put there is one that nobody knows."""
    noted = {("gate", "start"), ("gate", "end"), ("known", "phone_account")}

    def moved(*paths: tuple[str, ...]) -> FormMap:
        return edited(
            lambda one: (
                msgspec.structs.replace(one, path=one.path[-1:], entity=None, field=None)
                if one.path in paths
                else one
            )
        )

    found = merge(moved(*noted), VERSION, {VERSION: ALERT}, core_levels("alert"))

    assert noted <= {asked.path for asked in ALERT.questions}
    assert found.map is ALERT
    assert (found.loosened, found.added) == (False, ())
    assert merge(moved(PATH), VERSION, {VERSION: ALERT}, {}).added == ("short_text",)
    bare = msgspec.structs.replace(
        moved(*noted),
        groups=tuple(one for one in ALERT.groups if one.path[0] != "known"),
        questions=tuple(one for one in moved(*noted).questions if one.path[0] != "known"),
    )
    assert "alert" in Reader(merge(bare, "2031010101", {VERSION: ALERT}, {}).map).entities


@pytest.fixture(params=["central", "kobo"])
def place(request: pytest.FixtureRequest, one: Scene) -> Far:
    """Give a server."""
    return far(request.param, one)


def test_a_form_edited_at_the_server_leaks_nothing(place: Far) -> None:
    """A lowered and redirected narrative: sealed as before, in no clear column; a person is told of it once, not once a version."""
    for turn in (1, 2):
        serve(place, lowered, turn=turn)
        send(place, turn, story(CANARY), turn=turn)
    report = place.report()

    assert (report.new, report.needs_person) == (2, True)
    assert place.notes(report) == {MapLowered.code: 1, MapRedirected.code: 1}
    assert "CANARI" not in clear_columns(place)
    assert any("CANARI" in one.decode() for one in place.scene.opened("row"))
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_renamed_question_leaks_nothing(place: Far) -> None:
    """A question that only the server knows is sealed, whatever it says of itself."""
    serve(place, renamed)
    send(place, 1, f"<story><org_text>{CANARY}</org_text></story>")
    report = place.report()

    assert [(one.form, one.new, one.unknown) for one in report.forms] == [("alert", 1, 1)]
    assert not any("org_text" in line for line in pull_lines(report))
    assert place.scene.count(raw.submission) == 1
    assert "CANARI" not in clear_columns(place)


def test_a_version_that_only_the_server_has_is_read_strictly(place: Far) -> None:
    """A trainer deployed it from another laptop: it is understood, and what it says loosens nothing."""
    serve(place, lambda form: renamed(lowered(form)), version="2031010101")
    send(
        place,
        1,
        f"<story><short_text>{CANARY}</short_text><org_text>{CANARY}</org_text></story>",
        version="2031010101",
    )
    report = place.report()

    assert (report.new, report.quarantined_new) == (1, 0)
    assert "CANARI" not in clear_columns(place)
    (version,) = place.rows(raw.submission, "form_version")
    assert version[0].startswith(f"2031010101{SEPARATOR}")
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_raised_level_is_followed(place: Far) -> None:
    """What the server calls secret is sealed from then on; what came before stays as it was read."""
    place.clear(1)
    place.report()
    serve(place, raised)
    send(place, 2, "")
    report = place.report()
    parts = dict(place.rows(raw.submission, "instance_id", "open_part"))
    before, after = (parts[name] for name in sorted(parts))

    assert (report.new, report.notes) == (1, ())
    assert ('["region","CM010"]' in before, '["region","CM010"]' in after) == (True, False)
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_raised_level_stays_when_the_server_takes_it_back(place: Far) -> None:
    """Any level seen here is a floor: the next version, as it was before, is read as strictly, and a person is told."""
    serve(place, raised)
    send(place, 1, "")
    place.report()
    place.wait(1)
    serve(place, lambda form: form, turn=2)
    send(place, 2, "", turn=2)
    report = place.report()

    assert (report.new, place.notes(report)) == (1, {MapLowered.code: 1})
    assert report.needs_person
    assert not any('["region","CM010"]' in part for (part,) in place.rows(raw.submission, "open_part"))
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_server_is_asked_once_for_a_version(place: Far) -> None:
    """Reading back costs a few calls when a version is met first, and none afterwards."""
    serve(place, lambda form: form)
    send(place, 1, "")
    place.report()
    before = len(place.world.log)
    send(place, 2, "")
    place.report()
    asked = [
        path
        for _method, path, _status in place.world.log[before:]
        if ".xls" in path or "versions" in path.rsplit("/", 1)[-1]
    ]

    assert asked == []


def test_invented_versions_keep_none_that_the_server_lists_from_being_asked_for(
    place: Far, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A phone may name any number of versions; what the server calls secret in one of its own is sealed all the same."""
    monkeypatch.setattr(form_versions, "MOST_ASKED", 1)
    serve(place, raised)
    for number in (2, 3, 4):
        send(place, number, "", turn=number)
    send(place, 1, "")
    for number in (5, 6, 7):
        send(place, number, "", turn=number)
    report = place.report()
    parts = dict(place.rows(raw.submission, "instance_id", "open_part"))

    assert (report.new, place.notes(report)) == (7, {})
    assert '["region","CM010"]' not in parts[min(parts)]
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_a_version_that_nobody_knows_is_read_as_strictly_as_any_that_is_known(place: Far) -> None:
    """To name another version takes no level back: at another server, too, and in the run that learned of it."""
    serve(place, raised)
    send(place, 1, "")
    place.report()
    send(place, 2, "", turn=9)
    place.report()

    assert place.scene.count(raw.submission) == 2
    assert not any('["region","CM010"]' in part for (part,) in place.rows(raw.submission, "open_part"))
    assert not rebuild.check(place.scene.register, place.scene.now).differing


def test_versions_that_were_not_asked_for_are_told(place: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server fails at its forms: nobody knows which versions it has, and so many questions are enough."""
    monkeypatch.setattr(form_versions, "MOST_ASKED", 2)
    serve(place, raised)
    for number in range(1, 6):
        send(place, number, "", turn=number)
    central = place.kind == "central"
    part = "/forms/alert/versions" if central else f"/assets/{kobo_world.FORM}/"

    def fails(asked: httpx.Request) -> httpx.Response | None:
        where = asked.url.path
        return httpx.Response(500, json={}) if where.endswith(part) or (central and part in where) else None

    place.world.knob = fails
    report = place.report()

    assert report.new == 5
    assert place.notes(report) == {VersionsLeft.code: 3}
    assert report.needs_person


def test_a_server_that_gives_no_workbook_is_read_as_before(place: Far) -> None:
    """What cannot be read back says nothing: a version that nobody knows waits in quarantine."""
    send(place, 1, story(CANARY))
    send(place, 2, story(CANARY), version="2031010101")
    report = place.report()

    assert (report.new, report.quarantined_new) == (1, 1)
    assert place.aside("problem") == [(UnknownVersion.code,)]
    assert "CANARI" not in clear_columns(place)


def test_a_key_that_is_not_ours_is_alarmed(place: Far) -> None:
    """Somebody put a form on the server that encrypts for himself."""
    serve(place, lambda form: replace(form, settings={**form.settings, "public_key": "QUJD" * 98}))
    send(place, 1, "")
    report = place.report()

    assert place.notes(report)[KeyNotOurs.code] == 1
    assert report.needs_person


def test_a_key_that_the_server_does_not_show_is_a_key(one: Scene) -> None:
    """KoboToolbox says that a form is encrypted, and may write a workbook without its key: a clear one is alarmed all the same."""
    place = far("kobo", one)
    key = place.make_key().public
    serve(place, lambda form: replace(form, settings={**form.settings, "public_key": key}))
    place.world.deployed.assets[kobo_world.FORM].shows_key = False
    send(place, 1, "")
    report = place.report()

    assert place.notes(report) == {ClearCame.code: 1}
