"""What a classroom hands out: the forms as a phone wants them, and the files that go beside them.

A form comes from its workbook through the form toolchain, the way a server would do it. Its title gets the word
FORMATION in front, so that nobody takes a training form for a real one. Nothing is written.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Final

from lxml import etree

from sync_scripts.classroom.errors import NothingToServe

__all__ = ["PREFIX", "MediaFile", "ServedForm", "Shelf", "serve", "shelf"]

PREFIX: Final = "FORMATION – "
_ASKED_FOR: Final = re.compile(r"jr://(?:file-csv|file|images|audio|video|video-audio)/([^\"'<>\s]+)")
_TITLE: Final = b"<h:title>"


@dataclass(frozen=True, slots=True)
class ServedForm:
    """A form as phones get it.

    ``xform`` are the exact bytes handed out and ``digest`` their md5 in hex; ``asks_for`` names the files it reads;
    ``encrypts`` says that phones should seal what they send with it.
    """

    form_id: str
    version: str
    title: str
    xform: bytes
    digest: str
    asks_for: tuple[str, ...]
    encrypts: bool


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file beside a form; ``digest`` is the md5 of its bytes in hex."""

    name: str
    content: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """The forms of a classroom, and the folders where their files are looked for, the first one first.

    Files are read anew each time: a list that was published meanwhile reaches the phones at their next update.
    ``instead`` holds what is handed out under some names, whatever lies in a folder.
    """

    forms: tuple[ServedForm, ...]
    folders: tuple[Path, ...] = ()
    instead: Mapping[str, bytes] = field(default_factory=dict)

    def form(self, form_id: str) -> ServedForm | None:
        """Return one form; None when this classroom does not serve it."""
        return next((form for form in self.forms if form.form_id == form_id), None)

    def media(self, form: ServedForm) -> tuple[MediaFile, ...]:
        """Return those of the files a form asks for that are here, by name."""
        found = (self._file(name) for name in form.asks_for)
        return tuple(file for file in found if file is not None)

    def _file(self, name: str) -> MediaFile | None:
        if name in self.instead:
            return MediaFile(name, self.instead[name], _md5(self.instead[name]))
        for folder in self.folders:
            path = folder / name
            if path.is_file():
                content = path.read_bytes()
                return MediaFile(name, content, _md5(content))
        return None


def shelf(workbooks: Path, media: Sequence[Path] = (), instead: Mapping[str, bytes] | None = None) -> Shelf:
    """Return what a folder of workbooks gives: each converted, their files from ``media``, then from its ``media/``.

    ``instead`` is handed out by name in the place of any file.

    Raises:
        NothingToServe: there is no workbook.
        FormError: one of them cannot be converted.
    """
    from xlsform.convert import convert
    from xlsform.pack import forms as packed_forms

    found = [form.workbook for form in packed_forms(workbooks) if form.workbook.is_file()]
    if not found:
        raise NothingToServe(folder=str(workbooks))
    served = (serve(convert(path.read_bytes(), name=path.name).xform) for path in found)
    return Shelf(tuple(served), (*media, workbooks / "media"), instead or {})


def serve(xform: str) -> ServedForm:
    """Return a converted form as this classroom hands it out, its title marked."""
    content = xform.encode().replace(_TITLE, _TITLE + PREFIX.encode(), 1)
    tree = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    data = tree.find(".//{*}instance")[0]
    submission = tree.find(".//{*}submission")
    return ServedForm(
        form_id=data.get("id", ""),
        version=data.get("version", ""),
        title=tree.findtext(".//{http://www.w3.org/1999/xhtml}title", "").strip(),
        xform=content,
        digest=_md5(content),
        asks_for=_asked_for(content.decode()),
        encrypts=submission is not None and bool(submission.get("base64RsaPublicKey")),
    )


def _asked_for(xform: str) -> tuple[str, ...]:
    """Return the plain file names of the addresses ``jr://…`` in a form, sorted."""
    return tuple(sorted(_plain_names(unescape(name) for name in _ASKED_FOR.findall(xform))))


def _plain_names(names: Iterable[str]) -> set[str]:
    return {
        name for name in names if Path(name).name == name and not name.startswith(".") and "\\" not in name
    }


def _md5(content: bytes) -> str:
    """Return the digest that the phone protocol asks for; it proves nothing against an attacker."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
