"""What is handed out: marked titles, the files a form asks for and no other, the shipped forms."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree

from sync_scripts.classroom.errors import NothingToServe
from sync_scripts.classroom.protocol import Shelf, serve, shelf
from tests.classroom.conftest import xform
from xlsform.pack import forms_root


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
