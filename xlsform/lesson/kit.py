"""A form as a phone holds it, for a rehearsal or a lesson: what is asked, what phones get, the lists it takes.

Reads a source or a workbook and converts it; writes only into a folder of the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from xlsform import pack
from xlsform.convert import convert
from xlsform.engine.media import lists_of
from xlsform.lesson.lists import lay
from xlsform.model import Form, Resolved, resolve
from xlsform.size import not_endless
from xlsform.sources import source
from xlsform.workbooks import workbook

__all__ = ["Kit", "Lists", "kit", "lists"]


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
        return form, workbook.write(form)
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
