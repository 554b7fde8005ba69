"""``dikalo followup import`` and ``conflicts``: the workbook comes back, and what is open is settled."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync_scripts.cli.listing import local, table
from sync_scripts.cli.names import sealed_names
from sync_scripts.cli.shell import Command, Shell, dry_run_option, pass_shell
from sync_scripts.cli.vault import KEYS

if TYPE_CHECKING:
    from sync_scripts.followup.conflicts import Conflict
    from sync_scripts.followup.handing import Handed
    from sync_scripts.followup.importing import Asked, Imported
    from sync_scripts.followup.incoming import Incoming
    from sync_scripts.followup.items import Item
    from sync_scripts.store.workspace import Workspace

__all__ = ["conflicts_command", "import_command"]

SHOWN = 50
"""Lines of a preview on the terminal; the rest is counted."""
_WIDE = 26


@click.command(
    "import",
    cls=Command,
    help=_(
        "Read a follow-up workbook that came back. Shows what it would change; writes only with --apply, all of it or "
        "nothing. What two people changed differently, emptied cells and doubtful dates wait for a person, in a workbook "
        "of conflicts that is imported the same way."
    ),
)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar=_("FILE..."),
)
@click.option("--apply", "write", is_flag=True, help=_("Write the changes into the register."))
@click.option("--allow-erase", is_flag=True, help=_("Cells that were emptied are emptied in the register."))
@click.option(
    "--accept",
    multiple=True,
    metavar=_("CELL"),
    help=_(
        "Take the value of a cell that waits, named as in the preview (Dossiers!M12): a doubtful date, an emptied cell; a "
        "text that identifies somebody is sealed. Repeatable."
    ),
)
@click.option("--strict", is_flag=True, help=_("Write nothing as long as anything is open."))
@click.option(
    "--late", metavar=_("REASON"), help=_("Take a workbook that has expired; why is kept with each change.")
)
@click.option(
    "--as", "as_code", metavar=_("CODE"), help=_("Act under another worker's code (kept as claimed).")
)
@click.option(
    "--check-names",
    is_flag=True,
    help=_("Open the vault and hold texts that name a sealed person; needs --reason, and is written down."),
)
@click.option("--reason", default="", metavar=_("TEXT"), help=_("Why the vault is opened; written down."))
@click.option(
    "--key",
    "kind",
    type=click.Choice(KEYS),
    default=KEYS[0],
    show_default=True,
    help=_("The vault passphrase, the recovery key on paper, or the organisation's key."),
)
@dry_run_option
@pass_shell
def import_command(
    shell: Shell,
    *,
    files: tuple[Path, ...],
    write: bool,
    allow_erase: bool,
    accept: tuple[str, ...],
    strict: bool,
    late: str | None,
    check_names: bool,
    reason: str,
    kind: str,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Import some workbooks, each on its own."""
    from datetime import UTC, datetime

    from sync_scripts.followup.detectors import KnownNames
    from sync_scripts.followup.importing import Asked
    from sync_scripts.followup.settling import Said

    write = write and not dry_run
    with shell.workspace(write=write or check_names, command="followup import") as workspace:
        names = KnownNames(sealed_names(shell, workspace, kind, reason, as_code)) if check_names else None
        asked = Asked(
            workspace.actor(as_code),
            datetime.now(UTC),
            apply=write,
            strict=strict,
            late=late,
            said=Said(allow_erase, frozenset(accept)),
            names=names,
        )
        told = [_one(shell, workspace, path, asked, alone=len(files) == 1) for path in files]
    documents = [document for document, _lines in told]
    head = {"schema": "dikalo.followup.import/1", "dry_run": not write}
    shell.show(
        {**head, **documents[0]} if len(files) == 1 else {**head, "files": documents},
        (line for _document, lines in told for line in lines),
    )


def _one(
    shell: Shell, workspace: Workspace, path: Path, asked: Asked, *, alone: bool
) -> tuple[dict[str, Any], list[str]]:
    """Import one file; of several one that is refused stops no other."""
    from sync_scripts.errors import DikaloError

    try:
        return _imported(shell, workspace, path, asked)
    except DikaloError as refused:
        if alone:
            raise
        shell.exit_code = 1
        words = refused.words()
        document = {"file": path.name, "status": "refused", "code": refused.code, "message": words}
        return document, [click.style(f"{path.name}: {refused.code} · {words}", fg="red", bold=True)]


def _imported(
    shell: Shell, workspace: Workspace, path: Path, asked: Asked
) -> tuple[dict[str, Any], list[str]]:
    from sync_scripts.followup.importing import bring_back
    from sync_scripts.followup.incoming import incoming

    _warn_if_open(shell, path)
    file = incoming(
        path, lambda: shell.secret(_("Password of the workbook"), descriptor="DIKALO_WORKBOOK_FD")
    )
    asked = _with_yes(shell, workspace, file, asked)
    done = bring_back(workspace.register, file, asked)
    handed = _hand_out(workspace, file, asked, done)
    if done.status == "blocked":
        shell.exit_code = 1
    elif done.attention and shell.exit_code == 0:
        shell.attention()
    return _document(path, done, handed), list(_text(shell, path, done, handed))


def _warn_if_open(shell: Shell, path: Path) -> None:
    beside = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    if any(one.exists() for one in beside):
        shell.warn(
            _("{file} seems to be open in a spreadsheet program: what is not saved is not read.").format(
                file=path.name
            )
        )


def _with_yes(shell: Shell, workspace: Workspace, file: Incoming, asked: Asked) -> Asked:
    """Ask about what waits before it is applied, where somebody can answer."""
    from dataclasses import replace

    from sync_scripts.followup.deciding import Outcome
    from sync_scripts.followup.importing import bring_back

    terminal = sys.stdin.isatty() and sys.stderr.isatty() and not shell.json
    if not (asked.apply and terminal):
        return asked
    seen = bring_back(workspace.register, file, replace(asked, apply=False))
    accepted = set(asked.said.accepted)
    for item in seen.items:
        held = item.decision.outcome in {Outcome.ERASE, Outcome.WARNING}
        if held and item.decision.why != "note_held" and click.confirm(_question(shell, item), err=True):
            accepted.add(item.place)
    return replace(asked, said=replace(asked.said, accepted=frozenset(accepted)))


def _question(shell: Shell, item: Item) -> str:
    from sync_scripts.followup import wording

    lang = _lang(shell)
    words = _("{place}, {case}, {field}: {reason}.").format(
        place=item.place,
        case=item.case or "-",
        field=wording.column_name(item.sheet, item.key, lang),
        reason=wording.why(item.decision) or wording.outcome(item.decision),
    )
    if item.decision.rule == "17":
        return _("{words} Keep the text sealed?").format(words=words)
    if item.decision.rule == "7":
        return _("{words} Empty it in the register?").format(words=words)
    return _("{words} Take it as it is?").format(words=words)


def _hand_out(workspace: Workspace, file: Incoming, asked: Asked, done: Imported) -> Handed | None:
    """Write the workbook of the questions that this import left open."""
    if not (asked.apply and done.status == "applied" and done.conflicts):
        return None
    from sync_scripts.followup.content import DOUALA
    from sync_scripts.followup.export import place
    from sync_scripts.followup.handing import hand_out

    name = _("conflicts-{day}.xlsx").format(day=f"{asked.now.astimezone(DOUALA):%Y-%m-%d}")
    return hand_out(
        workspace.register,
        lambda: place(None, workspace.root / "out" / name),
        actor=asked.actor,
        now=asked.now,
        lang="en" if done.lang == "en" else "fr",
        demo=workspace.demo,
        password=file.password,
        ids=done.conflicts,
    )


def _lang(shell: Shell) -> Any:
    return "en" if shell.lang == "en" else "fr"


def _document(path: Path, done: Imported, handed: Handed | None) -> dict[str, Any]:
    from sync_scripts.followup import wording

    return {
        "file": path.name,
        "file_sha256": done.sha256,
        "export_id": done.export_id,
        "status": done.status,
        "late": done.late,
        "counts": done.counts,
        "changes": done.changes,
        "items": [wording.document(item) for item in done.items],
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


def _text(shell: Shell, path: Path, done: Imported, handed: Handed | None) -> Iterator[str]:
    if done.status == "already":
        yield _("{file} was imported already. Nothing was written.").format(file=path.name)
        return
    if not done.based:
        yield _(
            "What this workbook said when it went out is no longer known: every difference is a question."
        )
    yield from _table(shell, done.items)
    if len(done.items) > SHOWN:
        yield ngettext(
            "... and {count} more line (all of them with --json)",
            "... and {count} more lines (all of them with --json)",
            len(done.items) - SHOWN,
        ).format(count=len(done.items) - SHOWN)
    yield from _ignored(done)
    yield _summary(done)
    yield from _end(path, done, handed)


def _table(shell: Shell, items: Sequence[Item]) -> Iterator[str]:
    if not items:
        return
    from sync_scripts.followup import wording

    lang = _lang(shell)
    headings = (
        _("Decision"),
        _("Cell"),
        _("Case"),
        _("Column"),
        _("Went out"),
        _("Register"),
        _("File"),
        _("Remark"),
    )
    rows = [
        (
            wording.outcome(item.decision),
            item.place,
            item.case,
            wording.column_name(item.sheet, item.key, lang) if item.key else _("(row)"),
            _short(wording.shown(item.sheet, item.key, item.base, lang)),
            _short(wording.shown(item.sheet, item.key, item.register, lang)),
            _short(wording.shown(item.sheet, item.key, item.file, lang)),
            wording.why(item.decision, item.words),
        )
        for item in sorted(items, key=_weight)[:SHOWN]
    ]
    heading, *lines = table(headings, rows)
    yield heading
    for item, line in zip(sorted(items, key=_weight), lines, strict=False):
        yield _coloured(item, line)


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


def _short(words: str) -> str:
    flat = " ".join(words.split())
    if not sys.stdout.isatty() or len(flat) <= _WIDE:
        return flat
    return f"{flat[: _WIDE - 3]}..."


def _ignored(done: Imported) -> Iterator[str]:
    if done.ignored_sheets or done.ignored_columns:
        yield _("Not read, because they are not ours: sheets {sheets}, columns {columns}.").format(
            sheets=done.ignored_sheets, columns=done.ignored_columns
        )
    if done.lost_columns:
        yield _("Columns that are gone, which changes nothing: {columns}.").format(
            columns=", ".join(done.lost_columns)
        )


def _summary(done: Imported) -> str:
    counts = done.counts
    open_ = counts["conflict"] + counts["erase"] + counts["warning"]
    lost = counts["refused"] + counts["unknown_row"] + counts["gone"]
    return _(
        "To write: {changes} · open: {open} · errors: {errors} · cannot be taken: {lost} · not read: {locked} · "
        "rows that did not come back: {missing}"
    ).format(
        changes=done.changes,
        open=open_,
        errors=counts["error"],
        lost=lost,
        locked=counts["locked_edit"],
        missing=counts["missing_row"],
    )


def _end(path: Path, done: Imported, handed: Handed | None) -> Iterator[str]:
    if done.status == "blocked":
        yield _("Nothing was written: put right what is red in {file}, save it, and import it again.").format(
            file=path.name
        )
    elif done.status == "preview":
        if done.changes or done.conflicts or done.attention:
            yield _("Nothing was written. To write it: dikalo followup import {file} --apply").format(
                file=path
            )
        else:
            yield _("Nothing to write.")
    else:
        yield ngettext("{count} change was written.", "{count} changes were written.", done.changes).format(
            count=done.changes
        )
        if handed is not None and handed.path is not None:
            yield ngettext(
                "{count} question is open: settle it in {file}, then import that file. It has the same password.",
                "{count} questions are open: settle them in {file}, then import that file. It has the same password.",
                handed.questions,
            ).format(count=handed.questions, file=handed.path)
        yield _("Delete {file} now: it holds data of people in danger.").format(file=path.name)


# --- what is open -------------------------------------------------------------------------------------------------


@click.command(
    "conflicts",
    cls=Command,
    help=_(
        "List what imports left open: two people changed one value, a cell was emptied, a date is doubtful. With --to the "
        "questions go into a workbook; importing it settles them."
    ),
)
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=_("FILE"),
    help=_("Write the open questions into this workbook."),
)
@click.option("--password-prompt", is_flag=True, help=_("Type the password instead of having one drawn."))
@click.option(
    "--as", "as_code", metavar=_("CODE"), help=_("Act under another worker's code (kept as claimed).")
)
@pass_shell
def conflicts_command(
    shell: Shell, *, target: Path | None, password_prompt: bool, as_code: str | None
) -> None:
    """List the open questions, or hand them out."""
    from datetime import UTC, datetime

    from sync_scripts.cli.followup import chosen_password
    from sync_scripts.followup import conflicts
    from sync_scripts.followup.export import place
    from sync_scripts.followup.handing import changed_by, hand_out

    drawn = False
    password: str | None = None
    now = datetime.now(UTC)
    with shell.workspace(write=target is not None, command="followup conflicts") as workspace:
        with workspace.register.reading() as rows:
            asked = conflicts.open_conflicts(rows)
            says = conflicts.says_now(rows, asked, now)
            who = changed_by(rows, asked)
        if target is not None and asked:
            password, drawn = chosen_password(shell, prompt=password_prompt, none=workspace.demo)
            where = place(target, target)
            hand_out(
                workspace.register,
                lambda: where,
                actor=workspace.actor(as_code),
                now=now,
                lang=_lang(shell),
                demo=workspace.demo,
                password=password,
            )
    if asked:
        shell.attention()
    document: dict[str, Any] = {
        "schema": "dikalo.followup.conflicts/1",
        "open": [_conflict(one, says) for one in asked],
        "file": str(target) if target is not None and asked else None,
    }
    if drawn:
        document["password"] = password
    shell.show(document, _listed(shell, asked, who, target, password if drawn else None))


def _conflict(one: Conflict, says: dict[str, str | None]) -> dict[str, Any]:
    return {
        "id": one.conflict_id,
        "kind": one.kind,
        "case": one.case_code,
        "sheet": one.sheet.removeprefix("dk:"),
        "field": one.field,
        "base": one.base,
        "register": one.register,
        "file": one.mine,
        "moved": says.get(one.conflict_id) != one.register,
        "raised_at": one.raised_at,
        "raised_by": one.raised_by,
        "export_id": one.export_id,
    }


def _listed(
    shell: Shell, asked: Sequence[Conflict], who: Sequence[str], target: Path | None, password: str | None
) -> Iterator[str]:
    from sync_scripts.followup import wording

    if not asked:
        yield _("Nothing is open.")
        return
    lang = _lang(shell)
    headings = (_("Since"), _("Case"), _("Column"), _("Went out"), _("Register"), _("Changed by"), _("File"))
    rows = [
        (
            local(one.raised_at),
            one.case_code,
            wording.column_name(one.sheet, one.field, lang),
            *(_short(wording.shown(one.sheet, one.field, value, lang)) for value in (one.base, one.register)),
            changed,
            _short(wording.shown(one.sheet, one.field, one.mine, lang)),
        )
        for one, changed in zip(asked, who, strict=True)
    ]
    yield from table(headings, rows)
    if target is None:
        yield _("To settle them in a workbook: dikalo followup conflicts --to FILE")
        return
    yield _("The open questions are in {file}: settle them there, then import it.").format(file=target)
    if password:
        yield _("Password: {password}").format(password=password)
        yield _("Say it by another road than the file: by voice, never in the same message.")
