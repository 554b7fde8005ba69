"""A small base form, and what an organisation and a later base make of it, as changes of one text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xlsform.model import Form
from xlsform.overlay import Op, Overlay, Rebased, apply, derive, rebase
from xlsform.overlay.rebasing import Conflict, Decision, Key
from xlsform.sources import source

TEXT = """
languages: {fr: Français (fr), en: English (en)}
settings:
  form_title: Essai / Trial
  form_id: trial
  version: 2026112501
survey:
  - type: select_one consent
    name: consent
    label: {fr: D'accord ?, en: Agreed?}
    required: yes
    sensitivity: 1
  - type: begin_group
    name: story
    label: {fr: Récit, en: Story}
    relevant: ${consent} = 'yes'
    sensitivity: 2
  - type: date
    name: event_date
    label: {fr: Date, en: Date}
  - type: text
    name: narrative
    label: {fr: En quelques mots, en: In a few words}
    hint: {fr: Court, en: Short}
    sensitivity: 3
  - type: select_one kind
    name: kind
    label: {fr: Genre, en: Kind}
  - type: image
    name: photo
    label: {fr: Photo, en: Photo}
    parameters: max-pixels=1024
    sensitivity: 3
  - type: end_group
  - type: begin_group
    name: extra
    label: {fr: Autre, en: Other}
    relevant: ${consent} = 'yes'
    sensitivity: 1
  - type: integer
    name: people
    label: {fr: Combien, en: How many}
  - type: end_group
choices:
  consent:
    - {name: yes, label: {fr: Oui, en: Yes}}
    - {name: no, label: {fr: Non, en: No}}
  kind:
    - {name: burning, label: {fr: Incendie, en: Burning}}
    - {name: arrest, label: {fr: Arrestation, en: Arrest}}
    - {name: unknown, label: {fr: Ne sait pas, en: Unknown}}
"""


def row(name: str, text: str = TEXT) -> str:
    """The lines of one survey row."""
    items = text.split("\n  - ")
    (found,) = [item for item in items if f"\n    name: {name}\n" in f"{item}\n" and item.startswith("type")]
    return "  - " + found.split("\nchoices:")[0].rstrip("\n")


def form(*changes: tuple[str, str], version: str = "2026112501") -> Form:
    """The base with some pieces of its text replaced; each must be there."""
    text = TEXT.replace("version: 2026112501", f"version: {version}")
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after, 1)
    return source.read(text.encode(), file="trial.yaml")


def without(*names: str) -> list[tuple[str, str]]:
    """The change that takes rows away."""
    return [(row(name) + "\n", "") for name in names]


def after(name: str, lines: str) -> tuple[str, str]:
    """The change that puts lines behind a row."""
    return (row(name), f"{row(name)}\n{lines}")


def moved(name: str, behind: str) -> list[tuple[str, str]]:
    """The change that puts a row behind another one."""
    return [(row(name) + "\n", ""), after(behind, row(name))]


RELABELLED = ("fr: En quelques mots", "fr: Racontez")
QUARTER = (
    "  - type: text\n    name: org_quartier\n    label: {fr: Quartier, en: Neighbourhood}\n    sensitivity: 3"
)
GHOST = "    - {name: org_ghost_town, label: {fr: Ville morte, en: Ghost town}}"
BURNING = "    - {name: burning, label: {fr: Incendie, en: Burning}}"


def ops_of(*changes: tuple[str, str]) -> tuple[Op, ...]:
    """The operations of an organisation that made these changes to the base."""
    return derive(form(), form(*changes))


def upgraded(
    ours: list[tuple[str, str]],
    theirs: list[tuple[str, str]],
    decisions: Mapping[Key, Decision] | None = None,
) -> Rebased:
    """The organisation's changes on a base that made other ones."""
    return rebase(form(), form(*theirs, version="2026112601"), ops_of(*ours), decisions)


def result(done: Rebased, theirs: list[tuple[str, str]]) -> Form:
    """The form that comes of it."""
    base = form(*theirs, version="2026112601")
    return apply(base, Overlay("trial", base.version, "2026112701", done.ops))


def plain(one: Form) -> Form:
    """A form without its version, so that two can be compared."""
    return replace(one, settings={**one.settings, "version": ""})


def only(done: Rebased) -> Conflict:
    """The one conflict."""
    (conflict,) = done.conflicts
    return conflict


Texts = Mapping[str, Mapping[str, str]]


def in_fulfulde(base: Form) -> Form:
    """A form with a third language, complete."""

    def more(texts: Texts) -> Texts:
        return {column: {**by, "fub": f"[{by['fr']}]"} for column, by in texts.items()}

    return replace(
        base,
        languages={**base.languages, "fub": "Fulfulde (fub)"},
        survey=tuple(replace(line, texts=more(line.texts)) for line in base.survey),
        choices={
            name: tuple(replace(one, texts=more(one.texts)) for one in some)
            for name, some in base.choices.items()
        },
    )


def spoken(theirs: list[tuple[str, str]], decisions: Mapping[Key, Decision] | None = None) -> Rebased:
    """The base in a third language, brought to a base that made changes."""
    base = form()
    return rebase(base, form(*theirs, version="2026112601"), derive(base, in_fulfulde(base)), decisions)
