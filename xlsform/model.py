"""A form as frozen values, and where each of its answers goes. Reads no file, knows no YAML, Excel or XML.

`Form` is what `source` reads from YAML and `workbook` from Excel: rows in sheet order, each with its place. Two forms
are equal when phones could not tell them apart; where they were read is not compared. `resolve` answers, for each
question: which entity and field of the register, which sensitivity, under which repeat, shown when.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from xlsform import columns
from xlsform.errors import FormError

SEALED = 3
"""Level of what nobody classed."""


GroupUnbalanced: Final = FormError.declare(
    "DK-F01",
    "The form {form}, {where}: the row {row} does not fit: groups and repeats must open and close in pairs. "
    "Add the missing begin or end row, or delete this one.",
)


class Kind(StrEnum):
    """What a survey row does."""

    QUESTION = "question"
    NOTE = "note"
    CALCULATE = "calculate"
    METADATA = "metadata"
    GROUP = "group"
    REPEAT = "repeat"
    END = "end"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file and line of a YAML source, sheet and row of a workbook (header = row 1)."""

    file: str = ""
    line: int | None = None
    sheet: str = ""
    row: int | None = None

    def __str__(self) -> str:
        """Return ``file:line`` for a source, ``file sheet!row`` for a workbook."""
        if self.line is not None:
            return f"{self.file}:{self.line}"
        return f"{self.file} {self.sheet}!{self.row}" if self.row is not None else self.file


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the survey sheet; empty cells are absent.

    ``cells`` holds every other column as written, unknown ones too; ``texts`` the translated columns by language
    code ("" = a column that names no language).
    """

    type: str
    name: str = ""
    cells: Mapping[str, str] = field(default_factory=dict)
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    place: Place = field(default=Place(), compare=False)

    @property
    def base(self) -> str:
        """Return the first word of the type: ``select_one``."""
        return self.type.partition(" ")[0]

    @property
    def kind(self) -> Kind:
        """Return what the row does."""
        return _KINDS.get(self.base, Kind.METADATA if self.base in columns.METADATA else Kind.QUESTION)

    @property
    def list_name(self) -> str | None:
        """Return the name of the list of a select that has its choices in the form."""
        words = self.type.split()
        return words[1] if self.base in columns.LIST_TYPES and len(words) > 1 else None

    @property
    def list_file(self) -> str | None:
        """Return the file that holds the choices: ``cases.csv``."""
        words = self.type.split()
        return words[1] if self.base in columns.FILE_TYPES and len(words) > 1 else None

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the label in each language that has one."""
        return self.texts.get("label", {})

    def cell(self, column: str) -> str:
        """Return a column that is not translated, "" when the cell is empty."""
        return {"type": self.type, "name": self.name}.get(column) or self.cells.get(column, "")

    def text(self, column: str, language: str) -> str:
        """Return a translated column in one language, "" when the cell is empty."""
        return self.texts.get(column, {}).get(language, "")


_KINDS: Mapping[str, Kind] = {
    "begin_group": Kind.GROUP,
    "begin_repeat": Kind.REPEAT,
    "end_group": Kind.END,
    "end_repeat": Kind.END,
    "note": Kind.NOTE,
    "calculate": Kind.CALCULATE,
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One row of the choices sheet; ``cells`` are the extra columns that filters use."""

    name: str
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    cells: Mapping[str, str] = field(default_factory=dict)
    place: Place = field(default=Place(), compare=False)

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the label in each language that has one."""
        return self.texts.get("label", {})


@dataclass(frozen=True, slots=True)
class Form:
    """One form, without the stamps that the build adds. Groups are always balanced.

    ``languages`` maps a code to the full name, the first one is the default; empty = the form names no language.
    ``shared`` maps the name of a list to the shared list it was laid in from. ``letters`` is known for a form read
    from a workbook: (sheet, column, language code) -> column letter. ``others`` are the sheets that are not ours.

    Raises:
        GroupUnbalanced: groups and repeats do not open and close in pairs.
    """

    languages: Mapping[str, str]
    settings: Mapping[str, str]
    survey: tuple[Row, ...]
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)
    file: str = field(default="", compare=False)
    shared: Mapping[str, str] = field(default_factory=dict, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)
    letters: Mapping[tuple[str, str, str], str] = field(default_factory=dict, compare=False)
    others: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        """Refuse rows that do not nest."""
        _check_balance(self)

    @property
    def form_id(self) -> str:
        """Return the form id, "" when the settings do not say."""
        return self.settings.get("form_id", "")

    @property
    def version(self) -> str:
        """Return the version, "" when the settings do not say."""
        return self.settings.get("version", "")

    @property
    def title(self) -> str:
        """Return the title, else the form id."""
        return self.settings.get("form_title", "") or self.form_id

    def paths(self) -> Iterator[tuple[tuple[str, ...], Row]]:
        """Yield each row with its path; a closing row has the path of what it closes."""
        stack: list[str] = []
        for row in self.survey:
            if row.kind is Kind.END:
                yield tuple(stack), row
                stack.pop()
                continue
            yield (*stack, row.name), row
            if row.base in columns.BEGIN:
                stack.append(row.name)


def _check_balance(form: Form) -> None:
    open_rows: list[Row] = []
    for row in form.survey:
        if row.base in columns.BEGIN:
            open_rows.append(row)
        elif row.base in columns.ENDS and (not open_rows or columns.BEGIN[open_rows.pop().base] != row.base):
            raise _unbalanced(form, row)
    if open_rows:
        raise _unbalanced(form, open_rows[-1])


def _unbalanced(form: Form, row: Row) -> FormError:
    words = f"{row.type} {row.name}".strip()
    return GroupUnbalanced(form=form.title or form.file, where=str(row.place), row=words)


# --- where answers go ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Section:
    """A group or repeat. ``entity`` is what its own register cell says; ``within`` what counts inside it."""

    path: tuple[str, ...]
    row: Row
    repeat: bool
    entity: str | None
    within: str | None
    level: int
    under: tuple[str, ...]
    """Path of the repeat that encloses it, () at the root."""
    relevance: str
    relevances: tuple[str, ...]
    """Conditions of what encloses it, outermost first."""


@dataclass(frozen=True, slots=True)
class Question:
    """A row that can hold an answer or, for a note, a text on the screen.

    ``type`` is the first word of the type; ``list`` the list or ``file`` the media file its codes come from. ``entity``
    is None when nothing says it, ``field`` when the answer goes to ``extra``. ``level``: 0 to 3.
    """

    path: tuple[str, ...]
    row: Row
    type: str
    list: str | None
    file: str | None
    entity: str | None
    field: str | None
    level: int
    classed: bool
    """Whether the row or a section around it says the level; else it counts as sealed."""
    labels: Mapping[str, str]
    repeat: tuple[str, ...]
    """Path of the nearest enclosing repeat, () at the root."""
    relevance: str
    relevances: tuple[str, ...]
    """Conditions of the enclosing sections, outermost first."""

    @property
    def name(self) -> str:
        """Return the last part of the path."""
        return self.path[-1]

    @property
    def kind(self) -> Kind:
        """Return what the row does."""
        return self.row.kind


@dataclass(frozen=True, slots=True)
class Resolved:
    """Every section and question of a form in sheet order, the two stamps last."""

    form: Form
    sections: tuple[Section, ...]
    questions: tuple[Question, ...]
    named: Mapping[str, Question] = field(init=False, repr=False, compare=False)
    """The first question of each name."""

    def __post_init__(self) -> None:
        """Note the questions by name: rules ask for them often."""
        object.__setattr__(self, "named", {one.name: one for one in reversed(self.questions)})

    def question(self, name: str) -> Question | None:
        """Return the first question of that name."""
        return self.named.get(name)

    def section(self, path: tuple[str, ...]) -> Section | None:
        """Return the group or repeat at that path."""
        return next((section for section in self.sections if section.path == path), None)


def resolve(form: Form) -> Resolved:
    """Say of each question where its answer goes and how secret it is.

    A bare register name belongs to the nearest enclosing section that names an entity, a dotted one to the entity it
    names. The level is the row's own, else that of the nearest section, else 3; notes, quiet metadata and the stamps
    without an own level count as 0. An unreadable level counts as 3.
    """
    stack: list[Section] = []
    sections: list[Section] = []
    questions: list[Question] = []
    for path, row in form.paths():
        if row.kind is Kind.END:
            stack.pop()
        elif row.base in columns.BEGIN:
            sections.append(_section(path, row, stack))
            stack.append(sections[-1])
        else:
            questions.append(_question(path, row, stack))
    questions += [_question((name,), Row(type="calculate", name=name), []) for name in columns.STAMPS]
    return Resolved(form=form, sections=tuple(sections), questions=tuple(questions))


def _section(path: tuple[str, ...], row: Row, stack: list[Section]) -> Section:
    entity = row.cell(columns.REGISTER) or None
    return Section(
        path=path,
        row=row,
        repeat=row.kind is Kind.REPEAT,
        entity=entity,
        within=entity or (stack[-1].within if stack else None),
        level=_level(row, stack),
        under=_repeat(stack),
        relevance=row.cell("relevant"),
        relevances=_relevances(stack),
    )


def _question(path: tuple[str, ...], row: Row, stack: list[Section]) -> Question:
    entity, _, name = row.cell(columns.REGISTER).rpartition(".")
    return Question(
        path=path,
        row=row,
        type=row.base,
        list=row.list_name,
        file=row.list_file,
        entity=entity or (stack[-1].within if stack else None),
        field=name or None,
        level=_level(row, stack),
        classed=_is_classed(row, stack),
        labels=row.labels,
        repeat=_repeat(stack),
        relevance=row.cell("relevant"),
        relevances=_relevances(stack),
    )


def _level(row: Row, stack: list[Section]) -> int:
    own = row.cell(columns.SENSITIVITY)
    if own:
        return int(own) if own in {"0", "1", "2", "3"} else SEALED
    if _is_quiet(row):
        return 0
    return stack[-1].level if stack else SEALED


def _is_quiet(row: Row) -> bool:
    return row.kind is Kind.NOTE or row.base in columns.QUIET_METADATA or row.name in columns.STAMPS


def _is_classed(row: Row, stack: list[Section]) -> bool:
    rows = [row, *(section.row for section in stack)]
    return _is_quiet(row) or any(one.cell(columns.SENSITIVITY) for one in rows)


def _repeat(stack: list[Section]) -> tuple[str, ...]:
    return next((section.path for section in reversed(stack) if section.repeat), ())


def _relevances(stack: list[Section]) -> tuple[str, ...]:
    return tuple(section.relevance for section in stack if section.relevance)


def media(form: Form) -> tuple[str, ...]:
    """Return the names of the files that the form needs beside it, sorted, each once."""
    names: set[str] = set()
    for row in form.survey:
        names.update(_media_texts(row.texts))
        if row.list_file:
            names.add(row.list_file)
        if row.base in {"csv-external", "xml-external"}:
            names.add(f"{row.name}.{row.base[:3]}")
    for choices in form.choices.values():
        for choice in choices:
            names.update(_media_texts(choice.texts))
    return tuple(sorted(names))


def _media_texts(texts: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    for column in columns.MEDIA:
        yield from texts.get(column, {}).values()
