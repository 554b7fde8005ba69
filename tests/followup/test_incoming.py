"""Line F1 of the table: what is not an .xlsx workbook, whole and of a sane size, is refused before it is opened."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from sync_scripts.errors import DikaloError
from sync_scripts.followup import errors
from sync_scripts.followup.files import encrypted, incoming, inspect
from sync_scripts.followup.inbound.reading import opened
from sync_scripts.followup.outbound.workbook_file import workbook_bytes
from tests.followup.conftest import MakeBook

PASSWORD = "cinq mots bien simples été"  # noqa: S105 - of tests
OLE = bytes.fromhex("D0CF11E0A1B11AE1")


def plain() -> bytes:
    """Return a small workbook of anybody."""
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def with_member(name: str, content: bytes = b"x") -> bytes:
    """Return a workbook with one more file in it."""
    out = io.BytesIO(plain())
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def archive_of(**members: bytes) -> bytes:
    """Return an archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return out.getvalue()


def bomb() -> bytes:
    """Return a workbook of some 50 kB that unpacks to 40 MB."""
    return with_member("xl/media/big.bin", b"\0" * 40_000_000)


def declared(content: bytes, size: int, name: bytes = b"") -> bytes:
    """Return a workbook of which one member, the first or the one named, says that it unpacks to so many bytes."""
    start = content.rindex(b"PK\x01\x02", 0, content.rindex(name)) if name else content.index(b"PK\x01\x02")
    return content[: start + 24] + size.to_bytes(4, "little") + content[start + 28 :]


def heap() -> bytes:
    """Return a workbook whose members, none of them strange, say that they unpack to 210 MB together."""
    return declared(plain(), 210_000_000)


def texts() -> bytes:
    """Return a workbook whose shared texts, which are held whole while sheets are read, would fill the memory."""
    name = "xl/sharedStrings.xml"
    return declared(with_member(name, b"<sst/>" + bytes(range(256)) * 4_000), 70_000_000, name.encode())


def crowd() -> bytes:
    """Return a workbook of 3,000 members."""
    out = io.BytesIO(plain())
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(3_000):
            archive.writestr(f"xl/x{number}.bin", b"")
    return out.getvalue()


def macro_type() -> bytes:
    """Return a macro workbook that calls itself .xlsx and whose program has another name."""
    types = b'<Types><Override PartName="/xl/workbook.xml" ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/></Types>'
    return archive_of(xl__workbook_dot_xml=b"<workbook/>", **{"[Content_Types]_dot_xml": types})


REFUSED: dict[str, tuple[Callable[[], bytes], str, type[DikaloError]]] = {
    "old Excel": (lambda: OLE + b"\0" * 4000, "a.xls", errors.WorkbookDamaged),
    "bare ods": (
        lambda: archive_of(mimetype=b"application/vnd.oasis.opendocument.spreadsheet", content_dot_xml=b""),
        "a.ods",
        errors.OtherFormat,
    ),
    "ods called xlsx": (
        lambda: archive_of(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"),
        "a.xlsx",
        errors.OtherFormat,
    ),
    "csv": (lambda: b"Dossier;Etat\nDK;Suivi\n", "a.csv", errors.OtherFormat),
    "csv called xlsx": (lambda: b"Dossier,Etat\n", "a.xlsx", errors.OtherFormat),
    "Numbers": (lambda: archive_of(Index__Document_dot_iwa=b"x"), "a.numbers", errors.OtherFormat),
    "binary Excel": (lambda: archive_of(xl__workbook_dot_bin=b"x"), "a.xlsb", errors.OtherFormat),
    "picture": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "a.xlsx", errors.OtherFormat),
    "empty": (lambda: b"", "a.xlsx", errors.WorkbookDamaged),
    "half saved": (lambda: plain()[:-400], "a.xlsx", errors.WorkbookDamaged),
    "half copied": (lambda: plain()[: len(plain()) // 2], "a.xlsx", errors.WorkbookDamaged),
    "half saved, locked": (lambda: encrypted(plain(), PASSWORD)[:2_000], "a.xlsx", errors.WorkbookDamaged),
    "program": (lambda: with_member("xl/vbaProject.bin"), "a.xlsm", errors.MacroWorkbook),
    "program called xlsx": (lambda: with_member("xl/vbaProject.bin"), "a.xlsx", errors.MacroWorkbook),
    "program by its type": (macro_type, "a.xlsx", errors.MacroWorkbook),
    "links": (
        lambda: with_member("xl/externalLinks/externalLink1.xml"),
        "a.xlsx",
        errors.WorkbookForeign,
    ),
    "embedded": (lambda: with_member("xl/embeddings/oleObject1.bin"), "a.xlsx", errors.WorkbookForeign),
    "document type": (
        lambda: with_member("xl/x.xml", b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x/>"),
        "a.xlsx",
        errors.WorkbookForeign,
    ),
    "bomb": (bomb, "a.xlsx", errors.WorkbookTooLarge),
    "heap": (heap, "a.xlsx", errors.WorkbookTooLarge),
    "shared texts": (texts, "a.xlsx", errors.WorkbookTooLarge),
    "crowd": (crowd, "a.xlsx", errors.WorkbookTooLarge),
    "lock file": (plain, "~$a.xlsx", errors.LockFile),
    "lock file of LibreOffice": (plain, ".~lock.a.xlsx#", errors.LockFile),
}


@pytest.mark.parametrize("name", REFUSED)
def test_f1_what_is_no_workbook_is_refused_with_a_sentence(name: str, tmp_path: Path) -> None:
    """Each its own sentence, and nobody is asked for a password."""
    make, file, refusal = REFUSED[name]
    path = tmp_path / file
    path.write_bytes(make())
    with pytest.raises(refusal) as caught:
        incoming(path, lambda: pytest.fail("asked for a password"))
    assert caught.value.words()
    assert caught.value.exit_code in {1, 2}


def test_f1_each_kind_of_file_is_named() -> None:
    """The person reads what it is."""
    words = {
        kind: errors.OtherFormat(kind=kind).words()
        for kind in ("xls", "xlsb", "ods", "numbers", "csv", "other")
    }
    assert "(.ods)" in words["ods"]
    assert len(set(words.values())) == 6


def test_f1_a_file_that_another_program_holds_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Windows a workbook that is open in Excel cannot be read: sharing violation, a `PermissionError`."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(plain())

    def held(_self: Path) -> bytes:
        raise PermissionError(13, "The process cannot access the file", str(path), 32)

    monkeypatch.setattr(Path, "read_bytes", held)
    with pytest.raises(errors.WorkbookBusy) as refused:
        incoming(path, lambda: "")
    assert "Excel" in refused.value.words()
    assert str(tmp_path) not in refused.value.words()


def test_f1_a_locked_workbook_saved_in_part_is_damage_whatever_the_password(tmp_path: Path) -> None:
    """Cut off in its content the password may still fit; nothing of it is read, and it is not called a forgery alone."""
    path = tmp_path / "a.xlsx"
    locked = encrypted(plain(), PASSWORD)
    path.write_bytes(locked[: len(locked) - 1_500])
    with pytest.raises((errors.WorkbookDamaged, errors.WorkbookTampered)) as refused:
        incoming(path, lambda: PASSWORD)
    assert "damaged" in refused.value.words()


def test_f1_a_password_unlocks_and_a_wrong_one_is_told_apart_from_a_changed_file(tmp_path: Path) -> None:
    """Accents may come apart; a flipped byte of the content is found though the password is right."""
    clear = plain()
    path = tmp_path / "a.xlsx"
    path.write_bytes(locked := encrypted(clear, PASSWORD))
    done = incoming(path, lambda: PASSWORD.replace("é", "e\u0301"))
    assert (done.content, done.password) == (clear, PASSWORD)
    assert clear[:20] not in repr(done).encode()
    with pytest.raises(errors.PasswordWrong):
        incoming(path, lambda: "another one altogether")
    path.write_bytes(flipped(locked))
    with pytest.raises(errors.WorkbookTampered):
        incoming(path, lambda: PASSWORD)


def flipped(locked: bytes) -> bytes:
    """Return the locked file with one bit of its content changed, the way to open it left alone."""
    import olefile  # type: ignore[import-untyped] # it ships no types

    with olefile.OleFileIO(io.BytesIO(locked)) as ole:
        content = ole.openstream("EncryptedPackage").read()
    at = locked.index(content[64:128])
    return locked[:at] + bytes([locked[at] ^ 1]) + locked[at + 1 :]


def test_a_locked_bomb_is_measured_after_it_was_unlocked(tmp_path: Path) -> None:
    """The lock hides nothing."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(encrypted(bomb(), PASSWORD))
    with pytest.raises(errors.WorkbookTooLarge):
        incoming(path, lambda: PASSWORD)


def test_our_own_workbook_passes(make_book: MakeBook) -> None:
    """Nothing of ours looks like a bomb or a program."""
    inspect(workbook_bytes(make_book()))


def test_another_workbook_is_none_of_ours() -> None:
    """No marker, no import."""
    with pytest.raises(errors.NotFollowupWorkbook), opened(plain()):
        pass


def test_a_broken_sheet_is_damage_and_its_words_go_nowhere(make_book: MakeBook) -> None:
    """Whatever openpyxl raises becomes one sentence without a value."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook_bytes(make_book()))) as source,
        zipfile.ZipFile(out, "w") as target,
    ):
        for name in source.namelist():
            content = source.read(name)
            target.writestr(
                name, content[: len(content) // 2] if name == "xl/worksheets/sheet3.xml" else content
            )
    with pytest.raises(errors.WorkbookDamaged) as caught:
        rows_in(out.getvalue())
    assert str(caught.value) == "DK-W13"


def rows_in(content: bytes) -> int:
    """Read a workbook to its end; return how many rows it has."""
    with opened(content) as came:
        return sum(1 for sheet in came.sheets for _row in sheet.rows())
