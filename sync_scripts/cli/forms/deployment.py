"""``dikalo forms deploy``: the forms, out to the servers. Checks, shows what would change, sends; prints what it did."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from gettext import gettext as _
from pathlib import Path
from typing import Annotated, Final

from sync_scripts import config
from sync_scripts.cli.forms.adaptation_plan import Accepting, grave_lines
from sync_scripts.cli.forms.deployment_outcome import SCHEMA, Outcome, document, gravest, left
from sync_scripts.cli.frame.logins import asking
from sync_scripts.cli.frame.options import DryRun, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.config import ServerSettings
from sync_scripts.deploy import (
    CentralForms,
    FilesNotOnPhones,
    KoboForms,
    Package,
    Plan,
    Standing,
    copied,
    key_of,
    keyed,
    pack,
    plan,
    refuse,
    refuse_copy,
)
from sync_scripts.deploy.package import Sent, remember, remembered
from sync_scripts.errors import Attention, DikaloError, Unreachable, UsageProblem
from sync_scripts.intake.connections import LoginMissing, login_for, phones_door, reached
from sync_scripts.intake.receive.form_versions import Book, note, note_once
from sync_scripts.servers.central import Project
from sync_scripts.servers.kobo import Account
from sync_scripts.store.logins import Kept
from sync_scripts.store.seal import form_keys
from sync_scripts.store.workspace import Workspace
from xlsform import pack as folder
from xlsform.compare.change import Acceptance
from xlsform.findings.inspection import inspect
from xlsform.findings.problems import Level
from xlsform.overlay.bench import Folder
from xlsform.overlay.renewal import deployable
from xlsform.overlay.sheets import FormRefused

FormFaulty: Final = UsageProblem.declare(
    "DK-F45",
    "The form {form} has faults that would hurt on the phones ({codes}). Nothing was sent. See them with dikalo forms "
    "check {form} and mend them first.",
)
NowhereToSend: Final = UsageProblem.declare(
    "DK-F46",
    "dikalo.toml names no ODK Central and no KoboToolbox{named}, so there is nowhere to send forms to. For a lesson "
    "without internet, use dikalo classroom.",
)


PAUSE_S: Final = 5.0
WAITS: Final = 36
"""How often a server is asked whether it hands files on to phones: for three minutes."""


@command("deploy")
def deploy(
    shell: Shell,
    *,
    names: Annotated[tuple[str, ...], place(_("[FORM]..."))],
    only: Annotated[str | None, option("--server", "Send to this server alone.", _("SERVER"))],
    acceptance: Accepting,
    dry_run: DryRun,
) -> None:
    """Send forms; a second run sends nothing."""
    settings = config.load(shell.root)
    accepted = acceptance.read()
    root = shell.root / "forms"
    copies = config.copies(settings)
    wanted = names or (*settings.forms, *copies)
    found = [
        pack(folder.find(name, root).workbook, root / "media")
        for name in dict.fromkeys(copies.get(name, name) for name in wanted)
    ]
    servers = _chosen(settings.server, only)
    for package in found:
        _check(shell, root, package)
    done: list[Outcome] = []
    failed: dict[str, DikaloError] = {}
    shell.under_way(_("Looking at what the servers have"))
    with _workspace(shell, write=not dry_run) as workspace:
        going = _going(_keyed(found, root, _keys(workspace)), wanted, copies)
        for server in servers:
            packages = [one for one in going if server.kind == "central" or not one.copy_of]
            try:
                for one in _To(shell, server, root, workspace, dry_run).send(packages, accepted):
                    done.append(one)
                    _tell(shell, one, first=len(done) == 1)
            except DikaloError as wrong:
                failed[server.name] = wrong  # the other servers get theirs all the same
    if failed and not done:
        raise next(iter(failed.values()))
    for name, one_failure in failed.items():
        shell.warn(f"{name}: {one_failure.code} · {one_failure.words()}")
    if shell.json:
        shell.show(document(done, failed, dry_run=dry_run), "")
    elif rest := list(left(done, failed)):
        shell.show({"schema": SCHEMA}, rest)
    if ends := [*failed.values(), *(one.why for one in sorted(done, key=gravest) if one.why)]:
        shell.exit_code = ends[0].exit_code  # a look ends as the real run would


def _tell(shell: Shell, one: Outcome, *, first: bool) -> None:
    """Say what came of a form as soon as it is known; a program gets one document at the end."""
    if not shell.json:
        head = nothing_written(dry_run=one.dry_run) if first else ()
        shell.show({"schema": SCHEMA}, [*head, one.line])
    if one.why is not None and not one.dry_run:
        shell.warn(f"{one.why.code} · {one.why.words()}")


def _chosen(servers: Iterable[ServerSettings], only: str | None) -> list[ServerSettings]:
    found = [one for one in servers if one.kind != "folder" and only in {None, one.name}]
    if not found:
        raise NowhereToSend(named=f" ({only})" if only else "")
    return found


def _keyed(found: Iterable[Package], root: Path, public: Mapping[str, str]) -> dict[str, Package]:
    """Return the packages as they go up, by form: those that phones shall encrypt with their key."""
    return {one.form: keyed(one, key_of(one.form, root, public.get(one.form))) for one in found}


def _going(found: Mapping[str, Package], wanted: Iterable[str], copies: Mapping[str, str]) -> list[Package]:
    """Return what goes up: forms, and the copies made of them, which bear the same key."""
    return [copied(found[copies[name]], name) if name in copies else found[name] for name in wanted]


def _check(shell: Shell, root: Path, package: Package) -> None:
    """Refuse a form with faults, or that loosens its core; the rules on consent and secrecy always hold here."""
    seen = inspect(folder.find(package.form, root).workbook, profile="ours", root=root)
    if seen.failure is not None:
        raise seen.failure
    if seen.form is not None:
        refuse_copy(seen.form)
    codes = sorted({one.code for one in seen.findings if one.level is Level.ERROR})
    if codes:
        raise FormFaulty(form=package.form, codes=", ".join(codes))
    if against := deployable(Folder(root), package.form):
        for line in (line for one in against for line in grave_lines(one)):
            shell.warn(line)
        raise FormRefused(file=f"{package.form}.xlsx", count=len(against))


@contextmanager
def _workspace(shell: Shell, *, write: bool) -> Iterator[Workspace | None]:
    """Open the workspace when there is one here; a trainer's folder has no register."""
    there = (shell.root / "keys.json").is_file()
    with shell.workspace(write=write, command="forms deploy") if there else nullcontext() as workspace:
        yield workspace


def _keys(workspace: Workspace | None) -> dict[str, str]:
    """Return the public keys in use, by form."""
    if workspace is None:
        return {}
    with workspace.register.reading() as rows:
        return {one.form: one.public for one in reversed(form_keys.keys(rows))}


@dataclass(frozen=True, slots=True)
class _To:
    """One server to which forms go, and what is remembered of it: in the folder, and in the register where there is one."""

    shell: Shell
    server: ServerSettings
    root: Path
    workspace: Workspace | None
    dry_run: bool

    def send(self, packages: Sequence[Package], accepted: Acceptance) -> Iterator[Outcome]:
        """Send forms, and yield what came of each as soon as it is known.

        All of them are looked at before the first is sent: one that must not be sent as it is keeps the others here, too. One
        that then fails keeps none back; where the server itself fails, the rest is not tried.

        Raises:
            FormHeldBack, SameVersion, DraftOfOthers, FormArchived: one must not be sent as it is.
            FormNotOurs: which form at a KoboToolbox is ours is not known.
            LoginMissing: there is no login, and nobody to ask.
        """
        with self._forms() as forms:
            planned = [(package, *self._planned(forms, package, accepted)) for package in packages]
            waiting: list[Outcome] = []
            ended: DikaloError | None = None
            for package, there, made, refusal in planned:
                one = Outcome(package, self.server.name, self.dry_run, made, "sent")
                if self.dry_run:
                    yield replace(one, state="held", why=refusal) if refusal else one
                elif ended is not None:
                    yield replace(one, state="untried")
                else:
                    try:
                        one = replace(one, handle=self._carried_out(forms, package, made, there))
                    except DikaloError as wrong:
                        ended = None if _of_one_form(wrong) else wrong
                        yield replace(one, state="failed", why=wrong)
                        continue
                    if made.unchanged or self._on_phones(forms, one):
                        yield one
                    else:
                        waiting.append(one)
            yield from self._handed_on(forms, waiting)

    def _handed_on(self, forms: CentralForms | KoboForms, waiting: Sequence[Outcome]) -> Iterator[Outcome]:
        """Wait until phones get what was sent, for so long as a server may take; what they do not get by then is said."""
        if waiting:
            self.shell.under_way(_("Waiting until phones get the files"))
        for _time in range(WAITS):
            if not waiting:
                return
            self.pause()
            there = [one for one in waiting if self._on_phones(forms, one)]
            yield from there
            waiting = [one for one in waiting if one not in there]
        for one in waiting:
            why = FilesNotOnPhones(server=self.server.name, form=one.package.form)
            yield replace(one, state="waiting", why=why)

    def _on_phones(self, forms: CentralForms | KoboForms, one: Outcome) -> bool:
        """Tell whether phones get it; a server that gives no answer may give one later."""
        try:
            return forms.on_phones(one.package, one.handle)
        except Unreachable:
            return False

    def pause(self) -> None:
        """Wait before the server is asked again."""
        time.sleep(PAUSE_S)

    def _login(self) -> Kept:
        """Return the login of the role deploy: from the register when there is one here, else typed."""
        ask = asking(self.shell)
        if self.workspace is not None:
            return login_for(self.workspace.register, self.server, "deploy", ask)
        found = ask(self.server, "deploy")
        if found is None:
            raise LoginMissing(server=self.server.name, role="deploy")
        return found

    @contextmanager
    def _forms(self) -> Iterator[CentralForms | KoboForms]:
        server, login = self.server, self._login()
        with ExitStack() as stack:
            client = stack.enter_context(reached(server, login, self.shell.root))
            held = remembered(self.root, server.name)
            sent = {form: (one.version, raw) for form, (one, raw) in held.items()}
            if server.kind == "central":
                project = Project(client, server.project_id)
                yield CentralForms(project, notes="dikalo forms deploy", sent=sent)
                return
            known = {form: one.handle for form, (one, _raw) in held.items()}
            door = stack.enter_context(phones_door(server, client, login, self.shell.root))

            def begun(package: Package, handle: str, version: str) -> None:
                remember(self.root, server.name, package, Sent(handle=handle, version=version))
                self._note(package, handle, version)

            named = frozenset(server.forms)
            yield KoboForms(Account(client), known=known, sent=sent, door=door, named=named, begun=begun)

    def _planned(
        self, forms: CentralForms | KoboForms, package: Package, accepted: Acceptance
    ) -> tuple[Standing, Plan, Attention | None]:
        """Return how a form stands there, and what is to be done with it; of a dry run also why it may not be done."""
        there = forms.look(package)
        made = plan(package, there, accepted)
        try:
            refuse(made, self.server.name)
        except Attention as refusal:
            if not self.dry_run:
                raise
            return there, made, refusal
        return there, made, None

    def _carried_out(
        self, forms: CentralForms | KoboForms, package: Package, made: Plan, there: Standing
    ) -> str:
        """Carry out a plan, remember what was sent and under which name, and return that; "" for nothing to do."""
        if made.unchanged:
            self._note(package, there.handle, there.version, once=True)
            return ""
        handle = forms.carry_out(package, made)
        version = forms.version_of(handle)
        remember(self.root, self.server.name, package, Sent(handle=handle, version=version))
        self._note(package, handle, version)
        return handle

    def _note(self, package: Package, handle: str, version: str, *, once: bool = False) -> None:
        """Let the register know what it must expect from this version; ``once`` = it was there before, and may be known."""
        if self.workspace is None:
            return
        book = Book(server=self.server.name, form=handle, version=version, workbook=package.workbook)
        with self.workspace.register.writing() as rows:
            stamp = package.stamp, package.version
            (note_once if once else note)(rows, book, stamp, self.shell.clock())


def _of_one_form(wrong: DikaloError) -> bool:
    """Tell whether a server that failed with one form may still take the next."""
    return wrong.of_one_answer if isinstance(wrong, Unreachable) else isinstance(wrong, Attention)
