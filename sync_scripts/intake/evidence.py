"""Evidence brought to the desk: one file, kept as a submission of a small form of our own. Trusts no name of a file.

The form has no workbook: its map stands here and is put into the register the first time. The id of the submission
follows from case and file, so that the same file added twice is there once. What a file is, its first bytes say,
beside what a person says; why no library is asked: decision 0087.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import N_, Attention, DikaloError, UsageProblem, in_words
from sync_scripts.intake.desk import Sheet, keep, own_id
from sync_scripts.intake.pull import Way
from sync_scripts.register.consents.agreements import require_going_on
from sync_scripts.register.forms import formmap
from sync_scripts.register.forms.formmap import Asked, FormMap, Held
from sync_scripts.register.forms.values import when
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment

EVIDENCE: Final = "evidence"
"""Stamp of the form."""
_VERSION: Final = "1"
_REPEAT: Final = "evidence"
_OPTIONS: Final[Mapping[str, str]] = {
    "type": "--type",
    "taken_by": "--taken-by",
    "taken_at": "--taken-at",
    "original_kept": "--original-kept",
    "faces_visible": "--faces",
    "custody_from": "--from",
}
"""What can be said of a file -> the option that says it."""


def _question(name: str, type_: str, level: int, labels: tuple[str, str], list_: str | None = None) -> Asked:
    return Asked((_REPEAT, name), type_, "question", list_, EVIDENCE, name, level, *labels)


MAP: Final = FormMap(
    form=EVIDENCE,
    version=_VERSION,
    groups=(Held((_REPEAT,), EVIDENCE, repeat=True),),
    questions=(
        Asked(("case_code",), "text", "question", None, EVIDENCE, "case_code", 0, "Dossier", "Case"),
        Asked((_REPEAT, "uid"), "calculate", "calculate", None, EVIDENCE, "uid", 0),
        _question("type", "select_one", 1, ("Type", "Type"), "evidence_type"),
        _question("file", "file", 3, ("Fichier", "File")),
        _question("taken_by", "select_one", 2, ("Pris par", "Taken by"), "taken_by"),
        _question("taken_at", "dateTime", 2, ("Pris le", "Taken on")),
        _question("original_kept", "select_one", 2, ("Original gardé", "Original kept"), "yes_no_unknown"),
        _question("custody_from", "text", 2, ("Remis par", "Handed over by")),
        _question("faces_visible", "select_one", 2, ("Visages visibles", "Faces visible"), "yes_no_unknown"),
    ),
)
"""What is asked about a piece of evidence, as the evidence part of the case form asks it."""


FileUnusable: Final = UsageProblem.declare(
    "DK-P06",
    "The file cannot be taken: it is not there, is empty, cannot be read, or is larger than {limit_mb} MB. Nothing "
    "was kept.",
)
FileNotTaken: Final = Attention.declare(
    "DK-P07",
    "The record of the evidence is in the case {case}, but its file could not be sealed. Run the same command "
    "again with the same file.",
)
ToldOtherwise: Final = DikaloError.declare(
    "DK-P08",
    "This file is in the case {case} already, as {number} (added on {day}), and what stands there differs from "
    "what was given or left out now: {options}. Nothing was changed. Look at it (dikalo cases show {case}), and "
    "only if it is wrong correct it: dikalo person correct {case} {field} VALUE --reason TEXT",
)
TakenLater: Final = UsageProblem.declare(
    "DK-P16",
    "Nothing can have been taken on {day}: that is still to come. Nothing was kept. Look at the year, or leave --taken-at out.",
)


@dataclass(frozen=True, slots=True)
class Brought:
    """One file that was brought.

    Attributes:
        case: code of the case, as the register has it.
        path: the file; it is read, never changed or removed.
        type: code of the list ``evidence_type``.
        about: further answers by field of the entity ``evidence``; what is not known is absent.
        sure: the type is right, whatever the first bytes of the file look like.
    """

    case: str
    path: Path
    type: str
    about: Mapping[str, str] = field(default_factory=dict)
    sure: bool = False

    def __repr__(self) -> str:
        """Say nothing of the file."""
        return f"Brought({self.type})"


def add(register: Register, brought: Brought, actor: Actor, way: Way) -> dict[str, Any]:
    """Take a piece of evidence into a case; return its number in the case (None in a trial) and whether it was new.

    The caller holds the lock and has made sure that the case is there.

    Raises:
        AlreadyErased, CaseStopped: nothing is left of the case, or everybody in it withdrew or refused; nothing was kept.
        FileUnusable: the file cannot be taken; nothing was kept.
        TypeNotFitting: it does not begin like what it is said to be; nothing was kept.
        TakenLater: it is said to be taken on a day to come; nothing was kept.
        FileNotTaken: only the record was kept.
        ToldOtherwise: it is in the case already, and something else was said of it; nothing was changed.
        NotKept: it was put aside.
    """
    with register.reading() as rows:
        require_going_on(rows, brought.case, way.clock())
    _require_taken(brought, way.clock())
    digest = _digest(brought.path, way.file_limit)
    instance_id = own_id(register.match_key, EVIDENCE, brought.case, digest)
    name = f"E-{instance_id[5:13]}{_suffix(brought.path)}"
    uid = instance_id.removeprefix("uuid:")
    there = _require_same(register, uid, brought)
    if there is None and not brought.sure:
        require_fitting(brought.type, _head(brought.path, way.file_limit))
    answers: list[tuple[tuple[str, ...], str]] = [(("case_code",), brought.case)]
    about = {"uid": uid, "type": brought.type, "file": name, **brought.about}
    answers += [((f"{_REPEAT}[1]", key), value) for key, value in about.items() if value]
    sheet = Sheet(EVIDENCE, _VERSION, instance_id, answers, {name: brought.path})
    if way.dry_run or (there is not None and _held(register, instance_id)):
        return {"number": there, "new": there is None}
    _know(register, way.clock())
    done = keep(register, [sheet], actor, way)
    return {"number": _number(register, instance_id, brought.case), "new": bool(done.report.new)}


def _require_same(register: Register, uid: str, brought: Brought) -> str | None:
    """Return the number under which the file is in the case; None when it is not.

    Its id follows from case and file alone: what is said otherwise would be taken for the same submission with other
    answers, and put aside as if somebody else had sent it.

    Raises:
        ToldOtherwise: something else was said of it then.
    """
    row, filing = tables.evidence, tables.filing.c
    query = select(row, filing.first_received_at).join(tables.filing, filing.filing_no == row.c.filing_no)
    with register.reading() as rows:
        found = (
            rows.execute(query.where(row.c.uid == uid, row.c.case_code == brought.case)).mappings().first()
        )
    if found is None:
        return None
    number = str(found["pseudonym"])
    if other := _told_otherwise(brought, found):
        day = local_day(moment(found["first_received_at"]), load()).isoformat()
        raise ToldOtherwise(
            case=brought.case,
            number=number,
            day=day,
            options=", ".join(_OPTIONS[name] for name in other),
            field=f"{_REPEAT}.{number}.{other[0]}",
        )
    return number


def _told_otherwise(brought: Brought, row: Mapping[Any, Any]) -> list[str]:
    """Return the fields of which a row of the register says something else, those that were left out too."""
    said = {"type": brought.type, **brought.about}
    if said.get("taken_at"):
        said["taken_at"] = instant(datetime.fromisoformat(said["taken_at"]))
    return [name for name in _OPTIONS if (said.get(name) or "") != (row[name] or "")]


def _require_taken(brought: Brought, now: datetime) -> None:
    """Let a piece pass that was not taken after an instant."""
    said = brought.about.get("taken_at")
    if said and when(said) > now:
        raise TakenLater(day=said[:10])


def _number(register: Register, instance_id: str, case: str) -> str:
    """Return E1, E2… once both record and file are there."""
    row = tables.evidence
    with register.reading() as rows:
        number = rows.execute(
            select(row.c.pseudonym).where(
                row.c.uid == instance_id.removeprefix("uuid:"), row.c.case_code == case
            )
        ).scalar()
    if number is None or not _held(register, instance_id):
        raise FileNotTaken(case=case)
    return str(number)


def _held(register: Register, instance_id: str) -> bool:
    """Tell whether the file itself is sealed here."""
    state = select(attachment.c.state).where(attachment.c.instance_id == instance_id)
    with register.reading() as rows:
        return rows.execute(state).scalar() == "held"


def _know(register: Register, now: datetime) -> None:
    """Let the register know the form."""
    with register.reading() as rows:
        known = formmap.find(rows, EVIDENCE, _VERSION)
    if known is None:
        with register.writing() as rows:
            formmap.remember_own(rows, MAP, instant(now))


def _digest(path: Path, limit: int) -> bytes:
    try:
        size = path.stat().st_size
        if not path.is_file() or not 0 < size <= limit:
            raise FileUnusable(limit_mb=limit // 1_000_000)
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()
    except OSError:
        raise FileUnusable(limit_mb=limit // 1_000_000) from None


def _head(path: Path, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(HEAD)
    except OSError:
        raise FileUnusable(limit_mb=limit // 1_000_000) from None


def _suffix(path: Path) -> str:
    """Return the ending of a file name when it is a plain one: it says how to show the file."""
    ending = path.suffix.casefold()
    return ending if ending[1:].isascii() and ending[1:].isalnum() and len(ending) < 7 else ""


HEAD: Final = 512
"""So many bytes are enough."""
_NEEDED: Final[Mapping[str, str]] = {"photo": "image", "video": "video", "audio": "audio"}
"""Types of evidence that are one kind of file; a letter or a certificate may be anything."""
_FITTING: Final[Mapping[str, str]] = {"image": "photo", "video": "video", "audio": "audio"}
_PAPERS: Final = "letter, medical_cert, court_doc, statement_victim, other …"
_IMAGE: Final = (
    b"\xff\xd8\xff",
    b"\x89PNG",
    b"GIF8",
    b"II*\0",
    b"MM\0*",
    b"BM",
    b"\0\0\0\x0cjP  ",
    b"\0\0\0\x0cJXL ",
    b"FUJIFILM",
)
_SOUND: Final = (b"ID3", b"#!AMR", b"fLaC", b"caff", b"FORM")
_FILM: Final = (b"\0\0\x01\xba", b"\0\0\x01\xb3", b"FLV\x01")
_EITHER: Final = (b"OggS", b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75")
"""Containers of sound, film or both: Ogg, WebM and Matroska, Windows Media."""
_PAPER: Final = (b"%PDF", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"{\\rtf")
_RIFF: Final = {b"WAVE": "audio", b"AVI ": "video", b"WEBP": "image"}
_PICTURES: Final = (b"hei", b"hev", b"mif", b"msf", b"avi", b"crx")
"""Beginnings of the brands of pictures in the container of MP4."""
_TS: Final = 188
"""Each so many bytes of a stream of MPEG begin with a G."""
_CALLED: Final[Mapping[str, str]] = {
    "image": N_("a picture"),
    "video": N_("a film"),
    "audio": N_("a sound recording"),
    "paper": N_("a document"),
    "unknown": N_("nothing that is known here"),
}
TypeNotFitting: Final = UsageProblem.declare(
    "DK-P24",
    "The file is not kept yet: it was said to be {stated}, but begins like {found}. Look at it, and give the type that fits: "
    "--type {fitting}. If you are sure that it is {stated} all the same, add --sure: it is sealed as it is.",
    shown={"stated": in_words(_CALLED), "found": in_words(_CALLED)},
)


def require_fitting(type_: str, head: bytes) -> None:
    """Let a file pass whose first bytes are those of what it is said to be.

    Raises:
        TypeNotFitting: they are not.
    """
    needed = _NEEDED.get(type_)
    found = kinds(head)
    if needed is None or needed in found:
        return
    first = found[0] if found else "unknown"
    raise TypeNotFitting(
        stated=needed, found=first, fitting=_FITTING.get(first, _PAPERS if found else "other")
    )


def kinds(head: bytes) -> tuple[str, ...]:
    """Return what a file that begins so can be: ``image``, ``video``, ``audio``, ``paper``; nothing where that is not known."""
    if head[4:8] == b"ftyp":
        return _of_brand(head[8:12])
    if head.startswith(b"RIFF"):
        return tuple(filter(None, (_RIFF.get(head[8:12]),)))
    for beginnings, found in (
        (_IMAGE, ("image",)),
        (_SOUND, ("audio",)),
        (_FILM, ("video",)),
        (_EITHER, ("video", "audio")),
        (_PAPER, ("paper",)),
    ):
        if head.startswith(beginnings):
            return found
    if head[:1] == b"G" and head[_TS : _TS + 1] == b"G":
        return ("video",)
    return _frame(head[:2]) or _text(head)


def _of_brand(brand: bytes) -> tuple[str, ...]:
    if brand.startswith(_PICTURES):
        return ("image",)
    return ("audio",) if brand.startswith((b"M4A", b"M4B")) else ("video", "audio")


def _frame(head: bytes) -> tuple[str, ...]:
    """Return whether these two bytes begin a frame of MP3 or AAC."""
    if len(head) < 2 or head[0] != 0xFF:
        return ()
    mp3 = head[1] & 0xE0 == 0xE0 and head[1] & 0x06 in {0x02, 0x04}
    return ("audio",) if mp3 or head[1] & 0xF6 == 0xF0 else ()


def _text(head: bytes) -> tuple[str, ...]:
    """Return whether this is text: of a file without one, nobody knows what it is."""
    try:
        head[: HEAD - 4].decode("utf-8-sig")
    except UnicodeDecodeError:
        return ()
    return () if b"\0" in head else ("paper",)
