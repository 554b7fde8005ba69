"""``dikalo followup import``: a workbook comes back, is shown, and is written when that is asked."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Any

import click

from sync_scripts.cli.frame.options import AsCode, ByKey, DryRun, KeyKind, Why, plain
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import THERE, Shell, command, option, place
from sync_scripts.cli.opening.opening import check_reason, known_names
from sync_scripts.cli.work.workbook_preview import document, lang_of, text
from sync_scripts.errors import DikaloError
from sync_scripts.followup import wording
from sync_scripts.followup.files import Incoming, incoming, is_lock_file
from sync_scripts.followup.inbound.cell_decisions import Said
from sync_scripts.followup.inbound.held_cells import acceptable
from sync_scripts.followup.inbound.importing import Asked, Imported, bring_back
from sync_scripts.followup.inbound.values import Item, Outcome
from sync_scripts.followup.outbound.conflict_export import Handed, changed_by, hand_out
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.outbound.export import place as free_place
from sync_scripts.store.workspace import Workspace

_COMMAND = "followup import"
"""What the lock of the workspace says to whoever waits."""


@command("import")
def import_command(
    shell: Shell,
    *,
    files: Annotated[tuple[Path, ...], place(_("FILE..."), required=True, type=THERE)],
    write: Annotated[bool, option("--apply", "Write the changes into the register.")],
    allow_erase: Annotated[
        bool, option("--allow-erase", "Cells that were emptied are emptied in the register.")
    ],
    accept: Annotated[
        tuple[str, ...],
        option(
            "--accept",
            "Take the value of a cell that waits, named as in the preview (Cases!M12): a doubtful date, an emptied cell; a "
            "text that identifies somebody is sealed. Repeatable.",
            _("CELL"),
        ),
    ],
    strict: Annotated[bool, option("--strict", "Write nothing as long as anything is open.")],
    late: Annotated[
        str | None,
        plain(
            "--late",
            "Take a workbook that has expired; why is kept with each change. - asks for it.",
            _("REASON"),
        ),
    ],
    as_code: AsCode,
    check_names: Annotated[
        bool,
        option(
            "--check-names",
            "Open the vault and hold texts that name a sealed person; needs --reason, and is written down.",
        ),
    ],
    reason: Why = "",
    kind: KeyKind,
    dry_run: DryRun,
) -> None:
    """Import some workbooks, each on its own; what keeps one out without a name does, before any name is opened."""
    write = write and not dry_run
    if check_names:
        check_reason(reason)
    with ExitStack() as lock, shell.workspace() as workspace:  # nobody waits while a person is asked
        asked = Asked(
            workspace.actor(as_code),
            shell.clock(),
            apply=write,
            strict=strict,
            late=late,
            said=Said(allow_erase, frozenset(accept)),
        )
        came = _all_came(shell, _workbooks(files))
        if check_names and not any(_could_be_taken(workspace, file, asked) for file in came):
            asked = replace(
                asked, apply=False
            )  # nothing of it could be taken: it is said, and no name is opened
        elif check_names:
            asked = replace(asked, names=known_names(shell, ByKey(kind=kind, as_code=as_code), reason))
        agreed = [(file, _agreed(shell, workspace, file, asked)) for file in came]
        if asked.apply:
            lock.enter_context(shell.turn(_COMMAND))
        now = shell.clock()  # whoever was asked may have thought it over
        told = [
            _one(shell, workspace, file, replace(said, now=now), alone=len(came) == 1)
            for file, said in agreed
        ]
    documents = [said for said, _lines in told]
    _tell_of_no_cell(shell, accept, documents)
    head = {
        "schema": "dikalo.followup.import/1",
        "dry_run": not write,
        "names_checked": asked.names is not None,
    }
    shell.show(
        {**head, **documents[0]} if len(came) == 1 else {**head, "files": documents},
        (line for _said, lines in told for line in lines),
    )


def _tell_of_no_cell(shell: Shell, accept: tuple[str, ...], documents: list[dict[str, Any]]) -> None:
    """Warn of a name after ``--accept`` that no line has: a slip of the hand accepts nothing, and somebody counts on it."""
    read = [said for said in documents if said["status"] not in {"already", "refused"}]
    there = {f"{one['title']}!{one['cell']}" for said in read for one in said["items"]}
    if read and (lost := sorted(set(accept) - there)):
        shell.warn(
            _(
                "No cell that waits is called {cells}: nothing was accepted there. Name it as the preview does."
            ).format(cells=", ".join(lost))
        )


@dataclass(frozen=True, slots=True)
class _Came:
    """One file, read and unlocked, or why it cannot be."""

    path: Path
    file: Incoming | None
    refused: DikaloError | None = None


def _all_came(shell: Shell, paths: tuple[Path, ...]) -> list[_Came]:
    """Read and unlock every file; of several one that is refused stops no other."""
    came = []
    for path in paths:
        try:
            came.append(_Came(path, _unlocked(shell, path)))
        except DikaloError as refused:
            if len(paths) == 1:
                raise
            came.append(_Came(path, None, refused))
    return came


def _unlocked(shell: Shell, path: Path) -> Incoming:
    _warn_if_open(shell, path)
    name = "DIKALO_WORKBOOK_FD"
    return shell.again_when_wrong(
        lambda: incoming(path, lambda: shell.secret(_("Password of the workbook"), descriptor=name)),
        descriptor=name,
    )


def _could_be_taken(workspace: Workspace, came: _Came, asked: Asked) -> bool:
    """Tell whether anything but a sealed name could keep a file out: only for one that may come in are names opened."""
    if came.file is None:
        return False
    try:
        seen = bring_back(workspace.register, came.file, replace(asked, apply=False))
    except DikaloError:
        return False  # it is said where the file is imported
    return seen.status == "preview"


def _workbooks(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """Leave out the small files that lie beside workbooks that are open: ``*.xlsx`` names them, too."""
    kept = tuple(path for path in files if not is_lock_file(path))
    return kept or files


def _one(
    shell: Shell, workspace: Workspace, came: _Came, asked: Asked, *, alone: bool
) -> tuple[dict[str, Any], list[str]]:
    """Import one file; of several one that is refused stops no other."""
    try:
        if came.file is None:
            assert came.refused is not None  # noqa: S101 - a file that did not come was refused
            raise came.refused
        return _imported(shell, workspace, came.path, came.file, asked)
    except DikaloError as refused:
        if alone:
            raise
        shell.exit_code = 1
        words = refused.words()
        told = {"file": came.path.name, "status": "refused", "code": refused.code, "message": words}
        return told, [click.style(f"{came.path.name}: {refused.code} · {words}", fg="red", bold=True)]


def _imported(
    shell: Shell, workspace: Workspace, path: Path, file: Incoming, asked: Asked
) -> tuple[dict[str, Any], list[str]]:
    done = bring_back(workspace.register, file, asked)
    handed = _hand_out(workspace, file, asked, done)
    if done.status == "blocked":
        shell.exit_code = 1
    elif done.attention and shell.exit_code == 0:
        shell.attention()
    who = _changed_by(workspace, done)
    return document(path, done, handed, who, lang_of(shell)), list(
        text(shell, path, done, handed, who, locked=file.password is not None)
    )


def _changed_by(workspace: Workspace, done: Imported) -> dict[str, str]:
    """Return who changed the register's side of each conflict, and when, by the place of its cell."""
    asked = [item for item in done.items if item.decision.outcome is Outcome.CONFLICT]
    if not asked:
        return {}
    with workspace.register.reading() as rows:
        found = changed_by(rows, [(item.case, item.record, item.key) for item in asked])
    return {item.place: who for item, who in zip(asked, found, strict=True) if who}


def _warn_if_open(shell: Shell, path: Path) -> None:
    beside = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    if any(one.exists() for one in beside):
        shell.warn(
            _("{file} seems to be open in a spreadsheet program: what is not saved is not read.").format(
                file=path.name
            )
        )


def _agreed(shell: Shell, workspace: Workspace, came: _Came, asked: Asked) -> Asked:
    """Return what is asked of one file with what a person says yes to; what keeps it out is told where it is imported."""
    if came.file is None:
        return asked
    try:
        return _with_yes(shell, workspace, came.file, asked)
    except DikaloError:
        return asked


def _with_yes(shell: Shell, workspace: Workspace, file: Incoming, asked: Asked) -> Asked:
    """Ask about what waits before it is applied, where somebody can answer."""
    yes = Questions(shell).yes
    terminal = sys.stdin.isatty() and sys.stderr.isatty() and not shell.json
    if not (asked.apply and terminal):
        return asked
    seen = bring_back(workspace.register, file, replace(asked, apply=False))
    accepted = set(asked.said.accepted)
    may = {one.place for one in acceptable(seen.held)}
    for item in seen.items:
        waits = item.decision.outcome is Outcome.WARNING and (item.decision.rule == "15" or item.place in may)
        if (waits or item.decision.outcome is Outcome.ERASE) and yes(_question(shell, item), default=False):
            accepted.add(item.place)
    return replace(asked, said=replace(asked.said, accepted=frozenset(accepted)))


def _question(shell: Shell, item: Item) -> str:
    lang = lang_of(shell)
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

    name = _("conflicts-{day}.xlsx").format(day=f"{asked.now.astimezone(DOUALA):%Y-%m-%d}")
    return hand_out(
        workspace.register,
        lambda: free_place(None, workspace.root / "out" / name),
        actor=asked.actor,
        now=asked.now,
        lang="en" if done.lang == "en" else "fr",
        demo=workspace.demo,
        password=file.password,
        ids=done.conflicts,
    )
