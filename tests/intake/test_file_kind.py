"""Whether a file begins like what a person says that it is; nothing is lost where it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync_scripts import texts
from sync_scripts.intake.evidence import Brought, TypeNotFitting, add, kinds
from sync_scripts.store.schema import register as tables
from tests.intake import test_evidence
from tests.intake.scene import COORDINATOR, Scene
from tests.intake.test_evidence import way

opened = test_evidence.opened
"""The fixture of that module."""

PNG, PDF = b"\x89PNG\r\n\x1a\n" + b"x" * 90, b"%PDF-1.7\n" + b"x" * 90
MP4 = b"\0\0\0\x18ftypmp42" + b"x" * 90
ODD = bytes(range(200, 256)) * 3


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (b"\xff\xd8\xff\xe1Exif", ("image",)),
        (PNG, ("image",)),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ("image",)),
        (b"\0\0\0\x18ftypheic", ("image",)),
        (b"\0\0\0\x1cftypavif", ("image",)),
        (MP4, ("video", "audio")),
        (b"\0\0\0\x14ftyp3gp4", ("video", "audio")),
        (b"\0\0\0\x14ftypqt  ", ("video", "audio")),
        (b"RIFF\x10\0\0\0AVI LIST", ("video",)),
        (b"\x1a\x45\xdf\xa3webm", ("video", "audio")),
        (b"G" + b"\1" * 187 + b"G", ("video",)),
        (b"\0\0\0\x18ftypM4A ", ("audio",)),
        (b"RIFF\x10\0\0\0WAVEfmt ", ("audio",)),
        (b"#!AMR\n", ("audio",)),
        (b"OggS\0\2OpusHead", ("video", "audio")),
        (b"\xff\xfb\x90\x44", ("audio",)),
        (b"\xff\xf1\x50\x80", ("audio",)),
        (b"ID3\3", ("audio",)),
        (PDF, ("paper",)),
        (b"PK\x03\x04docx", ("paper",)),
        ("Déclaration de la victime".encode(), ("paper",)),
        (b"\xff\xfeA\0", ()),
        (b"\0" * 64, ()),
        (ODD, ()),
        (b"RIFF\x10\0\0\0????", ()),
    ],
    ids=lambda one: repr(one)[:24],
)
def test_a_file_is_known_by_its_first_bytes(head: bytes, found: tuple[str, ...]) -> None:
    """What phones, recorders and offices write; a container of film may hold sound alone."""
    assert kinds(head) == found


@pytest.mark.parametrize(
    ("type_", "content", "fitting"),
    [
        ("photo", PDF, "letter"),
        ("photo", MP4, "--type video"),
        ("audio", PNG, "--type photo"),
        ("video", PNG, "--type photo"),
        ("video", b"ID3\3" + b"x" * 60, "--type audio"),
        ("photo", ODD, "--type other"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_wrong_type_is_asked_about_and_nothing_is_lost(
    opened: tuple[Scene, str], tmp_path: Path, type_: str, content: bytes, fitting: str
) -> None:
    """The type that fits is named; with it, or with --sure, the file is sealed."""
    made, code = opened
    path = tmp_path / "recu.bin"
    path.write_bytes(content)
    before = made.dump()
    for dry_run in (True, False):
        with pytest.raises(TypeNotFitting) as found:
            add(made.register, Brought(code, path, type_), COORDINATOR, way(dry_run=dry_run))
        assert fitting in found.value.words()
        assert "--sure" in found.value.words()
    assert made.dump() == before
    assert path.read_bytes() == content
    done = add(made.register, Brought(code, path, type_, {}, sure=True), COORDINATOR, way())
    again = add(made.register, Brought(code, path, type_), COORDINATOR, way())

    assert (done["new"], again["new"]) == (True, False), (
        "what is in the case already is not asked about again"
    )
    assert content in made.opened("file")


@pytest.mark.parametrize("type_", ["letter", "medical_cert", "social_media", "object", "other"])
def test_a_paper_may_be_any_file(opened: tuple[Scene, str], tmp_path: Path, type_: str) -> None:
    """A certificate comes as a photo, a PDF or a scan; what cannot be known is not asked."""
    made, code = opened
    for number, content in enumerate((PNG, PDF, ODD)):
        path = tmp_path / f"{number}"
        path.write_bytes(content)
        assert add(made.register, Brought(code, path, type_), COORDINATOR, way())["new"]
    kept: Any = made.rows(tables.evidence, tables.evidence.c.type == type_)
    assert len(kept) >= 3


@pytest.mark.parametrize(("lang", "words"), [("fr", "comme un document"), ("en", "like a document")])
def test_it_is_said_in_words(lang: str, words: str) -> None:
    """In both languages."""
    before = texts.language()
    texts.speak(lang)
    told = TypeNotFitting(stated="image", found="paper", fitting="letter").words()
    texts.speak(before)

    assert words in told
    assert "paper" not in told
