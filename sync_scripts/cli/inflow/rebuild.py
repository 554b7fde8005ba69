"""``dikalo rebuild``: the register made anew from what was stored, or only compared with it."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _
from gettext import ngettext

import click

from sync_scripts.cli.frame.key_options import key_option, why_option
from sync_scripts.cli.frame.shell import Shell, as_option, command, pass_shell
from sync_scripts.cli.inflow.set_apart import each_line
from sync_scripts.cli.opening.vault import vault_key
from sync_scripts.intake.completeness.soundness import KINDS, DeepRead, compare, require_deep
from sync_scripts.register.care import rebuild as rebuilding
from sync_scripts.register.care.rebuild import Rebuilt
from sync_scripts.register.model.build_backlog import set_apart
from sync_scripts.store.errors import ReasonNeeded
from sync_scripts.store.vault import Vault
from sync_scripts.store.workspace import Workspace


@command("rebuild")
@click.option("--check", is_flag=True, help=_("Only compare; exit code 6 if anything is different."))
@click.option(
    "--deep", is_flag=True, help=_("Compare with the sealed bytes as they arrived; opens the vault.")
)
@why_option
@key_option
@as_option
@pass_shell
def rebuild(shell: Shell, *, check: bool, deep: bool, reason: str, kind: str, as_code: str | None) -> None:
    """Rebuild or compare; deep only compares, for what arrived is never changed."""
    check = check or deep
    with (
        shell.workspace(write=True, command="rebuild", how="long") as workspace,
        shell.progress(_("Submissions"), None) as progress,
    ):
        again = _read_again(shell, workspace, reason, kind, as_code) if deep else None
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
    shell.show(document, [*_told(done, again, check=check), *each_line(apart)])


def _told(done: Rebuilt, again: DeepRead | None, *, check: bool) -> Iterator[str]:
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


def _read_again(shell: Shell, workspace: Workspace, reason: str, kind: str, as_code: str | None) -> DeepRead:
    """Open the bytes of every version, written down first, and compare what they say.

    Raises:
        ReasonNeeded: there is no reason; nothing was opened.
        DeepDiffers: something is not what is stored.
    """
    if not reason.strip():
        raise ReasonNeeded
    with Vault(
        workspace.register, vault_key(shell, kind), workspace.actor(as_code), leave=None, now=shell.clock
    ) as vault:
        opened = (
            (one.item, one.data if one.problem is None else None) for one in vault.open_kinds(reason, *KINDS)
        )
        found = compare(workspace.register, opened)
    require_deep(found)
    return found
