"""Build: from the sources of a forms folder to its workbooks and generated media. Decides first, writes last.

`plan` says what every file must hold and what it holds now; `save` writes one file whole or not at all. Nothing else of
the folder is touched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from xlsform import pack
from xlsform.answers import recordings
from xlsform.errors import FormError
from xlsform.model import Form, media
from xlsform.sources import plain_yaml, source
from xlsform.workbooks import workbook, writing

State = Literal["same", "writer", "content", "missing"]
"""What lies there now: these bytes; the same cells, saved by another program or version; other cells; nothing."""

_ADMINISTRATIVE_FILE = "arrondissements.csv"


NoSources: Final = FormError.declare(
    "DK-F20",
    "There are no form sources here (no YAML file in {folder}), so nothing was built. Workbooks of a workspace are "
    "edited in Excel or LibreOffice and checked with: dikalo forms check.",
)
Outdated: Final = FormError.declare(
    "DK-F27",
    "These files are not what the sources give: {files}. Run: dikalo forms build. If somebody changed a workbook by "
    "hand, first bring the change into its source: dikalo forms import WORKBOOK.",
)
OtherWriter: Final = FormError.declare(
    "DK-F28",
    "These workbooks hold what the sources give, but another program or version saved them: {files}. Run: dikalo "
    "forms build.",
)
NotWritten: Final = FormError.declare(
    "DK-F31",
    "{file} cannot be written; what was there is still there. Close it in Excel or LibreOffice, check that the folder "
    "may be written and the disk has room, and run the command again.",
)


@dataclass(frozen=True, slots=True)
class Built:
    """One file of the build: what it must hold, and how that compares with what is there."""

    form: Form | None
    """The form, for a workbook; None for a media file."""
    path: Path
    data: bytes
    state: State


def plan(root: Path | None = None, only: Collection[str] = ()) -> Iterator[Built]:
    """Yield every file that the sources give, workbooks by form id, then generated media that a form asks for.

    ``only`` names the forms to build, all when empty.

    Raises:
        FormError: a source cannot be read, or there is none.
    """
    root = root or pack.forms_root()
    packed = [pack.find(name, root) for name in only] or list(pack.forms(root))
    sources = [(one, one.source) for one in packed if one.source is not None]
    if not sources:
        raise NoSources(folder=pack.shown(root / "src"))
    needed: set[str] = set()
    for one, path in sources:
        form = recordings.laid(source.load(path, root), root / "media")
        needed.update(media(form))
        data = writing.write(form, core=core_rows(one.form_id, root))
        yield Built(form, one.workbook, data, _state(one.workbook, data))
    if _ADMINISTRATIVE_FILE in needed:
        path, data = root / "media" / _ADMINISTRATIVE_FILE, pack.administrative_file(root)
        yield Built(None, path, data, _state(path, data))


def faults(files: Iterable[Built]) -> Iterator[FormError]:
    """Yield what ``build --check`` says: other content first, then the same content by another writer."""
    by_state: dict[State, list[str]] = {}
    for one in files:
        by_state.setdefault(one.state, []).append(one.path.name)
    if wrong := [*by_state.get("content", []), *by_state.get("missing", [])]:
        yield Outdated(files=", ".join(sorted(wrong)))
    if "writer" in by_state:
        yield OtherWriter(files=", ".join(by_state["writer"]))


def core_rows(form_id: str, root: Path) -> frozenset[tuple[str, ...]]:
    """Return the paths of the rows that ``core.yaml`` freezes; none when there is no such file."""
    path = root / "core.yaml"
    if not path.is_file():
        return frozenset()
    file = pack.shown(path)
    top = plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file)
    forms = plain_yaml.texts_under(top, form_id, "frozen")
    return frozenset(tuple(text.split("/")) for text in forms)


def _state(path: Path, data: bytes) -> State:
    try:
        there = path.read_bytes()
    except FileNotFoundError:
        return "missing"
    except OSError:  # writing will say why
        return "content"
    if there == data:
        return "same"
    return "writer" if path.suffix == ".xlsx" and _same_cells(there, data, path.name) else "content"


def _same_cells(there: bytes, data: bytes, name: str) -> bool:
    try:
        old, new = (workbook.cells(raw, file=name) for raw in (there, data))
    except FormError:
        return False
    return [(sheet.name, sheet.rows) for sheet in old] == [(sheet.name, sheet.rows) for sheet in new]


def save(built: Built) -> None:
    """Write one file, whole or not at all."""
    replace(built.path, built.data)


def replace(path: Path, data: bytes) -> None:
    """Put these bytes in the place of a file, whole or not at all.

    Raises:
        NotWritten: the folder or the file cannot be written; what was there is still there.
    """
    partial = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(data)
        partial.replace(path)
    except OSError as error:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise NotWritten(file=path.name) from error
