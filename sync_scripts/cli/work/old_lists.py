"""``dikalo cases import``: an organisation's old case list, taken over once. Parses, calls, prints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final, TextIO

from sync_scripts.cli.frame.layout import and_more
from sync_scripts.cli.frame.listing import table
from sync_scripts.cli.frame.options import AsCode, DryRun, TextFile
from sync_scripts.cli.frame.shell import THERE, Shell, command, option, place
from sync_scripts.errors import N_
from sync_scripts.intake.legacy import mapping
from sync_scripts.intake.legacy import table as lists
from sync_scripts.intake.legacy.plan import Plan, plan
from sync_scripts.intake.legacy.table import draft
from sync_scripts.intake.legacy.takeover import Taken, compare, take_over
from sync_scripts.intake.pull import Way
from sync_scripts.register.forms.desk_forms import newest_map, newest_workbook
from sync_scripts.register.model.listings import Column
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.database import Rows
from sync_scripts.store.workspace import Workspace
from xlsform.model import Choice
from xlsform.workbooks.workbook import read

_SHOWN = 50
_LONG = 2_000
"""Rows from which it is said that colleagues have to wait: on a shared register a list goes in whole, in one transaction."""


@command("import")
def import_(
    shell: Shell,
    *,
    file: Annotated[Path, place(_("FILE"), type=THERE)],
    map_file: Annotated[
        TextIO | None, option("--map", "Which column goes where (TOML).", _("FILE"), type=TextFile())
    ],
    sheet: Annotated[str, option("--sheet", "The sheet to make a draft for.", _("NAME"))] = "",
    skip_rejected: Annotated[
        bool, option("--skip-rejected", "Take the rows that are in order, and leave the others.")
    ],
    corrected: Annotated[
        bool,
        option(
            "--corrected",
            "Rows whose number is known and that say something else are corrections: give their cases a new version.",
        ),
    ],
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Take over a list; exit code 3 when rows were rejected."""
    text = map_file.read() if map_file is not None else None
    with shell.workspace(write=not dry_run, command="cases import") as workspace:
        with workspace.register.reading() as rows:
            known = mapping.targets(newest_map(rows, "interview"), _offered(rows))
        old = lists.read(file, mapping.sheet_of(text) if text is not None else sheet)
        if text is None:
            _draft(shell, draft(old.headings.values(), known))
            return
        workspace.require_proof(shell.clock())
        mapped = mapping.read(text, old.headings.values(), known)
        made = plan(old, mapped, local_day(shell.clock(), load()))
        found = compare(workspace.register, made.rows, mapped)
        odd = found.rejected(mapped.key, corrected=corrected)
        made = replace(made, rejected=(*made.rejected, *odd))
        taken = Taken(0, 0, {})
        if _shared(workspace) and len(found.new) > _LONG:
            shell.warn(_others_wait(len(found.new)))
        if skip_rejected or not made.rejected:
            with shell.progress(_("Rows"), len(found.new)) as progress:
                way = Way(clock=shell.clock, progress=progress, dry_run=dry_run)
                actor = workspace.actor(as_code)
                taken = take_over(workspace.register, found, mapped, actor, way, corrected=corrected)
    shell.show(
        _document(made, taken, dry_run=dry_run), _told(made, taken, dry_run=dry_run, some=skip_rejected)
    )
    if not dry_run and (taken.new or taken.corrected):
        shell.warn(
            _(
                "The list {file} still lies in the clear on this computer. Delete it, or move it to a safe place."
            ).format(file=file.name)
        )
    if made.rejected:
        shell.attention()


def _document(made: Plan, taken: Taken, *, dry_run: bool) -> dict[str, Any]:
    return {
        "schema": "dikalo.cases.import/1",
        "dry_run": dry_run,
        "new": taken.new,
        "held": taken.held,
        "corrected": taken.corrected,
        "cases": [{"row": row, "code": code} for row, code in sorted(taken.cases.items())],
        "rejected": [
            {"row": one.row, "cell": one.cell, "column": one.heading, "code": one.why, "words": _why(one.why)}
            for one in made.rejected
        ],
    }


def _offered(rows: Rows) -> Mapping[str, Sequence[Choice]]:
    """Return the choices of the case form, as the organisation has it."""
    return read(newest_workbook(rows, "interview"), file="case.xlsx").form.choices


def _shared(workspace: Workspace) -> bool:
    """Tell whether others write into the same register."""
    return workspace.settings.register.url is not None


def _others_wait(count: int) -> str:
    return _(
        "These {count} rows go into the shared register whole, in one step that may take minutes. Meanwhile nobody else can write: "
        "what colleagues do waits, up to ten minutes. Take the list over when nobody works, or cut it into files of {most} rows with "
        "the same map; each goes in whole."
    ).format(count=count, most=_LONG)


def _draft(shell: Shell, draft: str) -> None:
    shell.say(
        _(
            "This is a draft of the map. Keep it in a file (the same command with > map.toml behind it), correct it, and "
            "run the command again with --map map.toml."
        )
    )
    shell.show({"schema": "dikalo.cases.import-draft/1", "draft": draft}, draft)
    shell.attention()


def _told(made: Plan, taken: Taken, *, dry_run: bool, some: bool) -> Iterator[str]:
    if made.rejected:
        count = len({one.row for one in made.rejected})
        yield ngettext("{n} row is rejected:", "{n} rows are rejected:", count).format(n=count)
        yield from table(_REJECTED, made.rejected[:_SHOWN])
        yield from and_more(len(made.rejected), _SHOWN, "… ")
        if any(one.why == "other" for one in made.rejected):
            yield _(
                "A number that is known, with other words: if they are corrections, add --corrected; if this is another list, give it "
                'a name in the map (list = "2025") and keep that name.'
            )
        if not some:
            yield _(
                "No row was taken. Correct the cells or the map, or add --skip-rejected to take the others."
            )
            return
    if dry_run:
        yield _("Nothing was written. New cases: {new}. Already in the register: {held}.").format(
            new=taken.new, held=taken.held
        )
        yield from _corrected(taken)
        return
    yield _("New cases: {new}. Already in the register: {held}.").format(new=taken.new, held=taken.held)
    yield from _corrected(taken)
    if taken.cases and taken.new:
        yield from table(_TAKEN, sorted(taken.cases.items()))
        yield _(
            "Nobody is in charge of them yet: dikalo cases list --task assign shows them, dikalo cases assign CODE WORKER puts somebody in "
            "charge. Their urgency is what the rules make of the list: correct it with dikalo cases set CODE --urgency LEVEL."
        )


def _corrected(taken: Taken) -> Iterator[str]:
    if taken.corrected:
        yield _("Corrected, each a new version of its case: {count}.").format(count=taken.corrected)


def _why(code: str) -> str:
    return {
        "key_missing": _("the column that tells the rows apart is empty"),
        "key_twice": _("another row has the same"),
        "list": _("this word is not in the list of the field; give it a code under [values] in the map"),
        "date": _("not a day: write it as 2026-11-25 or 25/11/2026"),
        "future": _("the day lies in the future"),
        "number": _("not a whole number"),
        "formula": _("a formula; paste its value instead"),
        "error": _("an error of Excel"),
        "merged": _("part of a merged cell, which only its first row has: unmerge it, and fill in each row"),
        "long": _("more than 32,000 characters"),
        "other": _("the register has this number with other words"),
        "twin": _("the register has this row, word for word, from a list of another name"),
        "erased": _("it was erased here, or had the number of what was erased; it is not taken again"),
    }[code]


_REJECTED: Final = (
    Column("cell", N_("cell")),
    Column("heading", N_("column")),
    Column("why", N_("why"), _why),
)
_TAKEN: Final = (Column(0, N_("row")), Column(1, N_("case")))
