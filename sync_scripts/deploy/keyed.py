"""The public key of a form in the copy that goes up: written here, at the last moment, into no workbook that is kept.

The key comes from the register; a trainer's folder without one has it from ``forms/keys/<form>.pub``, a file that holds
no secret but must not be exchanged: whoever puts another key there reads what the phones send.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from sync_scripts.deploy.package import Package
from sync_scripts.errors import Attention, UsageProblem
from sync_scripts.store import durable
from xlsform.workbooks import workbook

__all__ = [
    "FOLDER",
    "KeyInWorkbook",
    "KeyUnlike",
    "key_in",
    "key_of",
    "keyed",
    "laid",
    "lay",
    "plain",
]

FOLDER: Final = "keys"
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
        durable.make_folder(forms / FOLDER)
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
    return workbook.write(replace(form, settings=settings))


def _file(forms: Path, form: str) -> Path:
    return forms / FOLDER / f"{form}.pub"
