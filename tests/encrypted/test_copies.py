"""Teams' copies of a form at a Central: one form under several ids, for its gate, its levels, its key, its rules, its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from sync_scripts import config
from sync_scripts.config import TeamSettings
from sync_scripts.deploy.package import key_in, pack
from sync_scripts.intake.completeness.verify import verify
from sync_scripts.intake.notes import ClearCame, MapLowered, MapRedirected
from sync_scripts.register.care import rebuild
from sync_scripts.register.care.form_learning import learn_forms
from sync_scripts.register.forms.formmap import read_map
from sync_scripts.store.schema import metadata, raw
from tests.contract.central_forms import Copy
from tests.encrypted.conftest import Run, Worlds
from tests.encrypted.far import Far, far
from tests.encrypted.phone import encrypt
from tests.encrypted.test_clear import deployed
from tests.encrypted.test_strictness import CANARY, lowered
from tests.intake.scene import FORMS, NOW, VERSION, Scene, alert, flags, story, uid
from tests.intake.test_commands import opened
from xlsform.model import Form
from xlsform.overlay.core import twin_of
from xlsform.workbooks import workbook, writing

TEAMS = (
    TeamSettings(name="nord", departments=("CM007002",), people=("F12",), forms=("alert_nord",)),
    TeamSettings(name="sud", departments=("CM010001",), people=("F20",), forms=("alert_sud",)),
)
COPIES = ("alert_nord", "alert_sud")


def through(copy: str, number: int, answers: str = "", *, stamped: bool = True) -> bytes:
    """Return an alert that is filled in with a copy; one made by hand may lack the stamps."""
    xml = alert(number, answers).replace(b'id="alert"', f'id="{copy}"'.encode(), 1)
    stamps = f"<dikalo_form>alert</dikalo_form><dikalo_version>{VERSION}</dikalo_version>".encode()
    return xml if stamped else xml.replace(stamps, b"")


# --- made by dikalo --------------------------------------------------------------------------------------------------


@pytest.fixture
def office(root: Path) -> Path:
    """Give a workspace with two teams that have a copy of the alert each, at a Central alone."""
    settings = config.load(root)
    bureau = msgspec.structs.replace(settings.server[0], forms=("alert",))
    config.write(root, msgspec.structs.replace(settings, server=(bureau,), team=TEAMS))
    return root


def test_copies_go_up_with_their_form_and_a_second_run_writes_nothing(
    run: Run, office: Path, worlds: Worlds
) -> None:
    """Same questions, version and key, another id, and the form's own stamp; no workbook of theirs lies in the folder."""
    made = run("keys", "form", "alert", "--json")[1]
    code, sent, talk = run("forms", "deploy", "--json", login="bureau")
    before = len(worlds.central.log)
    again = run("forms", "deploy", "--json", login="bureau")
    wrote = [
        path for method, path, _s in worlds.central.log[before:] if method != "GET" and "sessions" not in path
    ]
    there = {name: one.workbook for name, one in worlds.central.published.published.items()}
    with opened(office) as register, register.reading() as rows:
        asked = select(raw.deployed_form).order_by(raw.deployed_form.c.form)
        known = [(one.form, one.stamp, one.public_key) for one in rows.execute(asked)]

    assert code == 0, talk
    assert [(one["code"], one["copy_of"]) for one in sent["forms"]] == [
        ("alert", None),
        ("alert_nord", "alert"),
        ("alert_sud", "alert"),
    ]
    assert (wrote, [one["unchanged"] for one in again[1]["forms"]]) == ([], [True] * 3)
    assert {key_in(one) for one in there.values()} == {made["public_key"]}
    assert known == [(name, "alert", made["fingerprint"]) for name in ("alert", *COPIES)]
    for name in COPIES:
        form = workbook.read(there[name], file="x.xlsx").form
        assert (form.form_id, form.version) == (name, VERSION)
        assert [row.cell("calculation") for row in form.survey if row.name == "dikalo_form"] == ["'alert'"]
    assert sorted(path.name for path in (office / "forms").glob("*.xlsx")) == ["alert.xlsx", "case.xlsx"]


def test_a_copy_gets_the_key_of_its_form_when_the_form_gets_one(
    run: Run, office: Path, worlds: Worlds
) -> None:
    """Nothing but the key is different: a version of its own, which phones fetch; then another key, and nothing any more."""
    assert run("forms", "deploy", login="bureau")[0] == 0
    there, keys = worlds.central.published.published, []
    for words in ((), ("--replace",)):
        keys.append(run("keys", "form", "alert", "--json", *words)[1]["public_key"])
        code, _out, talk = run("forms", "deploy", login="bureau")
        assert code == 0, talk
        assert {key_in(one.workbook) for one in there.values()} == {keys[-1]}
    before = len(worlds.central.log)
    run("forms", "deploy", login="bureau")

    assert len(set(keys)) == 2
    assert {name: one.version.startswith(f"{VERSION}-") for name, one in there.items()} == dict.fromkeys(
        ("alert", *COPIES), True
    )
    wrote = [
        path for method, path, _s in worlds.central.log[before:] if method != "GET" and "sessions" not in path
    ]
    assert wrote == []


def test_a_copy_is_sent_alone_and_only_to_a_central(run: Run, root: Path, worlds: Worlds) -> None:
    """By its name; KoboToolbox has forms of its own for teams."""
    config.write(root, msgspec.structs.replace(config.load(root), team=TEAMS))
    run("forms", "deploy", "alert_nord", "--server", "bureau", login="bureau")
    code, sent, _talk = run("forms", "deploy", "alert_nord", "--server", "terrain", "--json", login="terrain")

    assert set(worlds.central.published.published) == {"alert_nord"}
    assert (code, sent["forms"], worlds.kobo.deployed.assets) == (0, [], {})


def test_an_alert_through_a_copy_is_an_alert(run: Run, office: Path, worlds: Worlds) -> None:
    """Deployed, filled in, pulled: sealed, triaged, one row under the form; nobody had to name the copies for the pull."""
    key = run("keys", "form", "alert", "--json")[1]["public_key"]
    assert run("forms", "deploy", login="bureau")[0] == 0
    worlds.central.forms |= {"alert": [], "alert_nord": [], "alert_sud": []}
    assert run("keys", "server", "bureau", login="bureau")[0] == 0
    sent = encrypt(key, through("alert_nord", 1, story(CANARY)))
    worlds.central.send("alert_nord", sent.manifest, dict(sent.files))
    code, report, talk = run("pull", "--json")
    again = run("pull", "--json")
    proved = run("verify", "--json")
    with opened(office) as register:
        with register.reading() as rows:
            (filed,) = rows.execute(select(metadata.tables["filing"])).mappings().all()
            (row,) = rows.execute(select(metadata.tables["alert"])).mappings().all()
            kept = rows.execute(select(raw.submission)).mappings().one()
            clear = str(
                [rows.execute(select(one)).all() for one in metadata.sorted_tables if one.name not in _SEALED]
            )
        same = not rebuild.check(register, NOW + timedelta(days=400)).differing

    assert (code, report["new"], report["quarantined_new"]) == (0, 1, 0), talk
    assert (again[1]["new"], proved[0], proved[1]["not_pulled"]) == (0, 0, 0)
    assert (filed["stamp"], filed["form"], filed["root_id"]) == ("alert", "alert_nord", uid(1))
    assert (row["danger_now"], row["state"], row["urgency"]) == ("yes", "received", "critical")
    assert (kept["form"], kept["stamp"], kept["form_version"], kept["encryption"]) == (
        "alert_nord",
        "alert",
        VERSION,
        "whole",
    )
    assert "CANARI" not in clear
    assert same


_SEALED = {"sealed_item", "key_page", "form_version", "deployed_form"}


def test_a_copy_cannot_go_around_what_protects_the_form(run: Run, office: Path, worlds: Worlds) -> None:
    """The form itself is checked; one that loosens its gate goes up under no id at all."""

    def open_gate(form: Form) -> Form:
        rows = [
            replace(row, cells={name: text for name, text in row.cells.items() if name != "relevant"})
            if row.name == "danger"
            else row
            for row in form.survey
        ]
        return replace(form, survey=tuple(rows), settings={**form.settings, "version": "2030010101"})

    path = office / "forms" / "alert.xlsx"
    path.write_bytes(writing.write(open_gate(workbook.read(path.read_bytes(), file="x").form)))
    code, _out, talk = run("forms", "deploy", "alert_nord", login="bureau")

    assert code != 0, talk
    assert worlds.central.log == []


# --- made by hand ----------------------------------------------------------------------------------------------------


def by_hand(
    *,
    stamped: bool,
    change: Callable[[Form], Form] = lambda form: form,
    name: str = "alert_nord",
    public: str = "",
) -> bytes:
    """Return the workbook of a copy as somebody makes it in Excel, with the rows of the stamps as they were or without."""
    form = change(workbook.read((FORMS / "alert.xlsx").read_bytes(), file="x.xlsx").form)
    settings = {**form.settings, "form_id": name, **({"public_key": public} if public else {})}
    made = writing.write(replace(form, settings=settings), original="alert")
    if stamped:
        return made
    from io import BytesIO

    from openpyxl import load_workbook

    book = load_workbook(BytesIO(made))
    book["survey"].delete_rows(book["survey"].max_row - 1, 2)
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def upload(place: Far, made: bytes, name: str = "alert_nord") -> None:
    """Let somebody upload it at the server."""
    there = place.world.published
    there.published[name] = Copy(made, VERSION, {})
    there.ever.add((name, VERSION))
    there.books[name, VERSION] = made
    place.world.forms |= {name: []}


@pytest.fixture
def place(one: Scene) -> Far:
    """Give a Central."""
    return far("central", one)


@pytest.mark.parametrize("stamped", [True, False])
def test_a_copy_made_by_hand_is_read_as_its_form(place: Far, *, stamped: bool) -> None:
    """Its lowered levels and moved answers are not followed, with or without stamps; it is triaged, in one row of the form."""
    upload(place, by_hand(stamped=stamped, change=lowered))
    place.world.send("alert_nord", through("alert_nord", 1, story(CANARY), stamped=stamped))
    report = place.report()
    with place.scene.register.reading() as rows:
        (row,) = rows.execute(select(metadata.tables["alert"])).mappings().all()

    assert (report.new, report.quarantined_new) == (1, 0)
    assert place.notes(report) == {MapLowered.code: 1, MapRedirected.code: 1}
    assert place.rows(raw.submission, "form", "stamp", "form_version") == [("alert_nord", "alert", VERSION)]
    assert place.rows(metadata.tables["filing"], "stamp", "root_id") == [("alert", uid(1))]
    assert (row["danger_now"], row["state"], row["urgency"]) == ("yes", "received", "critical")
    assert "CANARI" not in str(place.scene.dump(*_SEALED))
    assert any("CANARI" in one.decode() for one in place.scene.opened("row"))
    assert not rebuild.check(place.scene.register, place.scene.now).differing
    assert verify(place.scene.register, [place.server]).not_pulled == 0


@pytest.mark.parametrize("stamped", [True, False])
def test_a_copy_without_the_key_of_its_form_is_an_alarm(place: Far, *, stamped: bool) -> None:
    """Phones encrypt the form; what they send with the copy, the server reads: taken, flagged, and a person is told."""
    place.make_key()
    deployed(place)
    upload(place, by_hand(stamped=stamped))
    place.world.send("alert_nord", through("alert_nord", 1, story(CANARY), stamped=stamped))
    report = place.report()

    assert (report.new, report.needs_person) == (1, True)
    assert place.notes(report)[ClearCame.code] == 1
    assert "clear_on_encrypted_form" in flags(place.scene)
    assert "CANARI" not in str(place.scene.dump(*_SEALED))


def test_a_case_through_a_copy_without_the_key_is_put_aside(place: Far) -> None:
    """As a case in the clear is with the form itself."""
    place.make_key("day", "case")
    deployed(place, "case")
    package = pack(FORMS / "case.xlsx", FORMS / "media")
    form = workbook.read(package.workbook, file="x.xlsx").form
    copy = writing.write(replace(form, settings={**form.settings, "form_id": "case_nord"}), original="case")
    upload(place, copy, "case_nord")
    place.world.send("case_nord", alert(1, form="case").replace(b'id="case"', b'id="case_nord"', 1))
    report = place.report()

    assert (report.new, report.quarantined_new, report.needs_person) == (0, 1, True)
    assert place.aside("problem", "form") == [("DK-E09", "case")]


def test_a_copy_of_before_the_key_or_with_it_is_no_alarm(place: Far) -> None:
    """Phones that have not fetched the copy with the key yet do nothing wrong; nor does a copy older than the key."""
    place.make_key()
    assert place.key is not None
    deployed(place)
    upload(place, by_hand(stamped=True))
    place.world.send("alert_nord", through("alert_nord", 1))
    with_key = by_hand(stamped=True, public=place.key.public)
    there = place.world.published
    there.ever.add(("alert_nord", "avec-cle"))
    there.books["alert_nord", "avec-cle"] = with_key
    sent = encrypt(place.key.public, through("alert_nord", 2).replace(VERSION.encode(), b"avec-cle", 1))
    place.deploy(with_key, version="avec-cle")
    with place.scene.register.writing() as rows:
        rows.execute(
            raw.deployed_form.update()
            .where(raw.deployed_form.c.version == "avec-cle")
            .values(form="alert_nord")
        )
    place.world.send("alert_nord", sent.manifest, dict(sent.files))
    report = place.report()

    assert (report.new, report.notes) == (2, ())
    assert flags(place.scene) == set()


def test_a_copy_older_than_the_key_is_no_alarm(place: Far) -> None:
    """What phones fetched before anybody asked for encryption."""
    upload(place, by_hand(stamped=True))
    place.make_key()
    deployed(place)
    with place.scene.register.writing() as rows:
        newer = raw.deployed_form.update().where(raw.deployed_form.c.form == "alert")
        rows.execute(newer.values(stamp_version="2031010101"))
    place.world.send("alert_nord", through("alert_nord", 1))

    assert place.report().notes == ()


def test_a_workbook_of_a_copy_is_not_sent(run: Run, root: Path, worlds: Worlds) -> None:
    """Nothing of it is known by its id: neither its gate, nor its levels, nor its key; dikalo makes copies itself."""
    for stamped in (True, False):
        (root / "forms" / "alerte_bis.xlsx").write_bytes(
            by_hand(stamped=stamped, name="alerte_bis", change=lowered)
        )
        code, _out, talk = run("forms", "deploy", "alerte_bis", "--server", "bureau", login="bureau")

        assert (code, "DK-N37" in talk) == (2, True), talk
    assert worlds.central.log == []


def test_a_workbook_of_a_copy_is_read_as_secretly_as_its_form(place: Far, tmp_path: Path) -> None:
    """Laid into the folder of forms by somebody who uploaded it elsewhere: its own levels lower nothing."""
    (tmp_path / "alerte_bis.xlsx").write_bytes(by_hand(stamped=False, name="alerte_bis", change=lowered))
    learn_forms(place.scene.register, tmp_path, NOW)
    with place.scene.register.reading() as rows:
        asked = select(raw.form_version.c.map).where(raw.form_version.c.form == "alerte_bis")
        made = read_map(rows.execute(asked).scalar_one())

    assert {one.path: one.level for one in made.questions}["story", "short_text"] == 3


@pytest.mark.parametrize("name", ["alert", "case", "followup", "closure", "situation"])
def test_a_form_of_its_own_is_no_copy(name: str) -> None:
    """Neither one that dikalo ships, nor an organisation's own that shares a group with it."""
    form = workbook.read((FORMS / f"{name}.xlsx").read_bytes(), file="x.xlsx").form
    half = [
        row
        for row in form.survey
        if row.name in {"gate", "consent_alert"} or row.base in {"begin_group", "end_group"}
    ]

    assert twin_of(form) == ""
    assert twin_of(replace(form, settings={**form.settings, "form_id": "enquete"})) == name
    assert twin_of(replace(form, survey=tuple(half), settings={**form.settings, "form_id": "enquete"})) == ""
