"""The files that hold a translated form: its source or its workbook, and the memory beside it. Makes bytes, writes none.

What is made is read back and compared before it is handed over, so that no translation costs a form anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xlsform import pack
from xlsform.build import core_rows
from xlsform.errors import FormError
from xlsform.model import Form
from xlsform.size import not_endless
from xlsform.sources import emit, plain_yaml, source, yaml_shapes
from xlsform.workbooks import importing, leaflet, workbook

__all__ = ["Held", "NotTheSame", "hold", "protected_words", "rewritten"]


NotTheSame: Final = FormError.declare(
    "DK-F89",
    "{file} was not written: read again, the form would differ in more than its translation. Nothing was changed. Save "
    "the workbook in Excel or LibreOffice, check it with dikalo forms check, and try again.",
)


@dataclass(frozen=True, slots=True)
class Held:
    """A form and the file that is its truth; ``sheets`` are those of its workbook that a rewriting would leave out."""

    form: Form
    path: Path
    sheets: tuple[str, ...] = ()


def hold(path: Path, root: Path) -> Held:
    """Read the form of a source or a workbook that is going to be rewritten.

    Raises:
        FormError: it cannot be read.
        ImportStopped: cells of the workbook would lose their content.
    """
    if path.suffix.lower() in {".yaml", ".yml"}:
        return Held(source.load(path, root), path)
    reading = workbook.read(workbook.load(path), file=path.name)
    not_endless(reading.form, path.name)
    if stopped := importing.blocking(reading.findings):
        raise importing.ImportStopped(file=path.name, count=len(stopped))
    sheets = tuple(name for name in reading.form.others if name != leaflet.TITLE)
    return Held(reading.form, path, sheets)


def protected_words(form_id: str, root: Path) -> tuple[str, ...]:
    """Return the paths of the rows whose wording an organisation may not change, by the core that is nearest.

    Raises:
        FormError: ``core.yaml`` cannot be read.
    """
    path = root / "core.yaml"
    path = path if path.is_file() else pack.forms_root() / "core.yaml"
    if not path.is_file():
        return ()
    file = pack.shown(path)
    top = plain_yaml.parse(plain_yaml.decode(path.read_bytes(), file), file)
    return yaml_shapes.texts_under(top, form_id, "texts")


def rewritten(held: Held, form: Form, root: Path) -> tuple[bytes, Sequence[str]]:
    """Return the bytes of the form's file with a changed form, and the comments of its source that find no place.

    Raises:
        NotTheSame: reading the file again gives another form.
        CellTooLong, CharacterForbidden: a text that a workbook cannot hold.
    """
    if held.path.suffix.lower() in {".yaml", ".yml"}:
        written = emit.write(form, old=importing.old_text(held.path), root=root)
        raw, back = written.text.encode(), source.read(written.text.encode(), file=held.path.name, root=root)
        lost = [comment for _line, comment in written.lost]
    else:
        core = root if (root / "core.yaml").is_file() else pack.forms_root()
        raw = workbook.write(form, core=core_rows(form.form_id, core))
        back, lost = workbook.read(raw, file=held.path.name).form, []
    if back != form:
        raise NotTheSame(file=held.path.name)
    return raw, lost
