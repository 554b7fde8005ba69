"""``dikalo init``: a new workspace, its keys made together with the person who will hold them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import click

from sync_scripts.cli.shell import Shell, command, pass_shell
from sync_scripts.errors import N_, NotAllowed, UsageProblem
from sync_scripts.texts import LANGUAGES

if TYPE_CHECKING:
    from sync_scripts.config import Settings
    from sync_scripts.store.founding import Created, NewKeys
    from sync_scripts.store.sealed import Holder

DAY_DESCRIPTOR = "DIKALO_KEY_FD"
VAULT_DESCRIPTOR = "DIKALO_VAULT_FD"
TRIES = 3


@dataclass(eq=False, kw_only=True)
class NobodyToAsk(UsageProblem):
    """Something must be said and there is no terminal to ask at."""

    option: str
    code: ClassVar[str] = "DK-C20"
    message: ClassVar[str] = N_(
        "This is not a terminal, so nobody can be asked. Nothing was made. Say it with {option}. The passphrases are "
        "handed over on descriptors named by DIKALO_KEY_FD and DIKALO_VAULT_FD, and at least two of vault passphrase, "
        "--recovery and --organisation are needed."
    )


@dataclass(eq=False, kw_only=True)
class TypedDifferently(NotAllowed):
    """What was typed twice, or back from paper, was never the same."""

    code: ClassVar[str] = "DK-C21"
    message: ClassVar[str] = N_(
        "What was typed was not the same each time. No workspace was made. Run dikalo init again and take your time."
    )


@command(
    "init",
    help=_(
        "Make a workspace in this folder (or the one named with -C): settings, encrypted register, keys. It asks for "
        "what it needs and shows the recovery key once; have pen and paper ready. Without a terminal, the passphrases "
        "come on file descriptors."
    ),
)
@click.option("--worker", metavar=_("CODE"), help=_("Your code as a worker; never a name."))
@click.option("--language", type=click.Choice(LANGUAGES), help=_("Language of the workspace."))
@click.option(
    "--source",
    type=click.Path(file_okay=False, path_type=Path),
    metavar=_("FOLDER"),
    help=_("A folder from which submissions are pulled, such as a copied phone."),
)
@click.option("--organisation", metavar="AGE1…", help=_("Public key of the organisation's head office."))
@click.option("--recovery", metavar="AGE1…", help=_("Public key of a recovery key made elsewhere."))
@click.option("--no-vault-slot", is_flag=True, help=_("Keep no vault passphrase on this computer."))
@click.option("--no-paper", is_flag=True, help=_("Make no recovery key."))
@click.option("--register-url", metavar="URL", help=_("Keep the register on this PostgreSQL, not in a file."))
@pass_shell
def init(
    shell: Shell,
    *,
    worker: str | None,
    language: str | None,
    source: Path | None,
    organisation: str | None,
    recovery: str | None,
    no_vault_slot: bool,
    no_paper: bool,
    register_url: str | None,
) -> None:
    """Ask, make, furnish, and say what comes next."""
    from datetime import UTC, datetime

    from sync_scripts.store.founding import create_workspace, refuse_existing

    refuse_existing(shell.root)
    asks = sys.stdin.isatty() and sys.stderr.isatty() and not shell.json
    settings = _settings(shell, language, source, register_url, asks=asks)
    code = _worker(worker, asks=asks)
    day = new_passphrase(shell, _("Everyday passphrase"), DAY_DESCRIPTOR, asks=asks)
    vault = None
    if not no_vault_slot and (asks or VAULT_DESCRIPTOR in os.environ):
        vault = new_passphrase(shell, _("Vault passphrase"), VAULT_DESCRIPTOR, asks=asks)
    paper = _paper(shell) if asks and recovery is None and not no_paper else None
    shown: tuple[tuple[Holder, object], ...] = (("V", vault), ("R", paper))
    keys = _new_keys(day, vault, recovery or paper, organisation)
    made = create_workspace(
        shell.root,
        settings=settings,
        worker=code,
        keys=keys,
        now=datetime.now(UTC),
        proved=tuple(holder for holder, key in shown if key is not None),
    )
    forms = _furnish(made, day)
    shell.show(_document(made, forms), _told(made, forms))


def _settings(
    shell: Shell, language: str | None, source: Path | None, url: str | None, *, asks: bool
) -> Settings:
    from sync_scripts.config import RegisterSettings, ServerSettings, Settings
    from sync_scripts.store.founding import new_id

    if asks and language is None:
        choice = click.Choice(LANGUAGES)
        language = click.prompt("Langue / Language", type=choice, default=shell.lang, err=True)
    if asks and source is None:
        question = _("Folder from which submissions are pulled (empty: later)")
        answer = click.prompt(question, default="", show_default=False, err=True).strip()
        source = Path(answer) if answer else None
    servers = (
        () if source is None else (ServerSettings(name="folder", kind="folder", path=str(source.absolute())),)
    )
    return Settings(
        id=new_id(),
        lang="en" if (language or shell.lang) == "en" else "fr",
        server=servers,
        register=RegisterSettings(url=url),
    )


def _worker(worker: str | None, *, asks: bool) -> str:
    from sync_scripts.secrets.slots import worker_code

    if worker is None and not asks:
        raise NobodyToAsk(option="--worker")
    return worker_code(worker or click.prompt(_("Your code as a worker (never your name)"), err=True))


def new_passphrase(shell: Shell, what: str, descriptor: str, *, asks: bool) -> str:
    """Return a new passphrase: from its descriptor, or typed twice at a terminal, where one is proposed.

    Raises:
        NobodyToAsk: there is neither.
        PassphraseWeak: it is too easy to guess.
        TypedDifferently: it was never the same twice.
    """
    from sync_scripts.secrets import passphrases

    if descriptor in os.environ:
        return shell.secret(what, descriptor=descriptor)
    if not asks:
        raise NobodyToAsk(option=descriptor)
    shell.warn(_("{what}: five words such as these are easy to keep and hard to guess:").format(what=what))
    shell.warn(f"    {passphrases.draw()}")
    for _attempt in range(TRIES):
        typed = shell.ask_secret(what, descriptor=descriptor)
        passphrases.accept(typed)
        if typed == shell.ask_secret(_("The same again"), descriptor=descriptor):
            return typed
        shell.warn(_("Not the same. Try again."))
    raise TypedDifferently


def _paper(shell: Shell) -> str:
    """Show a new recovery key once and have it typed back; return its public key.

    Raises:
        TypedDifferently: it was not typed back.
    """
    import segno

    from sync_scripts.secrets import recovery
    from sync_scripts.store.sealing import make_identity

    made = make_identity()
    shell.warn(
        _(
            "This is the recovery key. It opens everything when all else is lost, and it is shown only now. Write it on "
            "paper by hand, check it, and keep the paper away from this computer. Make no photo of it."
        )
    )
    shell.warn(f"\n{recovery.in_groups(made.secret)}\n")
    segno.make(made.secret, error="m", micro=False).terminal(out=sys.stderr, compact=True)
    for _attempt in range(TRIES):
        typed = click.prompt(_("Type it back from the paper (blanks do not matter)"), err=True)
        if _same_key(typed, made.secret):
            click.clear()
            return made.public
        shell.warn(_("Not the same. Compare with the paper and try again."))
    raise TypedDifferently


def _same_key(typed: str, secret: str) -> bool:
    from sync_scripts.secrets import recovery
    from sync_scripts.secrets.errors import RecoveryKeyWrong

    try:
        return recovery.typed(typed) == secret
    except RecoveryKeyWrong:
        return False


def _new_keys(day: str, vault: str | None, recovery: str | None, organisation: str | None) -> NewKeys:
    from sync_scripts.store.founding import NewKeys

    return NewKeys(day=day, vault=vault, recovery=recovery, organisation=organisation)


def _furnish(made: Created, day: str) -> list[str]:
    """Open the new workspace once, as it will be opened every day, and lay the shipped forms in it."""
    from datetime import UTC, datetime

    from sync_scripts.register.decisions import deciding, name_worker
    from sync_scripts.register.shipped import lay_forms
    from sync_scripts.store.lock import hold
    from sync_scripts.store.workspace import open_workspace
    from xlsform.overlay.bench import Folder, keep_bases

    now = datetime.now(UTC)
    with hold(made.root, "init"):
        workspace = open_workspace(made.root, secret=lambda _prompt: day)
        try:
            with workspace.register.writing() as rows:
                laid = list(lay_forms(rows, workspace.forms, now))
            keep_bases(Folder(workspace.forms))
            with deciding(workspace.register, workspace.actor(), now) as by:
                name_worker(by, made.worker, "coordinator")
        finally:
            workspace.close()
    return laid


def _document(made: Created, forms: list[str]) -> dict[str, object]:
    return {
        "schema": "dikalo.init/1",
        "id": made.settings.id,
        "worker": made.worker,
        "register": "postgresql" if made.settings.register.url else "sqlite",
        "holders": [{"code": holder, "public": public} for holder, public in made.recipients.keys],
        "forms": [{"code": form} for form in forms],
    }


def _told(made: Created, forms: list[str]) -> list[str]:
    from sync_scripts.store.health import holder_name

    names = ", ".join(holder_name(holder) for holder, _public in made.recipients.keys)
    ready = ngettext(
        "The workspace is ready: {n} form, the register, its keys.",
        "The workspace is ready: {n} forms, the register, its keys.",
        len(forms),
    )
    lines = [
        ready.format(n=len(forms)),
        _("What is sealed opens for: {holders}.").format(holders=names),
        _("Keep keys.json, vault.age and day.age in every backup; without a key they open nothing."),
    ]
    if not made.settings.server:
        lines.append(_("No source is set yet: write one under [[server]] in dikalo.toml."))
    lines.append(_("Next: dikalo doctor, then dikalo pull."))
    return lines
