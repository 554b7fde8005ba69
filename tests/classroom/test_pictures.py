"""The pictures of the alert form reach a phone that joins a classroom."""

from __future__ import annotations

from pathlib import Path

from sync_scripts.classroom.phone import Phone
from sync_scripts.classroom.protocol import Shelf, shelf
from sync_scripts.classroom.running import Classroom
from xlsform import pack


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
