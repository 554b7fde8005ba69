"""A form as it goes up to a server: its workbook, its files, its public key, a copy of it for a team, and what was last sent.

Sample rows never leave this computer: a list that the register fills goes up with its header alone, and only where the
server has none yet. What is filled in with a copy is the form's own: its stamps name the form, so that gate, levels, key and rules
hold for all of them. The key is written at the last moment, into no workbook that is kept; it comes from the register, or from
``forms/keys/<form>.pub``, which holds no secret but must not be exchanged. ``forms/deployed/<server>/`` holds what was sent: lost,
a form is found at the server by its id.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

import msgspec

from sync_scripts.errors import Attention, UsageProblem
from sync_scripts.store import durable
from xlsform.model import Form, media
from xlsform.overlay.core import twin_of
from xlsform.workbooks import workbook, writing

LISTS: Final[Mapping[str, bytes]] = {
    "cases.csv": b"name,label,department,due,status\n",
    "providers.csv": b"name,label,department,services\n",
}
"""What the register fills and publishes; a deployment only makes sure that the form finds a file."""


MediaLacking: Final = UsageProblem.declare(
    "DK-F40",
    "The form {form} asks for files that are not in the folder forms/media: {files}. Nothing was sent to the server. "
    "Put them there, or take them out of the form.",
)


@dataclass(frozen=True, slots=True)
class Package:
    """One form, ready to go up.

    Attributes:
        form: the form's id.
        version: as its settings say.
        title: as phones show it.
        workbook: the exact bytes of the workbook.
        files: content of its files, by name; pictures, places.
        lists: names of the lists that it shows and the register fills.
        public_key: with which phones encrypt it, as it stands in this workbook; None = nothing was written into it.
        copy_of: the form of which this is a team's copy, "" for the form itself.
    """

    form: str
    version: str
    title: str
    workbook: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    lists: tuple[str, ...] = ()
    public_key: str | None = field(default=None, repr=False)
    copy_of: str = ""

    @property
    def stamp(self) -> str:
        """Return the form that what is filled in with it belongs to, whatever the server calls it."""
        return self.copy_of or self.form

    @property
    def sha256(self) -> str:
        """Return the digest of the workbook."""
        return hashlib.sha256(self.workbook).hexdigest()

    @property
    def files_digest(self) -> str:
        """Return six signs that move when a file does."""
        named = sorted((name, hashlib.sha256(data).hexdigest()) for name, data in self.files.items())
        return hashlib.sha256(repr(named).encode()).hexdigest()[:6]


def pack(path: Path, folder: Path) -> Package:
    """Return the package of a workbook; ``folder`` holds its media.

    Raises:
        MediaLacking: a file is missing.
        FormError: the workbook cannot be read.
    """
    raw = path.read_bytes()
    form = workbook.read(raw, file=path.name).form
    names = media(form)
    wanted = [name for name in names if name not in LISTS]
    lacking = [name for name in wanted if not (folder / name).is_file()]
    if lacking:
        raise MediaLacking(form=form.form_id, files=", ".join(lacking))
    return Package(
        form=form.form_id,
        version=form.version,
        title=form.title,
        workbook=raw,
        files={name: (folder / name).read_bytes() for name in wanted},
        lists=tuple(name for name in names if name in LISTS),
    )


CopyByHand: Final = UsageProblem.declare(
    "DK-N37",
    "{form}.xlsx is a copy of the form {original} under another id, and nothing would guard its consent, its levels and its "
    "key. Nothing was sent. dikalo makes such copies itself, of your own form: take the file away, name the copy in a "
    "[[team]] (forms, the name begins with {original}_), then run dikalo forms deploy.",
)


def copied(package: Package, name: str) -> Package:
    """Return the package under another id: same questions, version, key and files, and the stamps of the form."""
    raw = _under(package.workbook, name, package.stamp)
    return replace(package, form=name, copy_of=package.stamp, workbook=raw)


@lru_cache(maxsize=16)
def _under(raw: bytes, name: str, original: str) -> bytes:
    form = workbook.read(raw, file="xlsx").form
    return writing.write(replace(form, settings={**form.settings, "form_id": name}), original=original)


def refuse_copy(form: Form) -> None:
    """Refuse a form that is one of dikalo's under another id.

    Raises:
        CopyByHand: it is.
    """
    if original := twin_of(form):
        raise CopyByHand(form=form.form_id, original=original)


_KEYS: Final = "keys"
_SETTING: Final = "public_key"
_LARGEST: Final = 10_000


KeyInWorkbook: Final = UsageProblem.declare(
    "DK-E03",
    "The workbook of the form {form} holds a key in its settings (public_key), and it is not the one that dikalo made. "
    "Nothing was sent. Empty that cell: dikalo writes the key into what it sends, never into the workbook.",
)
KeyUnlike: Final = Attention.declare(
    "DK-E04",
    "The file forms/keys/{form}.pub holds another key than this register. Nothing was sent: whoever exchanged the file "
    "could read what phones send. Find out who did; then run dikalo keys form {form}, which writes the right one.",
)


def key_of(form: str, forms: Path, known: str | None) -> str | None:
    """Return the public key to write into a form, None for a form that is sent in the clear.

    Args:
        form: stamp of the form.
        forms: folder of the forms.
        known: the register's key; None when it has none, or when there is no register.

    Raises:
        KeyUnlike: the file says another than the register.
    """
    there = laid(forms, form)
    if known is not None and there not in {None, known}:
        raise KeyUnlike(form=form)
    return known or there


def laid(forms: Path, form: str) -> str | None:
    """Return the public key that lies beside the forms, None when there is none."""
    try:
        with _file(forms, form).open("rb") as stream:
            return "".join(stream.read(_LARGEST).decode("ascii", "replace").split()) or None
    except OSError:
        return None


def lay(forms: Path, form: str, public: str) -> None:
    """Lay a public key beside the forms, in place of the one before."""
    if laid(forms, form) != public:
        durable.make_folder(forms / _KEYS)
        durable.write_whole(_file(forms, form), public.encode("ascii") + b"\n")


def keyed(package: Package, public: str | None) -> Package:
    """Return the package as it goes up: with the key in its settings; without one it stays as it is.

    Raises:
        KeyInWorkbook: the workbook brings another key.
    """
    if public is None:
        return package
    if key_in(package.workbook) not in {"", public}:
        raise KeyInWorkbook(form=package.form)
    return replace(package, workbook=_with(package.workbook, public), public_key=public)


@lru_cache(maxsize=16)
def key_in(raw: bytes) -> str:
    """Return the public key that stands in a workbook, "" when there is none."""
    return workbook.read(raw, file="xlsx").form.settings.get(_SETTING, "").strip()


def plain(raw: bytes) -> bytes:
    """Return the workbook of the same form without any key, written as we write it: for comparing what else differs."""
    return _with(raw, None)


@lru_cache(maxsize=16)
def _with(raw: bytes, public: str | None) -> bytes:
    form = workbook.read(raw, file="xlsx").form
    settings = {name: value for name, value in form.settings.items() if name != _SETTING}
    if public is not None:
        settings[_SETTING] = public
    return writing.write(replace(form, settings=settings))


def _file(forms: Path, form: str) -> Path:
    return forms / _KEYS / f"{form}.pub"


_SENT = "deployed"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """One form as it was last sent: what the server calls it, and the version that the server gave."""

    handle: str
    version: str = ""


def remembered(forms: Path, server: str) -> dict[str, tuple[Sent, bytes]]:
    """Return what was sent to a server, by form id; what cannot be read is not remembered."""
    found = {}
    for path in sorted((forms / _SENT / _safe(server)).glob("*.json")):
        try:
            sent = msgspec.json.decode(path.read_bytes(), type=Sent)
            found[path.stem] = (sent, path.with_suffix(".xlsx").read_bytes())
        except (OSError, msgspec.MsgspecError):
            continue
    return found


def remember(forms: Path, server: str, package: Package, sent: Sent) -> None:
    """Remember one form; the workbook first, so that the note never speaks of one that is not there."""
    folder = forms / _SENT / _safe(server)
    durable.make_folder(folder)
    durable.write_whole(folder / f"{package.form}.xlsx", package.workbook)
    durable.write_whole(folder / f"{package.form}.json", msgspec.json.encode(sent))


def _safe(server: str) -> str:
    """Return a server's name as a folder's."""
    return "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in server) or "_"
