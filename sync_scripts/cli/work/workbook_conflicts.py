"""``dikalo followup conflicts``: what imports left open, listed or handed out in a workbook that settles it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any, Final

from sync_scripts.cli.frame.listing import listed, typable
from sync_scripts.cli.frame.options import AsCode, DryRun, Password, deed, either, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.work.workbook_export import chosen_password
from sync_scripts.cli.work.workbook_preview import lang_of, not_in_it, short
from sync_scripts.errors import N_
from sync_scripts.followup import wording
from sync_scripts.followup.columns import Lang
from sync_scripts.followup.inbound import conflicts
from sync_scripts.followup.inbound.conflicts import Conflict
from sync_scripts.followup.outbound.conflict_export import Handed, changed_by, hand_out, question, values_of
from sync_scripts.followup.outbound.conflictbook import Question
from sync_scripts.followup.outbound.export import place
from sync_scripts.register.history.visibility import sealed_from
from sync_scripts.register.model.listings import Column, Listing
from sync_scripts.register.rules.ruleset import local


@command("conflicts")
def conflicts_command(
    shell: Shell,
    *,
    target: Annotated[Path | None, option("--to", "Write the open questions into this workbook.")],
    password_prompt: Password,
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """List the open questions, or hand them out."""
    drawn = False
    password: str | None = None
    handed: Handed | None = None
    now = shell.clock()
    with shell.workspace(write=target is not None, command="followup conflicts") as workspace:
        with workspace.register.reading() as rows:
            sealed = sealed_from(rows, workspace.actor())
            asked = [one for one in conflicts.open_conflicts(rows) if one.case_code not in sealed]
            says = conflicts.says_now(rows, asked, now)
            who = changed_by(rows, values_of(asked))
        if target is not None and asked:
            none = workspace.demo or dry_run  # of a workbook that is not written nobody needs one
            password, drawn = chosen_password(shell, prompt=password_prompt and not dry_run, none=none)
            where = place(target, target)
            handed = hand_out(
                workspace.register,
                lambda: where,
                actor=workspace.actor(as_code),
                now=now,
                lang=lang_of(shell),
                demo=workspace.demo,
                password=password,
                ids=[one.conflict_id for one in asked],
                dry_run=dry_run,
            )
    if asked:
        shell.attention()
    document = _document(asked, says, handed, target, dry_run=dry_run)
    if drawn and document["file"]:
        document["password"] = password
    now_said = [replace(one, register=says.get(one.conflict_id, one.register)) for one in asked]
    shell.show(document, _listed(shell, now_said, who, handed, password if drawn else None, dry_run=dry_run))


def _document(
    asked: Sequence[Conflict],
    says: dict[str, str | None],
    handed: Handed | None,
    target: Path | None,
    *,
    dry_run: bool,
) -> dict[str, Any]:
    ended = handed.ended if handed is not None else ()
    return {
        "schema": CONFLICTS.schema,
        CONFLICTS.name: [_conflict(one, says) for one in asked],
        "ended": [{**_conflict(one, says), "why": "row_gone"} for one in ended],
        "file": str(target) if handed is not None and handed.path is not None else None,
        "withheld": handed.withheld if handed is not None else 0,
        "dry_run": dry_run,
    }


def _conflict(one: Conflict, says: dict[str, str | None]) -> dict[str, Any]:
    return {
        "id": one.conflict_id,
        "kind": one.kind,
        "case": one.case_code,
        "sheet": one.sheet.removeprefix("dk:"),
        "field": one.field,
        "base": one.base,
        "register": one.register,
        "now": says.get(one.conflict_id, one.register),
        "file": None if one.held else one.mine,
        "held_in": {"file": one.file_name, "cell": one.cell} if one.held else None,
        "moved": not one.held and says.get(one.conflict_id) != one.register,
        "raised_at": one.raised_at,
        "raised_by": one.raised_by,
        "export_id": one.export_id,
    }


def _listed(
    shell: Shell,
    asked: Sequence[Conflict],
    who: Sequence[str],
    handed: Handed | None,
    password: str | None,
    *,
    dry_run: bool,
) -> Iterator[str]:
    if not asked:
        yield _("Nothing is open.")
        return
    lang = lang_of(shell)
    yield from listed(CONFLICTS, [question(one, by, lang) for one, by in zip(asked, who, strict=True)])
    if any(one.held for one in asked):
        yield _(
            "What is held stands in its file alone: import that file again, it says how it is taken. In the workbook of "
            "conflicts it can only be let go."
        )
    if handed is None:
        yield _(
            'To settle them in a workbook: dikalo followup conflicts --to FILE. Choose in its column "Keep", save, then: dikalo '
            "followup import FILE --apply"
        )
        return
    yield from nothing_written(dry_run=dry_run)
    yield from _ended(handed, lang, dry_run=dry_run)
    yield from not_in_it(handed)
    yield from _workbook(handed, password, dry_run=dry_run)


def _mine(one: Question) -> str:
    return wording.where_held(one.asked) if one.asked.held else short(one.mine)


CONFLICTS: Final = Listing(
    "dikalo.followup.conflicts/1",
    "open",
    (
        Column("since", N_("Since"), lambda one: local(one.asked.raised_at), whole=True),
        Column("case", N_("Case"), lambda one: one.asked.case_code, whole=True),
        Column("column", N_("Column")),
        Column("base", N_("Went out"), short),
        Column("register", N_("Register"), short),
        Column("changed", N_("Changed by")),
        Column("mine", N_("File"), _mine, whole=True),
    ),
    narrow="since base changed:8 column:14 register:14 mine:14",
)
"""The open questions, one a line: what went out, what the register says, and what came back."""


def _workbook(handed: Handed, password: str | None, *, dry_run: bool) -> Iterator[str]:
    """Yield where the workbook of open questions is, and how it is read; or why there is none."""
    if handed.path is None:
        if handed.withheld:
            yield either(_("No workbook was written."), _("No workbook would be written."), dry_run=dry_run)
            return
        yield either(
            _("Nothing of it is left to choose: no workbook was written."),
            _("Nothing of it is left to choose: no workbook would be written."),
            dry_run=dry_run,
        )
        return
    yield deed(
        _(
            'The open questions are in {file}. Choose in its column "Keep", save, then: dikalo followup import {typed} --apply'
        ),
        dry_run=dry_run,
    ).format(file=handed.path, typed=typable(handed.path), n=handed.questions)
    if password:
        yield _("Password: {password}").format(password=password)
        yield _("Say it by another road than the file: by voice, never in the same message.")


def _ended(handed: Handed, lang: Lang, *, dry_run: bool) -> Iterator[str]:
    """Yield for which questions no row is left: what the file said there is not in the register, and nobody refused it."""
    for one in handed.ended:
        yield deed(
            _(
                "No longer asked, for {case} is not worked on any more: {column}, {value}. If it is reopened, save the file once "
                "more and import it again."
            ),
            dry_run=dry_run,
        ).format(
            case=one.case_code or "?",
            column=wording.column_name(one.sheet, one.field, lang),
            value=wording.where_held(one)
            if one.held
            else short(wording.shown(one.sheet, one.field, one.mine, lang)),
        )
