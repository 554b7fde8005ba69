"""``dikalo forms deploy``: the forms, out to the servers. Checks, shows what would change, sends; prints what it did."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path
from typing import Annotated, Any, Final

from sync_scripts import config
from sync_scripts.cli.forms.adaptation_plan import Accepting, grave_lines
from sync_scripts.cli.frame.logins import asking
from sync_scripts.cli.frame.options import DryRun, deed, nothing_written
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.config import ServerSettings
from sync_scripts.deploy import (
    CentralForms,
    KoboForms,
    Package,
    Plan,
    copied,
    key_of,
    keyed,
    pack,
    plan,
    refuse,
    refuse_copy,
)
from sync_scripts.deploy.package import Sent, remember, remembered
from sync_scripts.errors import Attention, DikaloError, UsageProblem
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

__all__ = ["deploy"]


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
    done: list[dict[str, Any]] = []
    refused: list[Attention] = []
    failed: dict[str, DikaloError] = {}
    with _workspace(shell, write=not dry_run) as workspace:
        going = _going(_keyed(found, root, _keys(workspace)), wanted, copies)
        for server in servers:
            packages = [one for one in going if server.kind == "central" or not one.copy_of]
            try:
                to = _To(shell, server, root, workspace, dry_run)
                refused += to.send(packages, accepted, done)
            except DikaloError as wrong:
                if not done:
                    raise
                failed[server.name] = wrong  # what was done before is shown all the same
                break
    document = {"schema": "dikalo.forms.deploy/1", "dry_run": dry_run, "forms": done}
    failures = {name: one.code for name, one in failed.items()}
    shell.show(document | {"failures": failures}, _lines(done, dry_run=dry_run))
    for name, one in failed.items():
        shell.warn(f"{name}: {one.code} · {one.words()}")
    ends = [*failed.values(), *refused[:1]]
    if ends:  # a look ends as the real run would
        shell.exit_code = ends[0].exit_code


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
    seen = inspect(folder.find(package.form, root).workbook, protect=True, root=root)
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

    def send(
        self, packages: Sequence[Package], accepted: Acceptance, done: list[dict[str, Any]]
    ) -> list[Attention]:
        """Send forms, and add a document of each to what is done; return why some may not be sent, in a dry run.

        Raises:
            FormHeldBack, SameVersion, DraftOfOthers, FormArchived: one must not be sent as it is.
            FormNotOurs: which form at a KoboToolbox is ours is not known.
            LoginMissing: there is no login, and nobody to ask.
        """
        with self._forms() as forms:
            planned = [self._planned(forms, package, accepted) for package in packages]
            # all of them before the first is sent: one that is refused stops the others, too
            for package, (there, made, _refusal) in zip(packages, planned, strict=True):
                handle = ""
                if not self.dry_run:
                    handle = self._carried_out(forms, package, made)
                    at = handle or there
                    self._note(package, at, forms.version_of(at), once=made.unchanged)
                done.append(_document(made, package, self.server.name, handle))
        return [refusal for _there, _plan, refusal in planned if refusal is not None]

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
    ) -> tuple[str, Plan, Attention | None]:
        """Return what a server calls a form, and what is to be done with it; of a dry run also why it may not be done."""
        self.shell.say(_("{form} to {server}").format(form=package.form, server=self.server.name))
        there = forms.look(package)
        made = plan(package, there, accepted)
        try:
            refuse(made, self.server.name)
        except Attention as refusal:
            if not self.dry_run:
                raise
            return there.handle, made, refusal
        return there.handle, made, None

    def _carried_out(self, forms: CentralForms | KoboForms, package: Package, made: Plan) -> str:
        """Carry out a plan, remember what was sent and under which name, and return that; "" for nothing to do."""
        if made.unchanged:
            return ""
        handle = forms.carry_out(package, made)
        sent = Sent(handle=handle, version=forms.version_of(handle))
        remember(self.root, self.server.name, package, sent)
        return handle

    def _note(self, package: Package, handle: str, version: str, *, once: bool = False) -> None:
        """Let the register know what it must expect from this version; ``once`` = it was there before, and may be known."""
        if self.workspace is None:
            return
        book = Book(server=self.server.name, form=handle, version=version, workbook=package.workbook)
        with self.workspace.register.writing() as rows:
            stamp = package.stamp, package.version
            (note_once if once else note)(rows, book, stamp, self.shell.clock())


def _document(made: Plan, package: Package, server: str, handle: str) -> dict[str, Any]:
    return {
        "code": made.form,
        "copy_of": package.copy_of or None,
        "server": server,
        "handle": handle,
        "version": made.version,
        "encrypted": package.public_key is not None,
        "unchanged": made.unchanged,
        "deeds": [{"deed": deed, "file": name} for deed, name in made.deeds],
        "held": [change.document() for change in made.held],
        "drafted": made.drafted,
        "archived": made.archived,
        "changes": [change.document() for change in made.changes],
    }


def _lines(done: Iterable[dict[str, Any]], *, dry_run: bool) -> Iterator[str]:
    yield from nothing_written(dry_run=dry_run)
    yield from (_line(one, dry_run=dry_run) for one in done)


def _line(one: dict[str, Any], *, dry_run: bool) -> str:
    codes = [f"{change['code']}:{change['path']}" for change in one["held"]]
    codes += ["DK-F48"] if one["drafted"] else []
    codes += ["DK-F59"] if one["archived"] else []
    if codes:
        words = deed(_("{form} to {server}: held back ({codes})"), dry_run=dry_run)
        return words.format(form=one["code"], server=one["server"], codes=", ".join(codes))
    if one["unchanged"]:
        words = _("{form} to {server}: already there, nothing to send")
        return words.format(form=one["code"], server=one["server"])
    count = sum(deed["deed"] in {"file", "list"} for deed in one["deeds"])
    files = ngettext("{count} file", "{count} files", count).format(count=count)
    if one["encrypted"]:
        words = deed(
            _("{form} to {server}: version {version}, {files}, encrypted on the phones"),
            dry_run=dry_run,
        )
    else:
        words = deed(_("{form} to {server}: version {version}, {files}"), dry_run=dry_run)
    return words.format(form=one["code"], server=one["server"], version=one["version"], files=files)
