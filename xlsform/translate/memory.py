"""What a translation was made from: ``translations/<form>.<from>-<to>.csv`` beside the forms.

It tells a translation whose source was reworded since, and a text that only stands in for a translation. Without it,
nothing is known to have changed. Parses and writes text; the caller opens and keeps the file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from xlsform.translate.guard import guarded, unguarded

__all__ = ["Kept", "Memory", "path_of", "read", "written"]

_HEADER = ("key", "source", "translation")
_LARGEST = 20_000_000


@dataclass(frozen=True, slots=True)
class Kept:
    """A translation and the wording that it was made from."""

    source: str
    translation: str


Memory = Mapping[str, Kept]


def path_of(root: Path, form_id: str, source: str, target: str) -> Path:
    """Return where a forms folder keeps the memory of a form in two languages, given by their codes."""
    return root / "translations" / f"{form_id}.{source}-{target}.csv"


def read(path: Path) -> dict[str, Kept]:
    """Return a memory; nothing when the file is not there or is not one: then nothing counts as changed."""
    try:
        raw = path.read_bytes()
        text = raw.decode("utf-8-sig") if len(raw) <= _LARGEST else ""
    except (OSError, UnicodeDecodeError):
        return {}
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if tuple(rows.fieldnames or ()) != _HEADER:
        return {}
    return {
        row["key"]: Kept(unguarded(row["source"] or ""), unguarded(row["translation"] or "")) for row in rows
    }


def written(memory: Memory) -> bytes:
    """Return the file of a memory: sorted, the same bytes for the same content."""
    out = io.StringIO(newline="")
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(_HEADER)
    rows.writerows(
        (key, guarded(one.source), guarded(one.translation)) for key, one in sorted(memory.items())
    )
    return out.getvalue().encode()
