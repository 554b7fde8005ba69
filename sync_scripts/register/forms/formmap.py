"""The map of a form version: where the answer to each question goes, and how secret it is. Never reads the folder of forms.

Made once from the form itself when a version enters the register, and read by every build of that version's submissions: a form
that changed since must not change what was said before. What a server says of a form may make answers more secret, never less:
whoever may edit a form there must not decide what lies here in the clear. Each question keeps the highest level that anybody
gives it; one that only the server knows is sealed until its workbook lies here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import msgspec
from sqlalchemy import insert, select

from sync_scripts.errors import Attention
from xlsform.columns import METADATA, QUIET_METADATA, STAMPS
from xlsform.model import Form, Kind, Question, Section, resolve
from xlsform.pack import register_fields

if TYPE_CHECKING:
    from sync_scripts.store.database import Rows


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
    from xlsform.overlay.core import levels, twin_of
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


SEALED: Final = 3
SEPARATOR: Final = "~"
"""In the name of a version that is read otherwise than its workbook here says: behind it, a digest of the map."""

_UNASKED: Final = QUIET_METADATA | {"note"}

Levels = Mapping[str, int]
"""Level by path, joined with slashes."""


@dataclass(frozen=True, slots=True)
class Strict:
    """How the submissions of one served version are read.

    Attributes:
        map: the map to read them with; that of the workspace itself when the server raises nothing.
        lowered: paths to which the server gives a lower level than they have here.
        redirected: paths which the server sends to another place of the register.
        added: paths of what is asked and nobody knows here.
    """

    map: FormMap
    lowered: tuple[str, ...] = ()
    redirected: tuple[str, ...] = ()
    added: tuple[str, ...] = ()

    @property
    def loosened(self) -> bool:
        """Tell whether the server tried to make something less secret."""
        return bool(self.lowered or self.redirected)


def merge(served: FormMap, version: str, known: Mapping[str, FormMap], core: Levels) -> Strict:
    """Return how to read the submissions of a version that a server serves.

    Args:
        served: what the server's workbook says.
        version: stamp of the version that the submissions name.
        known: the maps of this workspace's own workbooks of that form, by version; at least one.
        core: levels of the shipped form.
    """
    basis = _Basis(version, known, core)
    served = basis.placed(served)
    if all(
        asked.entity is None for asked in served.questions
    ):  # it was sent without our columns and says nothing
        served = msgspec.structs.replace(served, questions=tuple(map(basis.own_of, served.questions)))
    strict = {asked.path: basis.strict(asked) for asked in served.questions}
    own = known.get(version)
    made = _raised(own, strict) if own is not None else basis.whole(served, strict)
    return Strict(
        map=made,
        lowered=tuple(
            _text(asked.path)
            for asked in served.questions
            if basis.known(asked) and asked.level < strict[asked.path].level
        ),
        redirected=tuple(_text(asked.path) for asked in served.questions if basis.moved(asked)),
        added=tuple(
            _text(asked.path)
            for asked in served.questions
            if not basis.known(asked) and asked.type not in _UNASKED
        ),
    )


class _Basis:
    """What is known here of the questions of a form, the version at hand first."""

    def __init__(self, version: str, known: Mapping[str, FormMap], core: Levels) -> None:
        self._fields = register_fields()
        self._core = core
        self._asked: dict[tuple[str, ...], Asked] = {}
        self._seen: dict[tuple[str, ...], int] = {}
        self._groups: dict[tuple[str, ...], Held] = {}
        for name in sorted(known, key=lambda one: (one == version, one), reverse=True):
            for asked in known[name].questions:
                self._asked.setdefault(asked.path, asked)
                self._seen[asked.path] = max(self._seen.get(asked.path, 0), asked.level)
            for held in known[name].groups:
                self._groups.setdefault(held.path, held)
        self.stamp = next(iter(known.values())).form
        self.version = version

    def known(self, asked: Asked) -> bool:
        """Tell whether a question is known here."""
        return asked.path in self._asked

    def placed(self, served: FormMap) -> FormMap:
        """Return a served map in which what the phone notes of itself stands where we have it: form builders move it."""
        groups = {(), *(held.path for held in served.groups)}
        own = {(one.type, one.path[-1]): one for one in reversed(self._asked.values())}

        def put(asked: Asked) -> Asked:
            ours = own.get((asked.type, asked.path[-1]))
            if (
                asked.type not in METADATA
                or self.known(asked)
                or ours is None
                or ours.path[:-1] not in groups
            ):
                return asked
            return msgspec.structs.replace(asked, path=ours.path, entity=ours.entity, field=ours.field)

        return msgspec.structs.replace(served, questions=tuple(map(put, served.questions)))

    def own_of(self, asked: Asked) -> Asked:
        """Return what is known here of a question, itself when nothing is."""
        return self._asked.get(asked.path, asked)

    def moved(self, asked: Asked) -> bool:
        """Tell whether a question goes elsewhere by the server's word."""
        own = self._asked.get(asked.path)
        return own is not None and (own.entity, own.field) != (asked.entity, asked.field)

    def strict(self, asked: Asked) -> Asked:
        """Return a question as it is read: where this workspace puts it, as secret as anybody says."""
        own = self._asked.get(asked.path)
        if own is None:
            return msgspec.structs.replace(asked, entity=None, field=None, level=SEALED)
        field = self._fields.get((own.entity or "", own.field or ""))
        floors = (self._seen[own.path], self._core.get(_text(own.path), 0), field.level if field else 0)
        return msgspec.structs.replace(own, level=max(asked.level, *floors))

    def whole(self, served: FormMap, strict: Mapping[tuple[str, ...], Asked]) -> FormMap:
        """Return the map of a version whose workbook is not here: its own questions, put where we know them."""
        groups = tuple(
            self._groups.get(held.path, Held(held.path, None, repeat=held.repeat)) for held in served.groups
        )
        questions = tuple(strict[asked.path] for asked in served.questions)
        return _named(FormMap(self.stamp, self.version, groups, questions))


def _raised(own: FormMap, strict: Mapping[tuple[str, ...], Asked]) -> FormMap:
    """Return our own map, under another name when the server raises some level."""
    questions = tuple(strict.get(asked.path, asked) for asked in own.questions)
    if questions == own.questions:
        return own
    return _named(msgspec.structs.replace(own, questions=questions))


def _named(made: FormMap) -> FormMap:
    """Return a map under a version that says what it holds: the same map always gets the same name."""
    mark = hashlib.sha256(write_map(made).encode()).hexdigest()[:8]
    return msgspec.structs.replace(made, version=f"{made.version}{SEPARATOR}{mark}")


def _text(path: tuple[str, ...]) -> str:
    return "/".join(path)
