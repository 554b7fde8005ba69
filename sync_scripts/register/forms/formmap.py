"""The map of a form version: where the answer to each question goes, and how secret it is.

Made once from the form itself when a version enters the register, kept there as JSON beside the workbook, and read by
every build and rebuild of that version's submissions. Never reads the folder of forms: a form that changed since must
not change what was said before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from sqlalchemy import insert, select

from sync_scripts.errors import Attention
from xlsform.columns import STAMPS
from xlsform.model import Form, Kind, Question, Section, resolve

if TYPE_CHECKING:
    from sync_scripts.store.database import Rows

__all__ = [
    "Asked",
    "FormMap",
    "FormVersionTaken",
    "Held",
    "find",
    "form_map",
    "read_map",
    "remember",
    "remember_own",
    "write_map",
]

Sort = Literal["question", "calculate", "metadata", "note"]


class Asked(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question of a form.

    Attributes:
        path: its name and those of the groups around it, outermost first, without the root element.
        type: first word of the XLSForm type.
        sort: what the row does; only an answer to a ``question`` makes a record.
        list: name of the choice list, None without one.
        entity: entity of the register that the answer belongs to, None when nothing says it.
        field: field of that entity, None when the answer goes to ``extra``.
        level: sensitivity, 0 to 3.
        fr: French label, "" when there is none.
        en: English label, "" when there is none.
    """

    path: tuple[str, ...]
    type: str
    sort: Sort = "question"
    list: str | None = None
    entity: str | None = None
    field: str | None = None
    level: int = 3
    fr: str = ""
    en: str = ""


class Held(msgspec.Struct, frozen=True, omit_defaults=True):
    """A group or repeat; one repetition of a repeat is one record of its entity."""

    path: tuple[str, ...]
    entity: str | None = None
    repeat: bool = False


class FormMap(msgspec.Struct, frozen=True):
    """Where the answers of one version of one form go.

    Attributes:
        form: the form's stamp (``dikalo_form``).
        version: the version's stamp (``dikalo_version``).
        groups: groups and repeats in the order of the form.
        questions: questions in the order of the form, notes and metadata included.
    """

    form: str
    version: str
    groups: tuple[Held, ...]
    questions: tuple[Asked, ...]


FormVersionTaken: Final = Attention.declare(
    "DK-R01",
    "The register already holds the form {form}, version {version}, and it asks something else. Nothing was "
    "changed. Give the changed form a new version, then import it again.",
)


_write = msgspec.json.Encoder(order="deterministic").encode
_read = msgspec.json.Decoder(FormMap).decode


def write_map(form_map: FormMap) -> str:
    """Return the map as canonical JSON: the same map always gives the same bytes."""
    return _write(form_map).decode()


def read_map(text: str | bytes) -> FormMap:
    """Return the map of its JSON.

    Raises:
        msgspec.MsgspecError: the text is not a map.
    """
    return _read(text)


def form_map(form: Form) -> FormMap:
    """Return the map of a form, from its own columns ``register`` and ``sensitivity``."""
    resolved = resolve(form)
    return FormMap(
        form=form.form_id,
        version=form.version,
        groups=tuple(_held(section) for section in resolved.sections),
        questions=tuple(_asked(question) for question in resolved.questions),
    )


def _held(section: Section) -> Held:
    return Held(path=section.path, entity=section.entity, repeat=section.repeat)


_SORTS: dict[Kind, Sort] = {Kind.CALCULATE: "calculate", Kind.METADATA: "metadata", Kind.NOTE: "note"}


def _asked(question: Question) -> Asked:
    return Asked(
        path=question.path,
        type=question.type,
        sort="metadata" if question.name in STAMPS else _SORTS.get(question.kind, "question"),
        list=question.list,
        entity=question.entity,
        field=question.field,
        level=question.level,
        fr=question.labels.get("fr", ""),
        en=question.labels.get("en", "") or question.labels.get("", ""),
    )


# --- kept in the register -----------------------------------------------------------------------------------------


def remember(rows: Rows, workbook: bytes, now: str) -> FormMap:
    """Keep one form version: the workbook's bytes, its hash and its map. Safe to call again with the same form.

    A workbook that was only saved again (other bytes, same map) changes nothing: the first bytes stay. A copy of one of
    dikalo's forms under another id, which no core protects, is read at least as secretly as that form.

    Args:
        rows: an open transaction.
        workbook: the bytes of the XLSX file, as they stand in the workspace or on the server.
        now: instant of the import, ISO text in UTC.

    Raises:
        FormVersionTaken: other questions stand under this form and version.
        FormError: the workbook cannot be read.
    """
    from xlsform.overlay.twins import levels, twin_of
    from xlsform.workbooks.workbook import read

    form = read(workbook, file="xlsx").form
    made = _as_secret(form_map(form), levels(twin_of(form)))
    _keep(rows, made, workbook, now)
    return made


def _as_secret(made: FormMap, floors: Mapping[tuple[str, ...], int]) -> FormMap:
    """Return a map with no level below these, by path."""
    questions = tuple(
        one if one.level >= floors.get(one.path, 0) else msgspec.structs.replace(one, level=floors[one.path])
        for one in made.questions
    )
    return msgspec.structs.replace(made, questions=questions)


def remember_own(rows: Rows, made: FormMap, now: str) -> None:
    """Keep a form of our own that has no workbook: what is keyed in at the desk, an old list. As `remember`.

    Raises:
        FormVersionTaken: other questions stand under this form and version.
    """
    _keep(rows, made, b"", now)


def _keep(rows: Rows, made: FormMap, workbook: bytes, now: str) -> None:
    from sync_scripts.store.schema.raw import form_version

    known = find(rows, made.form, made.version)
    if known is not None and known != made:
        raise FormVersionTaken(form=made.form, version=made.version)
    if known is None:
        values = {
            "form": made.form,
            "version": made.version,
            "stamp": made.form,
            "sha256": hashlib.sha256(workbook or write_map(made).encode()).hexdigest(),
            "workbook": workbook,
            "map": write_map(made),
            "imported_at": now,
        }
        rows.execute(insert(form_version).values(values))


def find(rows: Rows, stamp: str, version: str) -> FormMap | None:
    """Return the map of a version by its two stamps, None when the register does not know it."""
    from sync_scripts.store.schema.raw import form_version as kept

    asked = select(kept.c.map).where(kept.c.stamp == stamp, kept.c.version == version)
    text = rows.execute(asked).scalar()
    return None if text is None else read_map(text)
