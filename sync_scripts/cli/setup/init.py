"""``dikalo init``: a new workspace with its keys, and what the organisation says of itself, part by part.

Run again in a workspace it asks only what is missing. Never takes anything out, never replaces a key.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Final

import click

from sync_scripts import config
from sync_scripts.cli.frame.options import DryRun, nothing_written
from sync_scripts.cli.frame.questions import WIDTH, Questions, labelled
from sync_scripts.cli.frame.shell import FOLDER, THERE, Shell, command, option
from sync_scripts.cli.frame.typed import spoken
from sync_scripts.cli.setup.doctor import of_open
from sync_scripts.cli.setup.init_answers import Answers, apply, read_answers, read_logins
from sync_scripts.cli.setup.init_ask import changes_words, interview, titles
from sync_scripts.cli.setup.init_forms import make_forms_only
from sync_scripts.cli.setup.init_keep import SECTIONS, Setup
from sync_scripts.cli.setup.passphrases import (
    DAY_DESCRIPTOR,
    VAULT_DESCRIPTOR,
    NobodyToAsk,
    new_passphrase,
    paper_key,
    second_holder,
)
from sync_scripts.config import RegisterSettings, ServerSettings, Settings
from sync_scripts.errors import N_, UsageProblem
from sync_scripts.intake.receive.form_versions import any_known
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.forms.desk_forms import lay_forms
from sync_scripts.secrets.slots import worker_code
from sync_scripts.store.founding import Created, NewKeys, create_workspace, new_id, refuse_existing
from sync_scripts.store.health import Finding, holder_name, of_folder
from sync_scripts.store.lock import hold
from sync_scripts.store.seal import own_keys
from sync_scripts.store.seal.sealed_items import Holder
from sync_scripts.store.seal.sealing import grouped
from sync_scripts.store.workspace import Workspace, open_workspace, read_slots
from sync_scripts.texts import LANGUAGES, speak
from xlsform.overlay.bench import Folder, keep_bases
from xlsform.pack import forms

OnlyForNew: Final = UsageProblem.declare(
    "DK-J11",
    "There is a workspace in this folder already, and {option} is only for a new one: keys are never replaced here. "
    "Nothing was changed. Without it, dikalo init asks what is still missing.",
)
DemoStaysDemo: Final = UsageProblem.declare(
    "DK-J14",
    "This folder holds the demonstration, whose keys are published; it can never become a real workspace. Nothing was "
    "changed. Make an empty folder and run dikalo init there.",
)


@dataclass(frozen=True, kw_only=True)
class _Said:
    """What the options say of a new workspace."""

    worker: Annotated[str | None, option("--worker", "Your code as a worker; never a name.", _("CODE"))]
    language: Annotated[
        str | None, option("--language", "Language of the workspace.", type=click.Choice(LANGUAGES))
    ]
    source: Annotated[
        Path | None,
        option(
            "--source", "A folder from which submissions are pulled, such as a copied phone.", type=FOLDER
        ),
    ]
    organisation: Annotated[
        str | None, option("--organisation", "Public key of the organisation's head office.", "AGE1…")
    ]
    recovery: Annotated[
        str | None, option("--recovery", "Public key of a recovery key made elsewhere.", "AGE1…")
    ]
    no_vault_slot: Annotated[bool, option("--no-vault-slot", "Keep no vault passphrase on this computer.")]
    no_paper: Annotated[bool, option("--no-paper", "Make no recovery key.")]
    register_url: Annotated[
        str | None, option("--register-url", "Keep the register on this PostgreSQL, not in a file.", "URL")
    ]

    def first_new(self) -> str:
        """Return the first option that is given and only makes sense for a new workspace, "" for none."""
        return next((word for word in spoken(replace(self, source=None)) if word.startswith("--")), "")


@command("init")
def init(
    shell: Shell,
    *,
    said: _Said,
    answers: Annotated[
        Path | None,
        option(
            "--answers",
            "Take the answers from this file (TOML) instead of asking; logins come on DIKALO_LOGINS_FD.",
            type=THERE,
        ),
    ],
    again: Annotated[
        tuple[str, ...],
        option(
            "--again", "Ask this part once more; can be given several times.", type=click.Choice(SECTIONS)
        ),
    ],
    forms_only: Annotated[
        bool,
        option(
            "--forms-only",
            "Make a folder for forms alone: no register, no keys, nothing is asked. For trainers.",
        ),
    ],
    dry_run: DryRun,
) -> None:
    """Make or open a workspace, ask, keep, look at it, and say what comes next."""
    if forms_only:
        wrong = replace(said, language=None).first_new()
        make_forms_only(shell, said.language or shell.lang, wrong, dry_run=dry_run)
        return
    given = read_answers(answers) if answers else None
    asks = sys.stdin.isatty() and sys.stderr.isatty() and not shell.json
    with _setup(shell, said, given, asks=asks and given is None, dry_run=dry_run) as (setup, made):
        found: list[Finding] = []
        if given is not None:
            found = apply(given, read_logins(shell), setup)
        elif asks:
            with _said_when_stopped(shell, setup):
                interview(shell, setup, again)
        if said.source is not None:
            _add_folder(setup, said.source)
        found += _health(setup)
        missing = [name for name in SECTIONS if setup.lacks(name)]
        shell.show(_document(setup, made, missing, found), _told(setup, made, missing, found))
    if any(one.level == "bad" for one in found):
        shell.attention()


@contextmanager
def _said_when_stopped(shell: Shell, setup: Setup) -> Iterator[None]:
    try:
        yield
    except (click.Abort, KeyboardInterrupt):
        if setup.workspace is not None and not setup.dry_run:
            shell.warn("")
            shell.warn(_("Stopped. What was answered is kept; dikalo init goes on from there."))
        raise


@contextmanager
def _setup(
    shell: Shell, said: _Said, given: Answers | None, *, asks: bool, dry_run: bool
) -> Iterator[tuple[Setup, Created | None]]:
    """Give the workspace to be set up, made now if there is none; a trial of a new one has no register.

    Raises:
        OnlyForNew, DemoStaysDemo: it is there and cannot be what is wanted.
    """
    with ExitStack() as stack:
        if (shell.root / config.FILE).is_file():
            if any(slot.demo for slot in read_slots(shell.root)):
                raise DemoStaysDemo
            if option := said.first_new():
                raise OnlyForNew(option=option)
            stack.enter_context(hold(shell.root, "init"))
            opened = shell.again_when_wrong(lambda: open_workspace(shell.root, secret=shell.secret))
            stack.callback(opened.close)
            yield Setup(shell.root, opened.settings, opened, dry_run, shell.clock), None
            return
        refuse_existing(shell.root)
        settings = _settings(shell, said, given, asks=asks)
        code = _worker(shell, said, given, asks=asks)
        if dry_run:
            yield Setup(shell.root, settings, None, dry_run, shell.clock), None
            return
        made, day = _made(shell, said, given, settings, code, asks=asks)
        stack.enter_context(hold(shell.root, "init"))
        opened = open_workspace(made.root, secret=lambda _prompt: day)
        stack.callback(opened.close)
        _furnish(opened, made.worker, shell.clock())
        yield Setup(shell.root, opened.settings, opened, dry_run, shell.clock), made


def _settings(shell: Shell, said: _Said, given: Answers | None, *, asks: bool) -> Settings:
    language = said.language or (given.language if given else None)
    if asks and language is None:
        choice = click.Choice(LANGUAGES)
        language = click.prompt("Langue / Language", type=choice, default=shell.lang, err=True)
        speak(language)
    return Settings(
        id=new_id(),
        lang="en" if (language or shell.lang) == "en" else "fr",
        register=RegisterSettings(url=said.register_url),
    )


def _worker(shell: Shell, said: _Said, given: Answers | None, *, asks: bool) -> str:
    named = said.worker or (given.worker if given else None)
    if named is not None:
        return worker_code(named)
    if not asks:
        raise NobodyToAsk(option="--worker")
    code = None
    while code is None:
        code = Questions(shell).read(_("Your code as a worker (never your name)"), worker_code)
    return code


def _made(
    shell: Shell, said: _Said, given: Answers | None, settings: Settings, code: str, *, asks: bool
) -> tuple[Created, str]:
    """Make the keys with the person and the workspace under them; return it and the everyday passphrase."""
    day_words = _(
        "The everyday passphrase opens the register: alerts, cases, work. You will type it every day."
    )
    vault_words = _(
        "The vault passphrase opens names, telephone numbers, narratives and photos. It is another one, typed seldom."
    )
    day = new_passphrase(shell, _("Everyday passphrase"), DAY_DESCRIPTOR, asks=asks, key="day", why=day_words)
    vault = None
    if not said.no_vault_slot and (asks or shell.handed(VAULT_DESCRIPTOR)):
        vault = new_passphrase(
            shell,
            _("Vault passphrase"),
            VAULT_DESCRIPTOR,
            asks=asks,
            key="vault",
            why=vault_words,
            unlike=day,
        )
    recovery = said.recovery or (given.recovery if given else None)
    paper = paper_key(shell) if asks and recovery is None and not said.no_paper else None
    organisation = said.organisation or (given.organisation if given else None)
    if asks and organisation is None:
        organisation = second_holder(shell)
    shown: tuple[tuple[Holder, object], ...] = (("V", vault), ("R", paper))
    made = create_workspace(
        shell.root,
        settings=settings,
        worker=code,
        keys=NewKeys(day=day, vault=vault, recovery=recovery or paper, organisation=organisation),
        now=shell.clock(),
        proved=tuple(holder for holder, key in shown if key is not None),
    )
    return made, day


def _furnish(workspace: Workspace, worker: str, now: datetime) -> None:
    """Lay the shipped forms in a new workspace, name whoever made it, and note that their passphrase is their own."""
    with workspace.register.writing() as rows:
        lay_forms(rows, workspace.forms, now)
    keep_bases(Folder(workspace.forms))
    with deciding(workspace.register, workspace.actor(), now) as by:
        name_worker(by, worker, "coordinator")
    own_keys.note(workspace.register, worker, workspace.actor(), now)


def _add_folder(setup: Setup, source: Path) -> None:
    setup.server(ServerSettings(name="folder", kind="folder", path=str(source.absolute())))


def _health(setup: Setup) -> list[Finding]:
    """Return what doctor finds in the workspace; nothing for a trial of a new one."""
    if setup.workspace is None:
        return []
    looked = list(of_folder(setup.root, setup.settings))
    return [*looked, *of_open(setup.workspace, setup.clock(), offline=setup.dry_run)]


def _document(
    setup: Setup, made: Created | None, missing: Sequence[str], found: Sequence[Finding]
) -> dict[str, object]:
    workspace = setup.workspace
    holders = workspace.register.recipients.keys if workspace else ()
    return {
        "schema": "dikalo.init/1",
        "id": setup.settings.id,
        "worker": workspace.worker if workspace else None,
        "register": "postgresql" if setup.settings.register.url else "sqlite",
        "holders": [{"code": holder, "public": public} for holder, public in holders],
        "forms": [{"code": form.form_id} for form in forms()] if made else [],
        "made": made is not None,
        "dry_run": setup.dry_run,
        "changes": [{"section": one.section, "name": one.name, "what": one.what} for one in setup.changes],
        "missing": list(missing),
        "next": list(_next(setup)),
        "findings": [
            {"code": one.code, "level": one.level, "words": one.words, "server": one.server} for one in found
        ],
    }


def _told(
    setup: Setup, made: Created | None, missing: Sequence[str], found: Sequence[Finding]
) -> Iterator[str]:
    if setup.dry_run:
        yield from nothing_written(dry_run=True)
        yield from _changes(setup)
        return
    if made is not None:
        names = ", ".join(holder_name(holder) for holder, _public in made.recipients.keys)
        yield _("The workspace is ready: forms, the register, its keys.")
        yield _("What is sealed opens for: {holders}.").format(holders=names)
        yield _("Write this on the paper of the recovery key, too; it says for whom everything is sealed:")
        yield "  " + grouped(made.recipients.fingerprint)
        yield _wrapped(
            _("Keep keys.json, vault.age and day.age in every backup; without a key they open nothing.")
        )
    else:
        yield from _changes(setup)
    yield from _looked(found)
    if made is None and not missing:
        yield _wrapped(
            _("To answer a part anew: dikalo init --again {part}.").format(part=" | ".join(SECTIONS))
        )
    if missing:
        words = _("Still missing: {parts}. Run dikalo init again when you know.")
        yield words.format(parts=", ".join(titles()[name] for name in missing))
    yield _(_NEXT[_next(setup)])


_NEXT: Final = {
    ("init",): N_("Next: dikalo init, for a server or a folder."),
    ("forms deploy", "pull"): N_(
        "Next: dikalo forms deploy, where phones do not have the forms yet; then dikalo pull."
    ),
    ("pull",): N_("Next: dikalo pull."),
}


def _next(setup: Setup) -> tuple[str, ...]:
    """Return the commands that come next: nothing can be pulled from a server that has no form yet."""
    if not setup.settings.server:
        return ("init",)
    far = [one.name for one in setup.settings.server if one.kind != "folder"]
    if far and setup.workspace is not None:
        with setup.workspace.register.reading() as rows:
            if not any_known(rows, far):
                return ("forms deploy", "pull")
    return ("pull",)


def _changes(setup: Setup) -> Iterator[str]:
    """Yield one line for each change."""
    words = changes_words(dry_run=setup.dry_run)
    for one in setup.changes:
        yield labelled(titles()[one.section], f"{one.name} {words[one.what]}".strip())
    if not setup.changes:
        yield _("Nothing to change.")


def _looked(found: Sequence[Finding]) -> Iterator[str]:
    """Yield what doctor found that is not well, or that all is."""
    marks = {"bad": _("now"), "warn": _("soon")}
    unwell = [one for level in marks for one in found if one.level == level]
    if not unwell:
        words = ngettext(
            "doctor looked at {n} thing: all is well.",
            "doctor looked at {n} things: all is well.",
            len(found),
        )
        yield words.format(n=len(found))
        return
    yield _("doctor found this:")
    for one in unwell:
        yield _wrapped(labelled(f"- {marks[one.level]}", one.words))


def _wrapped(line: str) -> str:
    """Return a line cut between words where it is read on a terminal."""
    if not sys.stdout.isatty():
        return line
    return "\n".join(textwrap.wrap(line, WIDTH, subsequent_indent="  ", break_on_hyphens=False))
