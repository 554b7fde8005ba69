"""A form as a phone holds it, for a rehearsal or a lesson: what is asked, what phones get, and its lists, invented rows laid in.

Lists that come from a register (open cases, providers) travel with headers only. Their sample rows stay on this computer: they
are laid into a folder of the caller and never reach a phone.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from xlsform import pack
from xlsform.convert import convert
from xlsform.engine.jvm import MediaMissing, lists_of
from xlsform.model import Form, Resolved, resolve
from xlsform.rules import not_endless
from xlsform.sources import source
from xlsform.workbooks import workbook, writing


@dataclass(frozen=True, slots=True)
class Kit:
    """A form, the XForm made of it, and the folders its media may lie in, nearest first."""

    form: Resolved
    xform: str
    media: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Lists:
    """Two folders of list files: with invented rows, and as they stand; ``invented`` names the files that differ."""

    filled: Path
    bare: Path
    invented: frozenset[str]


def kit(path: Path, root: Path) -> Kit:
    """Read a form and convert it. ``root`` is the forms folder whose blocks, lists and media it may use.

    Raises:
        FormError: it cannot be read, or cannot be turned into what phones read.
    """
    form, raw = _read(path, root)
    made = convert(raw, name=pack.shown(path), form=form)
    folders = (root / "media", path.parent / "media", path.parent, pack.forms_root() / "media")
    return Kit(resolve(form), made.xform, tuple(dict.fromkeys(one for one in folders if one.is_dir())))


def _read(path: Path, root: Path) -> tuple[Form, bytes]:
    if path.suffix.lower() in {".yaml", ".yml"}:
        form = source.load(path, root)
        return form, writing.write(form)
    raw = workbook.load(path)
    return not_endless(workbook.read(raw, file=pack.shown(path)).form, pack.shown(path)), raw


@contextmanager
def lists(of: Kit) -> Iterator[Lists]:
    """Lay the form's list files into two folders that last as long as the block.

    Raises:
        MediaMissing: a list file is in none of the form's folders.
    """
    with TemporaryDirectory(prefix="dikalo-") as folder:
        filled, bare = Path(folder, "filled"), Path(folder, "bare")
        filled.mkdir()
        bare.mkdir()
        names = sorted(lists_of(of.xform))
        invented = lay(names, of.media, filled)
        lay(names, of.media, bare, invent=False)
        yield Lists(filled, bare, invented)


_RENAMED = {"name": "case_code", "label": "case_code"}
"""Columns of a published list -> where the sample table has them."""


def is_bare(path: Path) -> bool:
    """Tell whether a list file holds a header and nothing else."""
    return sum(1 for line in path.read_text("utf-8-sig").splitlines() if line.strip()) <= 1


def lay(
    names: Iterable[str], folders: Sequence[Path], target: Path, *, invent: bool = True
) -> frozenset[str]:
    """Copy list files, and give those that hold only a header the rows of the samples; return the names of these.

    Args:
        names: the list files that a form asks for.
        folders: where they may lie, nearest first.
        target: an empty folder for the copies.
        invent: whether to give rows; without, every file is copied as it stands.

    Raises:
        MediaMissing: a file is in none of the folders.
    """
    invented = set()
    for name in names:
        content, filled = list_file(name, folders, invent=invent)
        (target / name).write_bytes(content)
        invented |= {name} if filled else set()
    return frozenset(invented)


def list_file(name: str, folders: Sequence[Path], *, invent: bool = True) -> tuple[bytes, bool]:
    """Return a file beside a form, a list of no rows with those of the samples; and whether they are invented.

    Raises:
        MediaMissing: the file is in none of the folders.
    """
    path = next((folder / name for folder in folders if (folder / name).is_file()), None)
    if path is None:
        raise MediaMissing(file=name)
    sample = pack.forms_root() / "samples" / name
    if invent and sample.is_file() and is_bare(path):
        return _filled(path, sample).encode(), True
    return path.read_bytes(), False


def _filled(path: Path, sample: Path) -> str:
    with path.open(encoding="utf-8-sig", newline="") as file:
        header = next(csv.reader(file), [])
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(header)
    with sample.open(encoding="utf-8", newline="") as file:
        rows.writerows(_rows(header, csv.DictReader(file)))
    return out.getvalue()


def _rows(header: list[str], samples: Iterable[Mapping[str, str]]) -> Iterator[list[str]]:
    for sample in samples:
        cells = {column: sample.get(column, sample.get(_RENAMED.get(column, ""), "")) for column in header}
        if "name" not in sample:
            cells["name"] = cells["name"].lower()  # as published: the name is not the code
        yield [cells[column] for column in header]
