"""The list files of a form for a rehearsal or a lesson: its own, with invented rows where only the header is there.

The lists that come from a register (open cases, providers) travel with headers only. Their sample rows stay on this
computer: they are laid into a folder of the caller and never reach a phone.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from xlsform import pack
from xlsform.engine.media import MediaMissing

__all__ = ["is_bare", "lay"]

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
        path = next((folder / name for folder in folders if (folder / name).is_file()), None)
        if path is None:
            raise MediaMissing(file=name)
        sample = pack.forms_root() / "samples" / name
        if invent and is_bare(path) and sample.is_file():
            (target / name).write_text(_filled(path, sample), "utf-8", newline="")
            invented.add(name)
        else:
            shutil.copyfile(path, target / name)
    return frozenset(invented)


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
