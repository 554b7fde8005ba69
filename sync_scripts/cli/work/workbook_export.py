"""``dikalo followup export``: a workbook goes out for one worker, a region or everybody. Decides nothing."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated

import click

from sync_scripts.cli.frame.listing import typable
from sync_scripts.cli.frame.options import AsCode, ByKey, DryRun, KeyKind, Password, Why, deed
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.cli.opening.opening import known_names
from sync_scripts.cli.work.workbook_preview import lang_of
from sync_scripts.followup.columns import Lang, Tier
from sync_scripts.followup.outbound import gather
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.outbound.export import Exported, export, export_all, place
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.register.model.places import region_of
from sync_scripts.secrets.passphrases import draw
from sync_scripts.store.detectors import KnownNames
from sync_scripts.store.lock import hold
from sync_scripts.store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What shall be in a workbook, for whom, and how it is closed."""

    tier: Annotated[
        Tier,
        option(
            "--tier",
            "How much it may show: T2 the work and its days; T3 also what was done to whom, ages, court dates and risk, and "
            "it needs a password.",
        ),
    ] = "T2"
    made_for: Annotated[
        str | None,
        option(
            "--for",
            "For this worker: only what that worker may have, and unless the worker coordinates only the worker's own cases.",
            _("CODE"),
        ),
    ]
    owner: Annotated[str | None, option("--owner", "Only the cases of this worker.", _("CODE"))]
    region: Annotated[
        str | None,
        option(
            "--region", "Only the cases of this region: its letters (NW), its code or its name.", _("REGION")
        ),
    ]
    department: Annotated[
        str | None,
        option(
            "--department",
            "Only the cases of this department (P-code, such as CM007002, or its name).",
            _("P-CODE"),
        ),
    ]
    target: Annotated[Path | None, option("--to", "The file to write.")]
    everything: Annotated[
        bool, option("--all", "More than 5,000 rows too: plain lists, without dashboard and links.")
    ]
    check_names: Annotated[
        bool,
        option(
            "--check-names",
            "Open the vault and refuse texts that name a sealed person; needs --reason, and is written down.",
        ),
    ]
    reason: Why = ""
    kind: KeyKind
    no_password: Annotated[bool, option("--no-password", "Do not lock the file; not with --tier T3.")]
    password_prompt: Password
    no_protect: Annotated[bool, option("--no-protect", "Leave sheets unprotected, for people who sort rows.")]
    as_code: AsCode
    dry_run: DryRun

    @property
    def by(self) -> ByKey:
        """With which key names are opened, and who opens them."""
        return ByKey(kind=self.kind, as_code=self.as_code)


@command("export")
def export_command(shell: Shell, *, asked: _Asked) -> None:
    """Write one workbook and remember what it said; what may be refused without a name is, before any is opened."""
    with ExitStack() as lock, shell.workspace() as workspace:
        order = _order(workspace, asked, lang_of(shell), shell.clock())
        path = _path(workspace, asked, order)
        password, drawn = _password(shell, asked, demo=workspace.demo)
        names = known_names(shell, asked.by, asked.reason) if asked.check_names else None
        if not asked.dry_run:
            lock.enter_context(hold(shell.root, "followup export"))  # let go after the workspace is closed
        done = _written(shell, workspace, asked, order, path, password, names)
    if not done.locked and order.demo and not asked.no_password:
        shell.warn(
            _(
                "This workbook has no password, for this is a demonstration: whoever finds it can read it. With "
                "--password-prompt it has one."
            )
        )
    elif not done.locked:
        shell.warn(_("This workbook has no password: whoever finds it can read it."))
    document = _document(done, names_checked=asked.check_names)
    if drawn and not asked.dry_run:
        document["password"] = password
    shell.show(document, _text(done, password if drawn else None))


def _order(workspace: Workspace, asked: _Asked, lang: Lang, now: datetime) -> Order:
    """Return what is asked for, with codes and places as the register knows them."""
    with workspace.register.reading() as rows:
        scope = gather.Scope(
            gather.owner_code(rows, asked.owner),
            None if asked.region is None else region_of(asked.region),
            gather.department_code(asked.department),
        )
        if asked.made_for is not None:
            scope = gather.made_for(rows, asked.made_for, scope)
        gather.check_scope(rows, scope)
    return Order(
        tier=asked.tier,
        lang=lang,
        scope=scope,
        actor=workspace.actor(asked.as_code),
        now=now,
        demo=workspace.demo,
        protect=not asked.no_protect,
    )


def _path(workspace: Workspace, asked: _Asked, order: Order) -> Path:
    """Return where the workbook goes; nothing that is there is replaced."""
    name = _("followup-{day}.xlsx").format(day=f"{order.now.astimezone(DOUALA):%Y-%m-%d}")
    if order.scope.reader is not None:
        name = f"{order.scope.reader}-{name}"
    return place(asked.target, workspace.root / "out" / name)


def _password(shell: Shell, asked: _Asked, *, demo: bool) -> tuple[str | None, bool]:
    """Return the password; in a demonstration one only where it is asked for, or the tier needs it."""
    if asked.no_password and asked.password_prompt:
        raise click.UsageError(_("--no-password and --password-prompt contradict each other."))
    bare = asked.no_password or (demo and asked.tier == "T2")
    return chosen_password(shell, prompt=asked.password_prompt, none=bare)


def chosen_password(shell: Shell, *, prompt: bool, none: bool) -> tuple[str | None, bool]:
    """Return the password and whether it was drawn and must be shown; one that is typed goes before none."""
    if not prompt:
        return (None, False) if none else (draw(), True)
    typed = shell.ask_secret(_("Password of the workbook"))
    if shell.ask_secret(_("The same again")) != typed:
        raise click.UsageError(_("The two passwords are not the same."))
    return typed, False


def _written(  # noqa: PLR0917 - what a workbook needs
    shell: Shell,
    workspace: Workspace,
    asked: _Asked,
    order: Order,
    path: Path,
    password: str | None,
    names: KnownNames | None,
) -> Exported:
    """Write the workbook, held whole or row by row."""
    write = export_all if asked.everything else export
    with shell.progress(_("Writing the workbook"), 4) as step:
        return write(
            workspace.register,
            order,
            path,
            password=password,
            names=names,
            dry_run=asked.dry_run,
            progress=step,
        )


def _document(done: Exported, *, names_checked: bool) -> dict[str, object]:
    return {
        "schema": "dikalo.followup.export/1",
        "file": str(done.path),
        "export_id": done.export_id,
        "rows": dict(done.rows),
        "expires": done.expires,
        "tier": done.tier,
        "locked": done.locked,
        "sha256": done.sha256,
        "withheld": done.withheld,
        "names_checked": names_checked,
        "dry_run": done.dry_run,
    }


def _text(done: Exported, drawn: str | None) -> list[str]:
    cases = done.rows.get("dk:cases", 0)
    count = ngettext("{n} open case", "{n} open cases", cases).format(n=cases)
    held = ngettext(
        "{n} more open case is not in it: only its owner and the coordination may have it.",
        "{n} more open cases are not in it: only their owners and the coordination may have them.",
        done.withheld,
    )
    withheld = [deed(held, dry_run=done.dry_run).format(n=done.withheld)] if done.withheld else []
    if done.dry_run:
        return [
            *withheld,
            _("{count}: the workbook can be written. Nothing was written.").format(count=count),
        ]
    told = [_("{count} in {file}").format(count=count, file=done.path)]
    told += withheld
    told.append(_("It may come back until {day}.").format(day=done.expires))
    told.append(
        _("Next, once it is filled in: dikalo followup import {file}").format(file=typable(done.path))
    )
    if drawn:
        told.append(_("Password: {password}").format(password=drawn))
        told.append(_("Say it by another road than the file: by voice, never in the same message."))
    return told
