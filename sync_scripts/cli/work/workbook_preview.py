"""What ``dikalo followup import`` prints: the preview as a table or a document, and what to do next. Decides nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Any, Final

import click

from sync_scripts.cli.frame.layout import and_more
from sync_scripts.cli.frame.listing import listed, table, typable
from sync_scripts.cli.frame.questions import labelled
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.errors import N_
from sync_scripts.followup import wording
from sync_scripts.followup.columns import Lang
from sync_scripts.followup.inbound.conflicts import ROW
from sync_scripts.followup.inbound.held_cells import acceptable
from sync_scripts.followup.inbound.importing import Imported
from sync_scripts.followup.inbound.values import Decision, Item, Outcome
from sync_scripts.followup.outbound.conflict_export import Handed
from sync_scripts.followup.wording import locked_name
from sync_scripts.register.model.listings import Column, Listing

SHOWN = 50
"""Lines of a preview on the terminal; the rest is counted."""
_WIDE = 60
"""Signs of a value that a terminal shows at most: short notes stand whole where they are to be compared."""


def lang_of(shell: Shell) -> Lang:
    """Return the language of a run as the workbook knows it."""
    return "en" if shell.lang == "en" else "fr"


def document(
    path: Path, done: Imported, handed: Handed | None, who: Mapping[str, str], lang: Lang
) -> dict[str, Any]:
    """Return what a program reads of one import."""
    return {
        "file": path.name,
        "file_sha256": done.sha256,
        "export_id": done.export_id,
        "status": done.status,
        "late": done.late,
        "counts": done.counts,
        "changes": done.changes,
        "left_open": done.open_before,
        "held": [
            {"cell": one.place, "kind": one.kind, "field": None if one.key == ROW else one.key}
            for one in (*done.held, *done.held_before)
        ],
        "beside": [wording.held_elsewhere(one) for one in done.beside],
        "items": [{**wording.document(item, lang), "changed_by": who.get(item.place)} for item in done.items],
        "conflicts": {
            "ids": list(done.conflicts),
            "file": str(handed.path) if handed is not None and handed.path is not None else None,
        },
        "ignored": {
            "sheets": done.ignored_sheets,
            "columns": done.ignored_columns,
            "lost_columns": list(done.lost_columns),
        },
    }


def text(
    shell: Shell, path: Path, done: Imported, handed: Handed | None, who: Mapping[str, str], *, locked: bool
) -> Iterator[str]:
    """Yield what a person reads of one import; ``locked``: the file that came back has a password."""
    if done.status == "already":
        yield _("{file} was imported already. Nothing was written.").format(file=path.name)
        yield from _table(shell, done, who)
        yield from _still(done.left_open)
        yield from _in_file_alone(path, done)
        return
    if not done.based:
        yield _(
            "What this workbook said when it went out is no longer known: every difference is a question."
        )
    yield from _table(shell, done, who)
    yield from and_more(len(done.items), SHOWN, "… ")
    yield from _ignored(done, lang_of(shell))
    yield _summary(done)
    yield from _end(path, done, handed, locked=locked)


def _table(shell: Shell, done: Imported, who: Mapping[str, str]) -> Iterator[str]:
    if not done.items:
        return

    lang = lang_of(shell)
    ordered = sorted(done.items, key=_weight)[:SHOWN]
    rows = [_in_words(item, who.get(item.place), done.status, lang) for item in ordered]
    if not sys.stdout.isatty():
        yield from table((*PREVIEW.columns, Column("remark", N_("Remark"))), rows)
        return
    yield from listed(PREVIEW, rows, paint=lambda row, line: _coloured(ordered[row], line))
    yield from (
        labelled(f"- {one['place']} {one['case']}", one["remark"]) for one in rows if one["remark"]
    )  # long sentences, each below the list


PREVIEW: Final = Listing(
    "dikalo.followup.import/1",
    "items",
    (
        Column("decision", N_("Decision")),
        Column("place", N_("Cell")),
        Column("case", N_("Case")),
        Column("column", N_("Column")),
        Column("base", N_("Went out")),
        Column("register", N_("Register")),
        Column("file", N_("File")),
    ),
    narrow="base column:14 register:14 file:14 place",
)


def _in_words(item: Item, who: str | None, status: str, lang: Lang) -> dict[str, Any]:
    """Return an item as a person reads it."""

    def said(value: str | None) -> str:
        return short(wording.shown(item.sheet, item.key, value, lang))

    return {
        "decision": wording.outcome(item.decision, status),
        "place": item.place,
        "case": item.case,
        "column": wording.column_name(item.sheet, item.key, lang) if item.key else _("(row)"),
        "base": said(item.base),
        "register": _with(said(item.register), who),
        "file": said(item.file),
        "remark": wording.remark(item, lang),
    }


_ORDER = ("error", "conflict", "warning", "erase", "gone", "refused", "unknown_row", "new", "apply", "seal")


def _weight(item: Item) -> int:
    name = str(item.decision.outcome)
    return _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _coloured(item: Item, line: str) -> str:
    """Return a line in the colour of its outcome; the word is there without it, too."""
    if not sys.stdout.isatty():
        return line
    place = _weight(item)
    return click.style(line, fg="red" if place < 7 else "green" if place < 10 else "yellow")


def _with(value: str, who: str | None) -> str:
    return f"{value} ({who})" if who else value


def short(words: str) -> str:
    """Return a value in one line, cut on a terminal."""
    flat = " ".join(words.split())
    if not sys.stdout.isatty() or len(flat) <= _WIDE:
        return flat
    return f"{flat[: _WIDE - 1]}…"


def _ignored(done: Imported, lang: Lang) -> Iterator[str]:
    if done.ignored_sheets or done.ignored_columns:
        yield _("Not read, because they are not ours: sheets {sheets}, columns {columns}.").format(
            sheets=done.ignored_sheets, columns=done.ignored_columns
        )
    if done.lost_columns:
        names = (locked_name(key, lang) for key in done.lost_columns)
        yield _("Columns that are gone, which changes nothing: {columns}.").format(columns=", ".join(names))


def _summary(done: Imported) -> str:
    """Return in one line what the file brings: each count that is not zero."""
    counts = done.counts
    said = {
        wording.outcome(Decision(Outcome.APPLY, ""), done.status): done.changes,
        _("the register's value stays"): _kept(done),
        _("left open"): counts["conflict"] + counts["erase"] + counts["warning"] + done.open_before,
        _("errors"): counts["error"],
        _("cannot be taken"): counts["refused"] + counts["unknown_row"] + counts["gone"],
        _("not read"): counts["locked_edit"],
        _("rows that did not come back"): counts["missing_row"],
    }
    line = " · ".join(
        _("{title}: {count}").format(title=title, count=count) for title, count in said.items() if count
    )
    return line[:1].upper() + line[1:] if line else _("Nothing to change.")


def _kept(done: Imported) -> int:
    """Return how many questions are settled by leaving the register as it is: nothing is written of them but that."""
    return sum(item.decision.why == "register_kept" for item in done.items)


def _in_file_alone(path: Path, done: Imported) -> Iterator[str]:
    """Yield how what the file alone has is taken in, and that it must not be deleted before."""
    held = (*done.held, *done.held_before)
    taken = [one.place for one in acceptable(held)]
    yield from _beside(done)
    yield from _said(
        [*(one.place for one in held if one.kind == "held"), *done.answers_held],
        _(
            "Texts that identify somebody are not taken: {places}. Write them otherwise in the file, and import it again."
        ),
    )
    yield from _said(
        [one.place for one in held if one.kind == "waits"],
        _("Cells that wait for the note of their row: {places}."),
    )
    yield from _said(
        [one.place for one in held if one.kind == "row"], _("New rows that wait for a yes: {places}.")
    )
    if taken:
        yield _(
            "To take them as they are, a text sealed with its case: dikalo followup import {file} --apply {accept}"
        ).format(file=typable(path), accept=" ".join(f'--accept "{place}"' for place in taken))
    if done.only_here and done.status != "preview":
        until_taken = _("Keep {file} until then: it alone holds what was not taken. Then delete it.")
        refused = _(
            "Keep {file}: it alone holds what was not taken. Delete it once that is written elsewhere, or not needed."
        )
        yield (until_taken if held or done.answers_held else refused).format(file=path.name)


def _beside(done: Imported) -> Iterator[str]:
    """Yield that this file writes where another one holds something: whoever imports it may know both, or neither."""
    yield from _said(
        [f"{wording.where_held(one)} ({wording.when(one.raised_by, one.raised_at)})" for one in done.beside],
        _(
            "This file writes where another one holds something that was not taken: {places}. That stays open until it is taken "
            "from its file, written otherwise there, or let go (dikalo followup conflicts)."
        ),
    )


def _said(places: Sequence[str], words: str) -> Iterator[str]:
    """Yield a sentence about some places, where there are any."""
    if places:
        yield words.format(places=", ".join(dict.fromkeys(places)))


def _unanswered(done: Imported) -> Iterator[str]:
    """Yield that a workbook of conflicts holds questions without an answer; they stay as they are."""
    if done.left_open:
        yield ngettext(
            '{count} question in it has no answer and stays open: choose in its column "Keep", save, and import it again.',
            '{count} questions in it have no answer and stay open: choose in its column "Keep", save, and import it again.',
            done.left_open,
        ).format(count=done.left_open)


def _still(count: int) -> Iterator[str]:
    """Yield how many questions of a file that was imported already are open, and where they are asked."""
    if count:
        yield ngettext(
            "{count} question of it is open still: dikalo followup conflicts --to FILE writes it into a workbook that settles "
            "it.",
            "{count} questions of it are open still: dikalo followup conflicts --to FILE writes them into a workbook that "
            "settles them.",
            count,
        ).format(count=count)


def _too_late(done: Imported, handed: Handed | None) -> Iterator[str]:
    """Yield which choices were not taken since the register changed, and where their questions are asked anew."""
    late = [item.place for item in done.items if item.decision.why == "moved_meanwhile"]
    if not late:
        return
    yield ngettext(
        "{count} choice is not taken, because the register changed since: {places}.",
        "{count} choices are not taken, because the register changed since: {places}.",
        len(late),
    ).format(count=len(late), places=", ".join(late))
    if handed is None or handed.path is None:
        yield _("The questions are asked anew: dikalo followup conflicts --to FILE, then choose there.")


def not_in_it(handed: Handed) -> Iterator[str]:
    """Yield how many open questions a workbook of conflicts does not hold, and who settles them."""
    if handed.withheld:
        yield ngettext(
            "{n} question is about a case that only its owner and the coordination may have: it is in no workbook that you make; they "
            "settle it.",
            "{n} questions are about cases that only their owners and the coordination may have: they are in no workbook that you "
            "make; they settle them.",
            handed.withheld,
        ).format(n=handed.withheld)


def _end(path: Path, done: Imported, handed: Handed | None, *, locked: bool) -> Iterator[str]:
    if done.status == "blocked":
        yield _("Nothing was written: correct the errors in {file}, save it, and import it again.").format(
            file=path.name
        )
    elif done.status == "preview":
        yield from _unanswered(done)
        yield from _too_late(done, handed)
        if done.changes or done.conflicts or done.beside or _kept(done) or (done.attention and done.items):
            yield _("Nothing was written. To write it: dikalo followup import {file} --apply").format(
                file=typable(path)
            )
            yield from _in_file_alone(path, done)
    else:
        yield from _too_late(done, handed)
        if handed is not None and handed.path is not None:
            yield ngettext(
                '{count} question is open, in {file}. Choose in its column "Keep", save, then: dikalo followup import {typed} --apply',
                '{count} questions are open, in {file}. Choose in its column "Keep", save, then: dikalo followup import {typed} --apply',
                handed.questions,
            ).format(count=handed.questions, file=handed.path, typed=typable(handed.path))
            if locked:
                yield _("It has the same password.")
        if handed is not None:
            yield from not_in_it(handed)
        yield from _unanswered(done)
        yield from _still(done.of_before)
        yield from _in_file_alone(path, done)
        if not done.left_open + done.of_before and not done.only_here:
            yield _("Delete {file} now: it holds data of people in danger.").format(file=path.name)
