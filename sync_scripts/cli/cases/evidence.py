"""``dikalo evidence``: proof that was brought to the desk. Parses, calls, prints."""

from __future__ import annotations

from datetime import datetime
from gettext import gettext as _
from pathlib import Path

import click

from sync_scripts.cli.forms.written import DAY_OR_TIME
from sync_scripts.cli.frame.shell import Shell, as_option, command, dry_run_option, pass_shell
from sync_scripts.cli.frame.tense import would
from sync_scripts.intake.evidence import Brought
from sync_scripts.intake.evidence import add as keep
from sync_scripts.intake.pull import Way
from sync_scripts.register.decisions.found import case_of
from sync_scripts.register.rules.ruleset import load
from sync_scripts.secrets.slots import worker_code

__all__ = ["add"]

TYPES = (
    "photo",
    "video",
    "audio",
    "medical_cert",
    "autopsy",
    "court_doc",
    "statement_victim",
    "statement_witness",
    "affidavit",
    "letter",
    "social_media",
    "object",
    "other",
)
BY = ("documenter", "victim", "witness", "third_party", "unknown")
YES_NO = ("yes", "no", "unknown")


@command("add")
@click.argument("file", type=click.Path(path_type=Path), metavar=_("FILE"))
@click.option("--case", required=True, metavar=_("CODE"), help=_("The case it belongs to."))
@click.option("--type", "type_", required=True, type=click.Choice(TYPES), help=_("What it is."))
@click.option("--taken-by", type=click.Choice(BY), help=_("Who took or wrote it."))
@click.option(
    "--taken-at",
    type=DAY_OR_TIME,
    metavar=_("DAY"),
    help=_("When, as 2026-11-25 or 2026-11-25T14:30, the time of Cameroon."),
)
@click.option(
    "--original-kept", type=click.Choice(YES_NO), help=_("Whether the original still exists elsewhere.")
)
@click.option("--faces", type=click.Choice(YES_NO), help=_("Whether faces can be seen."))
@click.option(
    "--from", "custody_from", metavar=_("CODE"), help=_("Who handed it over: a code, never a name.")
)
@click.option(
    "--sure",
    is_flag=True,
    help=_("The type is right, though the file does not begin like one: seal it as it is."),
)
@as_option
@dry_run_option
@pass_shell
def add(
    shell: Shell,
    *,
    file: Path,
    case: str,
    type_: str,
    taken_by: str | None,
    taken_at: object,
    original_kept: str | None,
    faces: str | None,
    custody_from: str | None,
    sure: bool,
    as_code: str | None,
    dry_run: bool,
) -> None:
    """Add one file."""
    at = taken_at.replace(tzinfo=load().zone).isoformat() if isinstance(taken_at, datetime) else ""
    about = {
        "taken_by": taken_by or "",
        "taken_at": at,
        "original_kept": original_kept or "",
        "faces_visible": faces or "",
        "custody_from": worker_code(custody_from) if custody_from else "",
    }
    with shell.workspace(write=not dry_run, command="evidence add") as workspace:
        workspace.require_proof(shell.clock())
        with workspace.register.reading() as rows:
            code = str(case_of(rows, case)["case_code"])
        said = {name: value for name, value in about.items() if value}
        brought = Brought(code, file, type_, said, sure)
        done = keep(
            workspace.register, brought, workspace.actor(as_code), Way(clock=shell.clock, dry_run=dry_run)
        )
    if done["new"]:
        words = _("Sealed into the case {case} as {number}.").format(case=code, number=done["number"] or "…")
        left = [] if dry_run else [_("Now remove the file yourself, safely.")]
        text = "\n".join([*would([words], dry_run=dry_run), *left])
    else:
        text = _("This file is in the case {case} already, as {number}.").format(
            case=code, number=done["number"]
        )
    shell.show({"schema": "dikalo.evidence.add/1", "dry_run": dry_run, "case": code, **done}, text)
