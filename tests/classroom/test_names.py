"""Names from outside become harmless, and plain ones stay what they are."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts.classroom.disk import folder_name, safe_name, same_name

HOSTILE = [
    "../../etc/passwd.jpg", "..\\..\\evil.txt", "C:\\evil.txt", "/absolute", "..", ".", "", " ", ".hidden", "...x",
    "con.txt", "NUL", "Com1.jpg", "lpt9", "aux.tar.gz", "a\u202egpj.exe", "a\x00b.jpg", "a\r\nb.jpg", "\u200b.jpg",
    "trailing.", "trailing ", "a:b.jpg", 'say "x".jpg', "a<b>|?*.jpg", "submission.xml", "SUBMISSION.XML",
    "é" * 300 + ".jpg", "x" * 300, "x/" * 300, "\udcff\udcfe.jpg",
]  # fmt: skip


RESERVED = re.compile(r"(con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³]) *(\..*)?", re.IGNORECASE)
"""Names that mean a device on Windows, whatever follows the dot."""


def is_safe(name: str) -> bool:
    """Say whether a name is one plain file in its folder on every system."""
    return (
        0 < len(name.encode()) <= 140
        and not set(name) & set('<>:"/\\|?*')
        and not name.startswith(".")
        and not name.endswith((".", " "))
        and not RESERVED.fullmatch(name)
        and all(unicodedata.category(letter)[0] != "C" for letter in name)
        and unicodedata.normalize("NFC", name) == name
        and name.lower() != "submission.xml"
    )


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_hostile_name_becomes_a_plain_one(name: str) -> None:
    """Nothing that is sent can leave its folder, hide, or collide with what Windows reserves."""
    assert is_safe(safe_name(name))


@given(st.text(max_size=400))
def test_any_name_becomes_a_plain_one(name: str) -> None:
    """The rule holds for every text there is."""
    assert is_safe(safe_name(name))


@pytest.mark.parametrize(
    "name", ["1699999999999.jpg", "signature_été.png", "audit.csv", "a b (2).m4a", "пример.amr"]
)
def test_a_plain_name_stays_as_it_is(name: str) -> None:
    """The answer in the form that names the file still finds it."""
    assert safe_name(name) == name


def test_two_hostile_names_never_become_one() -> None:
    """Files that were different stay different."""
    made = [safe_name(name) for name in ("a?.jpg", "a*.jpg", "a_.jpg", "con", "CON", "x" * 300, "x" * 301)]

    assert len({same_name(name) for name in made}) == len(made)


def test_a_long_name_keeps_its_ending() -> None:
    """A photo with a name of 300 characters can still be opened as a photo."""
    assert safe_name("é" * 300 + ".jpg").endswith(".jpg")


def test_a_name_in_pieces_of_accents_is_the_composed_name() -> None:
    """Phones that write é as two characters and those that write one mean the same file."""
    assert safe_name("e\u0301.jpg") == "\u00e9.jpg"
    assert same_name("PHOTO.JPG") == same_name("photo.jpg")


def test_a_folder_may_be_called_what_a_file_may_not() -> None:
    """Only files have our own name to stay clear of."""
    assert folder_name("submission.xml") == "submission.xml"
