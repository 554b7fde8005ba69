"""``dikalo quarantine, rebuild``: what was put aside and another try; the register made anew from what was stored, or only compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.frame.listing import form_name
from sync_scripts.cli.frame.logins import asking
from sync_scripts.cli.frame.options import AsCode, ByKey, DryRun, Why
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.inflow.pull import learn
from sync_scripts.cli.opening.vault import vault_key
from sync_scripts.cli.work.waiting import each_line
from sync_scripts.errors import UsageProblem
from sync_scripts.intake.completeness.soundness import KINDS, DeepRead, compare, require_deep
from sync_scripts.intake.pull import Way, sources
from sync_scripts.intake.quarantine import Entry, entries, entry, retry_opened, sealed_bytes
from sync_scripts.intake.quarantine import retry as again
from sync_scripts.register.care import rebuild as rebuilding
from sync_scripts.register.care.rebuild import Rebuilt
from sync_scripts.register.model.build_backlog import set_apart
from sync_scripts.store.database import Actor
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.vault import Vault, VaultKey, by_identity, by_passphrase
from sync_scripts.store.workspace import Workspace

WhichOnes: Final = UsageProblem.declare(
    "DK-E16",
    "Say which entries to take although they came unencrypted: dikalo quarantine retry CODE --take-clear. Nothing was "
    "done. See the codes with dikalo quarantine list.",
)


@command("list")
def list_(shell: Shell, *, everything: Annotated[bool, option("--all", "Show the solved ones too.")]) -> None:
    """List the entries."""
    with shell.reading() as (_workspace, rows):
        found = entries(rows, everything=everything)
    document = {"schema": "dikalo.quarantine/1", "entries": [_document(one) for one in found]}
    shell.show(document, _list_lines(found) if found else _("Nothing is in quarantine."))


@command("show")
def show(shell: Shell, *, code: Annotated[str, place(_("CODE"))]) -> None:
    """Show one entry, never its content."""
    with shell.reading() as (_workspace, rows):
        found = entry(rows, code)
    shell.show({"schema": "dikalo.quarantine-entry/1", **_document(found)}, _details(found))


@command("retry")
def retry(
    shell: Shell,
    *,
    codes: Annotated[tuple[str, ...], place(_("[CODE]..."))],
    folders: Annotated[
        tuple[Path, ...],
        option(
            "--from",
            "Read this folder instead of the sources in dikalo.toml.",
            _("FOLDER"),
            type=click.Path(path_type=Path),
        ),
    ],
    vault: Annotated[bool, option("--vault", "Open the sealed bytes when the source is gone.")],
    reason: Why = "",
    take_clear: Annotated[
        bool,
        option(
            "--take-clear",
            "Take the entries named although they came unencrypted: you know which phone sent them.",
        ),
    ],
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Try again, first from the source, then from the vault if asked."""
    if take_clear and not codes:
        raise WhichOnes
    way = Way(clock=shell.clock, dry_run=dry_run, take_clear=take_clear)
    with shell.workspace(write=not dry_run, command="quarantine retry", how="long") as workspace:
        if not dry_run:
            learn(shell, workspace)
        actor = workspace.actor(as_code)
        with sources(workspace, folders, asking(shell)) as servers:
            done = again(workspace.register, servers, actor, codes, way)
        if done.pulled.failure is not None and not vault:
            raise done.pulled.failure
        solved, gone = done.pulled.report.solved, list(done.gone)
        if vault and gone and not dry_run:
            opened = _opened(shell, workspace, actor, reason, gone)
            solved += retry_opened(workspace.register, opened, actor, way).report.solved
            gone = [one for one in gone if not one.kept]
        with workspace.register.reading() as rows:
            left = [one for one in entries(rows) if one.code in {tried.code for tried in done.tried}]
    shell.show(_retry_document(solved, left, gone, dry_run=dry_run), _retry_lines(solved, left, gone))
    if len(left) > (solved if dry_run else 0):
        shell.attention()


def _opened(
    shell: Shell, workspace: Workspace, actor: Actor, reason: str, gone: Sequence[Entry]
) -> list[tuple[Entry, bytes]]:
    """Open the sealed bytes of entries; the opening is written down before the first byte."""
    descriptor = "DIKALO_VAULT_FD"

    def key_typed() -> VaultKey:
        question = _("Vault passphrase or recovery key")
        typed = "" if workspace.demo else shell.secret(question, descriptor=descriptor)
        paper = typed.strip().upper().startswith("AGE-SECRET-KEY-")
        return by_identity(typed) if paper else by_passphrase(workspace.root, lambda: typed)

    key = shell.again_when_wrong(key_typed, descriptor=descriptor)
    with workspace.register.reading() as rows:
        items = sealed_bytes(rows, gone)
    by_item = {(item.key_page, item.item): entry for entry, item in items}
    with Vault(workspace.register, key, actor, leave=None, now=shell.clock) as vault:
        opened = vault.open_items(reason, [item for _entry, item in items])
        return [(by_item[one.item.key_page, one.item.item], one.data) for one in opened]


def _retry_document(
    solved: int, left: Sequence[Entry], gone: Sequence[Entry], *, dry_run: bool
) -> dict[str, Any]:
    return {
        "schema": "dikalo.quarantine-retry/1",
        "dry_run": dry_run,
        "solved": solved,
        "open": [_document(one) for one in left],
        "gone": [one.code for one in gone],
    }


def _retry_lines(solved: int, left: Sequence[Entry], gone: Sequence[Entry]) -> Iterator[str]:
    yield _("Readable now: {count}.").format(count=solved)
    yield from _lines(left)
    kept = [one.code for one in gone if one.kept]
    if kept:
        yield _("No longer at the source: {codes}. Add --vault to take the sealed bytes.").format(
            codes=", ".join(kept)
        )


def _document(one: Entry) -> dict[str, Any]:
    said = asdict(one)
    del said["tag"]
    return said | {"words": one.words()}


def _list_lines(found: Sequence[Entry]) -> Iterator[str]:
    yield from _lines(found)
    yield ""
    yield _(
        "Once a cause is mended: dikalo quarantine retry reads all of them again, with CODE only that one."
    )


def _lines(found: Sequence[Entry]) -> Iterator[str]:
    for one in found:
        yield f"{one.code} · {one.problem} · {form_name(one.form, one.version)}"
        yield f"  {one.words()}"


def _details(one: Entry) -> Iterator[str]:
    yield from _lines([one])
    yield _("  Since {first}, read {tries} times, {size} bytes.").format(
        first=one.first_seen[:10], tries=one.tries, size=one.size or 0
    )
    if not one.kept:
        yield _("  Too large to be kept here: it lies only at its source.")


@command("rebuild")
def rebuild(
    shell: Shell,
    *,
    check: Annotated[bool, option("--check", "Only compare; exit code 6 if anything is different.")],
    deep: Annotated[
        bool, option("--deep", "Compare with the sealed bytes as they arrived; opens the vault.")
    ],
    reason: Why = "",
    by: ByKey,
) -> None:
    """Rebuild or compare; deep only compares, for what arrived is never changed."""
    check = check or deep
    with (
        shell.workspace(write=True, command="rebuild", how="long") as workspace,
        shell.progress(_("Submissions"), None) as progress,
    ):
        again = _read_again(shell, workspace, reason, by) if deep else None
        make = rebuilding.check if check else rebuilding.rebuild
        done = make(workspace.register, shell.clock(), progress=progress)
        with workspace.register.reading() as rows:
            apart = list(set_apart(rows))
    if apart:
        shell.attention()
    if check:
        rebuilding.require_same(done)
    document = {
        "schema": "dikalo.rebuild/1",
        "check": check,
        "rows": done.rows,
        "differing": list(done.differing),
        "set_apart": [one._asdict() for one in apart],
    }
    if again is not None:
        document["read_again"] = again.versions
    shell.show(document, [*_rebuilt_lines(done, again, check=check), *each_line(apart)])


def _rebuilt_lines(done: Rebuilt, again: DeepRead | None, *, check: bool) -> Iterator[str]:
    if again is not None:
        yield ngettext(
            "{count} submission was read again from its sealed bytes: the same.",
            "{count} submissions were read again from their sealed bytes: the same.",
            again.versions,
        ).format(count=again.versions)
    total = sum(done.rows.values())
    if check:
        told = _("The register is what its submissions, decisions and rules give ({total} rows).")
    elif done.differing:
        told = _("The register was made anew ({total} rows). Different before: {tables}.")
    else:
        told = _("The register was made anew ({total} rows). Nothing was different before.")
    yield told.format(total=total, tables=", ".join(done.differing))


def _read_again(shell: Shell, workspace: Workspace, reason: str, by: ByKey) -> DeepRead:
    """Open the bytes of every version, written down first, and compare what they say.

    Raises:
        ReasonNeeded: there is no reason; nothing was opened.
        DeepDiffers: something is not what is stored.
    """
    if not reason.strip():
        raise ReasonNeeded
    with Vault(
        workspace.register,
        vault_key(shell, by.kind),
        workspace.actor(by.as_code),
        leave=None,
        now=shell.clock,
    ) as vault:
        opened = (
            (one.item, one.data if one.problem is None else None) for one in vault.open_kinds(reason, *KINDS)
        )
        found = compare(workspace.register, opened)
    require_deep(found)
    return found
