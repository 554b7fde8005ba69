"""What phones get in a lesson: marked titles, pictures, the files that a form asks for, lists of a demonstration and never real ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from sync_scripts.classroom import desk
from sync_scripts.classroom.desk import FROM_REGISTER, lists_of
from sync_scripts.classroom.errors import NothingToServe
from sync_scripts.classroom.inbox import open_inbox
from sync_scripts.classroom.phone import Phone
from sync_scripts.classroom.protocol import Shelf, serve, shelf
from sync_scripts.classroom.running import Classroom, running
from sync_scripts.config import PublishSettings, Settings
from sync_scripts.publish.audiences import OpenCase
from sync_scripts.publish.lists import case_list
from tests.classroom.conftest import xform
from tests.store.commands import found, found_demo
from xlsform import pack
from xlsform.pack import forms_root

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
LIST = case_list([OpenCase("DK-7Q2M4X-B", "CM007002", "2026-12-01", "follow_up")])
HEADING = LIST.partition(b"\n")[0] + b"\n"


def demonstration(root: Path) -> Path:
    """Make a demonstration."""
    return found_demo(root)


def real(root: Path, publish: str = "out/phones") -> Path:
    """Make a real workspace."""
    return found(root, settings=Settings(id="e" * 32, publish=PublishSettings(path=publish)))


def lay(folder: Path, content: bytes = LIST) -> None:
    """Put a list where it is published."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cases.csv").write_bytes(content)


def handed_out(root: Path, folder: Path) -> dict[str, bytes]:
    """Return what a phone has of the lists after an update in a classroom of a folder."""
    found = lists_of(root)
    served = shelf(forms_root(), found.folders, found.instead)
    with (
        running(served, open_inbox(folder / "inbox")) as room,
        Phone(room.base_url, folder / "phone") as phone,
    ):
        phone.update_forms()
        return {name: path.read_bytes() for name in FROM_REGISTER for path in (folder / "phone").rglob(name)}


def test_a_demonstration_gives_its_open_cases_to_the_phones(tmp_path: Path) -> None:
    """The list that it published, and the next one after that, without a new start."""
    root = demonstration(tmp_path / "w")
    lay(root / "out" / "phones")
    found = lists_of(root)
    served = shelf(forms_root(), found.folders, found.instead)
    form = served.form("followup")

    assert found.whose == "demonstration"
    assert handed_out(root, tmp_path)["cases.csv"] == LIST
    assert form is not None
    lay(root / "out" / "phones", HEADING)
    assert {one.name: one.content for one in served.media(form)}["cases.csv"] == HEADING


def test_before_the_first_list_there_is_the_heading(tmp_path: Path) -> None:
    """Phones need the file to open the form."""
    assert handed_out(demonstration(tmp_path / "w"), tmp_path)["cases.csv"] == HEADING


@pytest.mark.parametrize("publish", ["out/phones", "forms/media", "media"])
def test_a_real_workspace_gives_the_heading_and_nothing_else(tmp_path: Path, publish: str) -> None:
    """Wherever its lists are published, even beside the forms that are served."""
    root = real(tmp_path / "w", publish)
    lay(root / publish)
    (root / "forms").mkdir(exist_ok=True)
    for workbook in forms_root().glob("*.xlsx"):
        (root / "forms" / workbook.name).write_bytes(workbook.read_bytes())
    found = lists_of(root)
    served = shelf(root / "forms", found.folders, found.instead)
    form = served.form("followup")

    assert found.whose == "headings"
    assert found.folders == ()
    assert form is not None
    assert {one.name: one.content for one in served.media(form) if one.name in FROM_REGISTER} == {
        "cases.csv": HEADING,
        "providers.csv": b"name,label,department,services\n",
    }


@pytest.mark.parametrize("broken", ["no keys", "no settings", "keys of another", "said only", "below"])
def test_what_does_not_prove_to_be_a_demonstration_is_real(tmp_path: Path, broken: str) -> None:
    """A damaged or forged demonstration gives nothing away; nor does a folder inside a workspace."""
    root = demonstration(tmp_path / "w")
    keys = root / "keys.json"
    if broken == "no keys":
        keys.unlink()
    elif broken == "no settings":
        (root / "dikalo.toml").unlink()
    elif broken == "keys of another":
        keys.write_bytes((demonstration(tmp_path / "other") / "keys.json").read_bytes())
        (root / "dikalo.toml").write_text('id = "' + "e" * 32 + '"\n', encoding="utf-8")
    elif broken == "said only":
        slots = json.loads((real(tmp_path / "real") / "keys.json").read_bytes())
        keys.write_text(json.dumps(_marked(slots)), encoding="utf-8")
    else:
        root = root / "out"
        root.mkdir(exist_ok=True)

    assert lists_of(root).whose == "headings"


def _marked(slots: Any) -> Any:
    """Return key slots that call themselves a demonstration's."""
    for slot in slots["slots"] if isinstance(slots, dict) else slots:
        slot["demo"] = True
    return slots


def test_outside_a_workspace_the_forms_own_files_are_served(tmp_path: Path) -> None:
    """A trainer's folder of invented lists is the trainer's affair."""
    assert lists_of(tmp_path) == desk.Lists("forms")


@contextmanager
def started(root: Path, inbox: Path) -> Iterator[dict[str, Any]]:
    """Run the command until the block ends; gives its document, with ``err`` added at the end."""
    words = ["-C", str(root), "--lang", "en", "classroom", "--port", "0", "--inbox", str(inbox), "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "sync_scripts", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "}\n":
        lines.append(process.stdout.readline())
    said = json.loads("".join(lines))
    yield said
    process.send_signal(signal.SIGINT)
    said["err"] = process.communicate(timeout=120)[1]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C cannot be sent to one process there")
@pytest.mark.parametrize(("make", "content"), [(demonstration, LIST), (real, HEADING)])
def test_the_command_says_whose_lists_it_serves(tmp_path: Path, make: Any, content: bytes) -> None:
    """A phone in the lesson picks an open case of the demonstration; of a real workspace it sees none."""
    root = make(tmp_path / "w")
    lay(root / "out" / "phones")
    with started(root, tmp_path / "inbox") as said, Phone(said["address"], tmp_path / "phone") as phone:
        phone.update_forms()
        got = {path.read_bytes() for path in (tmp_path / "phone").rglob("cases.csv")}

    assert got == {content}
    assert ("a real workspace" in said["err"]) is (make is real)
    assert said["lists"] == ("headings" if make is real else "demonstration")


def test_only_the_title_of_a_form_is_changed() -> None:
    """Answers, questions and identity stay what the toolchain made."""
    original = xform()
    served = serve(original)

    assert served.xform.decode() == original.replace("<h:title>", "<h:title>FORMATION – ")
    assert (served.form_id, served.version, served.title) == (
        "mini",
        "2026112501",
        "FORMATION – Petite alerte & co",
    )
    assert not served.encrypts
    assert serve(xform(key="MIIB")).encrypts


def test_files_are_those_the_form_names() -> None:
    """Lists, pictures, sounds and films; never a path, never the last answers of the phone."""
    names = ("jr://file-csv/cases.csv", "jr://images/sign%20a.png", "jr://audio/a&amp;b.amr", "jr://video/c.mp4",
             "jr://instance/last-saved", "jr://file/../../secret", "jr://file/.hidden")  # fmt: skip
    extra = "".join(f"<value>{name}</value>" for name in names)

    assert serve(xform().replace("<place/>", f"<place>{extra}</place>")).asks_for == (
        "a&b.amr", "c.mp4", "cases.csv", "sign%20a.png",
    )  # fmt: skip


def test_a_published_list_goes_before_the_blank_one(tmp_path: Path) -> None:
    """The first folder that has the file gives it."""
    for name, content in (("published", b"new"), ("media", b"old")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cases.csv").write_bytes(content)
    form = serve(xform())
    both = Shelf((form,), (tmp_path / "published", tmp_path / "media"))

    assert [file.content for file in both.media(form)] == [b"new"]
    (tmp_path / "published" / "cases.csv").unlink()
    assert [file.content for file in both.media(form)] == [b"old"]


def test_the_shipped_forms_are_served_with_their_files() -> None:
    """Each form that travels with dikalo reaches the phones with every list it asks for."""
    served = shelf(forms_root())

    names = ["alert", "case", "closure", "followup", "situation"]
    assert [form.form_id for form in served.forms] == names
    for form in served.forms:
        assert etree.fromstring(form.xform).tag == "{http://www.w3.org/1999/xhtml}html"
        assert tuple(file.name for file in served.media(form)) == form.asks_for
    assert {name for form in served.forms for name in form.asks_for} >= {"arrondissements.csv", "cases.csv"}


def test_no_row_of_the_samples_is_served_with_the_shipped_forms() -> None:
    """The lists of the register go out with their headers only, until the register publishes its own."""
    served = shelf(forms_root())
    lists = [
        file for form in served.forms for file in served.media(form) if file.name != "arrondissements.csv"
    ]
    texts = {file.name: file.content.decode() for file in lists if file.name.endswith(".csv")}

    assert texts.keys() == {"cases.csv", "providers.csv"}
    assert all(len(text.splitlines()) == 1 for text in texts.values())


def test_a_folder_without_forms_is_said(tmp_path: Path) -> None:
    """A classroom with an empty list would look like a broken phone."""
    with pytest.raises(NothingToServe):
        shelf(tmp_path)


def test_a_phone_fetches_the_pictures_once(room: Classroom, tmp_path: Path) -> None:
    """Every picture arrives whole beside the alert form, and is not fetched again while it does not change."""
    whole = shelf(pack.forms_root())
    alert = tuple(form for form in whole.forms if form.form_id == "alert")
    room.desk.shelf = Shelf(alert, whole.folders)
    with Phone(room.base_url, tmp_path / "phone") as phone:
        first, second = phone.update_forms(), phone.update_forms()
    pictures = {name for name in first.files if name.endswith(".png")}
    assert pictures == {path.name for path in (pack.forms_root() / "media").glob("*.png")}
    assert len(pictures) == 18
    assert second.files == ()
    for name in pictures:
        assert (first.forms[0].media / name).read_bytes() == (pack.forms_root() / "media" / name).read_bytes()
