"""The part of the interview about servers: address, kind, login, forms. A login is typed hidden, tried, then kept.

No login is ever shown, kept before it was tried, or asked again from somewhere else than a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext as _
from pathlib import Path
from typing import Final

import msgspec

from sync_scripts.cli.frame.logins import asked
from sync_scripts.cli.frame.questions import Questions, labelled
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.setup.init_keep import Setup
from sync_scripts.config import ServerSettings, plain, taken_names
from sync_scripts.errors import DikaloError
from sync_scripts.intake.checkup.servers import Seen, address, known, look, name_for, places
from sync_scripts.intake.connections import pyodk_login
from sync_scripts.servers.http.errors import CertificateUnknown, NoConnection, NotThere, TimedOut
from sync_scripts.store.logins import Kept, Role

_TRIES: Final = 3


def kind_word(kind: str) -> str:
    """Return what people call a kind of source."""
    return {"central": "ODK Central", "kobo": "KoboToolbox"}.get(kind) or _("folder")


@dataclass(frozen=True, slots=True)
class ServerPart:
    """Asks for sources until there are no more."""

    shell: Shell
    say: Questions
    setup: Setup

    def ask(self) -> None:
        """Ask first for the logins that are missing, then for further sources."""
        for server in self.setup.settings.server:
            self._show(server)
            if server.kind != "folder" and not self.setup.has_login(server.name, "pull"):
                self._connect(server)
        self.say.tell(
            _(
                "Where do the submissions come from? Type the address that your browser shows when you see your projects at ODK "
                "Central or KoboToolbox; or a folder of this computer or of a USB stick."
            )
        )
        while typed := self.say.line(self._question()):
            self._one(typed)

    def _question(self) -> str:
        if self.setup.settings.server:
            return _("Another address or folder (Enter: no more)")
        return _("Address or folder (Enter: none for now)")

    def _show(self, server: ServerSettings) -> None:
        where = server.path if server.kind == "folder" else server.url
        self.say.rows([labelled(server.name, f"{kind_word(server.kind)}, {where}")])

    def _one(self, typed: str) -> None:
        own = {one.name for one in self.setup.settings.server}
        taken = taken_names(self.setup.settings.server)
        if _is_folder(typed):
            folder = Path(typed).expanduser().absolute()
            if not folder.is_dir():
                self.say.tell(
                    _(
                        "That folder is not there now (a USB stick that is not plugged in?). It is noted all the same."
                    )
                )
            name = self._corrected(folder) or self._name(
                "folder" if "folder" not in own else name_for("", "folder", taken), folder=True
            )
            self.setup.server(ServerSettings(name=name, kind="folder", path=str(folder)))
            return
        read = address(typed)
        known = self._known(ServerSettings(name="?", kind="central", url=read.url, project=read.project))
        if known is not None:
            self.say.tell(_("This is {kind}.").format(kind=kind_word(known.kind)))
            named = _named(known, self._name(name_for(read.url, known.kind, taken)))
            self._connect(named)

    def _corrected(self, folder: Path) -> str | None:
        """Return the name of the folder in whose place this one stands: one that is not there, perhaps mistyped."""
        for server in self.setup.settings.server:
            if server.kind != "folder" or server.folder(self.setup.root).is_dir():
                continue
            words = _("{folder} is not there. Does this one take its place, under the name {name}?")
            said = words.format(name=server.name, folder=server.path)
            if folder.is_dir() and self.say.yes(said, default=False):
                return server.name
        return None

    def _name(self, default: str, *, folder: bool = False) -> str:
        sources = self.setup.settings.server
        taken = {plain(one.name) for one in sources} if folder else taken_names(sources)
        while True:
            name = self.say.line(_("Short name for it, used in commands"), default)
            if plain(name) not in taken:
                return name
            self.say.tell(_("Another source has this name already."))

    def _known(self, server: ServerSettings) -> ServerSettings | None:
        """Ask the server what it is; where it cannot be reached, ask for what may be missing on the way."""
        try:
            return known(server, self.setup.root)
        except DikaloError as wrong:
            self.say.wrong(wrong)
            if isinstance(wrong, CertificateUnknown):
                path = self.say.line(_("PEM file of your organisation's authority (Enter: none)"))
                changed = {"authority": str(Path(path).expanduser().absolute()) if path else None}
            elif isinstance(wrong, NoConnection | TimedOut) and server.proxy is None:
                proxy = self.say.line(_("Proxy, http://… or socks5h://… (Enter: none)"))
                changed = {"proxy": proxy or None}
            else:
                return None
        if not any(changed.values()):
            return None
        return self._known(msgspec.structs.replace(server, **changed))

    def _connect(self, server: ServerSettings) -> None:
        """Ask for logins and forms, and keep the server when it can be used."""
        self.say.tell(
            _(
                "To pull, dikalo needs an account that may read and nothing else: a Project Viewer on ODK Central "
                "(2023.4 at least, 2025.3 or later is best); on KoboToolbox an account with which the forms are shared, to "
                "view form and submissions."
            )
        )
        found = self._login(server, "pull")
        if found is None:
            return
        server, seen = found
        self.setup.server(self._forms(server, seen))
        questions: tuple[tuple[Role, str, str], ...] = (
            (
                "publish",
                _(
                    "Sending the list of open cases to the phones needs a second account, which may manage the project."
                ),
                _("Keep such a login on this computer?"),
            ),
            (
                "deploy",
                _(
                    "Sending forms to the server is the trainer's work, best kept on the trainer's computer alone."
                ),
                _("Keep a login for it here all the same?"),
            ),
        )
        for role, why, question in questions:
            if not self.setup.has_login(server.name, role):
                self.say.tell(why)
                if self.say.yes(question, default=False):
                    self._login(server, role)

    def _login(self, server: ServerSettings, role: Role) -> tuple[ServerSettings, Seen] | None:
        """Ask for a login until one works; keep it. None when none did."""
        for _attempt in range(_TRIES):
            login = self._offered(server, role)
            try:
                placed = self._placed(server, login)
                seen = self._look(placed, login, role)
            except DikaloError as wrong:
                self.say.wrong(wrong)
                continue
            self.say.tell(_("It works: the account is {account}.").format(account=seen.account))
            for finding in seen.findings:
                self.say.tell(finding.words)
            if seen.findings and not self.say.yes(_("Keep this login all the same?"), default=False):
                continue
            self.setup.login(server.name, role, login)
            return placed, seen
        self.say.tell(
            _(
                "No login was kept. Begin again later with dikalo init; everything else that was answered is kept."
            )
        )
        return None

    def _look(self, server: ServerSettings, login: Kept, role: Role) -> Seen:
        return look(
            server, self.setup.settings, login, role=role, root=self.setup.root, now=self.setup.clock()
        )

    def _offered(self, server: ServerSettings, role: Role) -> Kept:
        """Return the login that pyodk keeps for this server, if the person wants it; else one typed now."""
        there = pyodk_login(server, Path.home()) if role == "pull" else None
        if there is not None:
            self.say.tell(
                _(
                    "pyodk keeps a login for this server in the clear on this computer. dikalo can keep it encrypted; delete "
                    "that file afterwards, and change the password."
                )
            )
            if self.say.yes(_("Take that login?"), default=True):
                return there
        return asked(self.shell, server, role)

    def _placed(self, server: ServerSettings, login: Kept) -> ServerSettings:
        """Return the server with its project: that of the address, the only one there is, or the one chosen."""
        if server.kind != "central" or server.project is not None:
            return server
        found = places(server, login, self.setup.root)
        if len(found) == 1:
            number, name = found[0]
            self.say.tell(_("Project {number}: {name}.").format(number=number, name=name))
            return msgspec.structs.replace(server, project=number)
        if not found:
            raise NotThere(server=server.url.partition("://")[2])
        self.say.tell(_("This account sees several projects."))
        chosen: list[int] = []
        while len(chosen) != 1:
            chosen = self.say.some(_("Which one (a number of this list)"), [name for _number, name in found])
        return msgspec.structs.replace(server, project=found[chosen[0]][0])

    def _forms(self, server: ServerSettings, seen: Seen) -> ServerSettings:
        """Return the server with the forms that are pulled: all that the account sees, unless some were chosen."""
        if not seen.forms:
            self.say.tell(
                _(
                    "This account sees no form there yet. dikalo forms deploy sends yours; on KoboToolbox they must also be shared "
                    "with this account."
                )
            )
            return server
        if len(seen.forms) == 1:
            self.say.tell(_("One form is there: {name}.").format(name=seen.forms[0].name))
            return server
        self.say.tell(_("These forms are there:"))
        chosen = self.say.some(
            _("Numbers of those to pull (Enter: all)"),
            [form.name for form in seen.forms],
            range(len(seen.forms)),
        )
        if len(chosen) == len(seen.forms):
            return server
        return msgspec.structs.replace(server, forms=tuple(seen.forms[one].id for one in chosen))


def _named(server: ServerSettings, name: str) -> ServerSettings:
    return msgspec.structs.replace(server, name=name)


def _is_folder(typed: str) -> bool:
    """Tell a folder from an address: it is there, or looks like a path."""
    if "://" in typed:
        return False
    path = Path(typed).expanduser()
    return path.is_dir() or path.is_absolute() or typed.startswith((".", "~", "\\\\"))
