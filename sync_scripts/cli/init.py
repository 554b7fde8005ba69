"""``dikalo init``: make a workspace: keys, holders, forms. Ends only when two people or papers can open what is sealed."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from gettext import gettext as _
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from sync_scripts.cli.shell import Shell, command, pass_shell

if TYPE_CHECKING:
    from sync_scripts.config import Settings
    from sync_scripts.store.founding import NewKeys
    from sync_scripts.store.workspace import Workspace

VAULT_DESCRIPTOR = "DIKALO_VAULT_FD"
FORMS = ("alert", "case", "followup")


@dataclass(frozen=True)
class _Answers:
    """What the person said, or what came on descriptors."""

    worker: str
    day: str = field(repr=False)
    vault: str | None = field(repr=False)
    recovery: str | None
    proved: tuple[str, ...]


def _has_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def _new_passphrase(shell: Shell, words: str) -> str:
    """Let a passphrase be drawn or typed; a typed one twice."""
    from sync_scripts.secrets import passphrases

    drawn = passphrases.draw()
    shell.warn(words)
    shell.warn(_("A drawn one: {words}").format(words=drawn))
    typed = shell.ask_secret(_("Type the drawn one, or your own"))
    if shell.ask_secret(_("The same again")) != typed:
        raise click.UsageError(_("The two are not the same. Nothing was made."))
    return typed


def _paper(shell: Shell) -> str:
    """Show a recovery key once, and go on only when it was typed back; return its public key."""
    import segno

    from sync_scripts.secrets import recovery
    from sync_scripts.secrets.errors import RecoveryKeyWrong
    from sync_scripts.store.sealing import make_identity

    identity = make_identity()
    shell.warn(_("The recovery key. Write it on paper by hand; it is shown once and kept nowhere here."))
    shell.warn("\n" + recovery.in_groups(identity.secret) + "\n")
    segno.make(identity.secret, micro=False).terminal(out=sys.stderr, compact=True)
    while True:
        try:
            if recovery.typed(shell.ask_secret(_("Type it back from the paper"))) == identity.secret:
                return identity.public
        except RecoveryKeyWrong as wrong:
            shell.warn(wrong.words())
            continue
        shell.warn(_("This is not what was shown. Look at the paper and type it again."))


def _asked(shell: Shell, worker: str | None, *, no_vault: bool, no_paper: bool) -> _Answers:
    """Interview somebody at a terminal."""
    code = worker or click.prompt(_("Your code as a worker (never your name)"), err=True)
    day = _new_passphrase(shell, _("The everyday passphrase opens the register; names stay sealed."))
    vault = None
    if not no_vault:
        vault = _new_passphrase(shell, _("The passphrase of the vault opens what is sealed; another one."))
    paper = None if no_paper else _paper(shell)
    proved = (("V",) if vault else ()) + (("R",) if paper else ())
    return _Answers(code, day, vault, paper, proved)


def _handed_over(shell: Shell, worker: str | None, recovery: str | None, *, no_vault: bool) -> _Answers:
    """Take everything from descriptors and options, where nobody can type."""
    if worker is None:
        raise click.UsageError(_("Without a terminal the worker's code is needed: --worker CODE."))
    day = shell.secret(_("Everyday passphrase"))
    vault = None if no_vault else shell.secret(_("Passphrase of the vault"), descriptor=VAULT_DESCRIPTOR)
    return _Answers(worker, day, vault, recovery, ("V",) if vault else ())


def _keys(answers: _Answers, organisation: str | None) -> NewKeys:
    from sync_scripts.store.founding import NewKeys

    return NewKeys(day=answers.day, vault=answers.vault, recovery=answers.recovery, organisation=organisation)


def _settings(shell: Shell, source: Path | None, url: str | None) -> Settings:
    from sync_scripts.config import RegisterSettings, ServerSettings, Settings
    from sync_scripts.store.founding import new_id

    server = (ServerSettings(name="folder", kind="folder", path=str(source.absolute())),) if source else ()
    lang: Literal["fr", "en"] = "en" if shell.lang == "en" else "fr"
    return Settings(id=new_id(), lang=lang, server=server, register=RegisterSettings(url=url))


def _bring_forms(workspace: Workspace) -> None:
    """Lay the shipped workbooks and their media into the workspace, and keep their maps. Never samples."""
    import shutil
    from datetime import UTC, datetime

    from sync_scripts.register.formmap import remember
    from sync_scripts.store.canonical import instant
    from xlsform.pack import forms, forms_root

    with workspace.register.writing() as rows:
        for form in forms():
            if form.form_id in FORMS:
                shutil.copy(form.workbook, workspace.forms / form.workbook.name)
                remember(rows, form.workbook.read_bytes(), instant(datetime.now(UTC)))
    shutil.copytree(forms_root() / "media", workspace.forms / "media", dirs_exist_ok=True)


@command(
    "init",
    help=_(
        "Make a workspace in this folder (or with -C FOLDER): an encrypted register, keys, and at least two holders who "
        "can open what is sealed. Asks at a terminal; elsewhere, passphrases come on file descriptors."
    ),
)
@click.option("--worker", metavar=_("CODE"), help=_("Your code as a worker, never your name."))
@click.option(
    "--source",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=_("FOLDER"),
    help=_("A folder of submissions to pull from."),
)
@click.option("--organisation", metavar="AGE1...", help=_("Public key of the head office, a second holder."))
@click.option("--recovery", metavar="AGE1...", help=_("Public key of a recovery paper made elsewhere."))
@click.option("--no-vault-slot", is_flag=True, help=_("Keep no vault passphrase on this computer."))
@click.option("--no-paper", is_flag=True, help=_("Make no recovery paper."))
@click.option("--register-url", metavar="URL", help=_("A PostgreSQL register instead of a file here."))
@pass_shell
def init(
    shell: Shell,
    *,
    worker: str | None,
    source: Path | None,
    organisation: str | None,
    recovery: str | None,
    no_vault_slot: bool,
    no_paper: bool,
    register_url: str | None,
) -> None:
    """Ask, make, bring the forms, and say what to do next."""
    from datetime import UTC, datetime
    from typing import cast

    from sync_scripts.register import decisions
    from sync_scripts.store.founding import create_workspace
    from sync_scripts.store.sealed import Holder
    from sync_scripts.store.workspace import open_workspace

    if _has_terminal() and not shell.json:
        answers = _asked(shell, worker, no_vault=no_vault_slot, no_paper=no_paper or recovery is not None)
    else:
        answers = _handed_over(shell, worker, recovery, no_vault=no_vault_slot)
    now = datetime.now(UTC)
    proved = cast("tuple[Holder, ...]", answers.proved)
    created = create_workspace(
        shell.root,
        settings=_settings(shell, source, register_url),
        worker=answers.worker,
        keys=_keys(answers, organisation),
        now=now,
        proved=proved,
    )
    workspace = open_workspace(shell.root, secret=lambda _question: answers.day)
    try:
        _bring_forms(workspace)
        decisions.add_worker(workspace.register, created.worker, "coordinator", workspace.actor(), now)
    finally:
        workspace.close()
    holders = [holder for holder, _public in created.recipients.keys]
    text = [
        _("The workspace is made. What is sealed opens for: {holders}.").format(holders=", ".join(holders)),
        _("Next: dikalo doctor, then dikalo pull."),
    ]
    document = {
        "schema": "dikalo.init/1",
        "workspace": str(shell.root),
        "worker": created.worker,
        "holders": holders,
    }
    shell.show(document, text)
