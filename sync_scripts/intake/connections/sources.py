"""Which sources a workspace may pull from: invented data never enters a real register, real data never a demonstration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from sync_scripts.config import ServerSettings, forms_of_teams
from sync_scripts.errors import UsageProblem
from sync_scripts.servers.base import Server
from sync_scripts.servers.folder import Folder, marker
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import setting
from sync_scripts.store.workspace import Workspace

if TYPE_CHECKING:
    from sync_scripts.intake.connections.remote import Ask

INBOX = "demo.inbox"
"""Setting of a demonstration's register: the id of the one inbox that it made."""


NotItsInbox: Final = UsageProblem.declare(
    "DK-I07",
    "This is a demonstration: it reads only the classroom inbox that it made itself. Nothing was taken from "
    "{source}. Real reports belong in a real workspace (dikalo init).",
)
NoSource: Final = UsageProblem.declare(
    "DK-I08",
    "No source is written in dikalo.toml, so there is nothing to pull from. Name a folder after the command "
    "(dikalo pull FOLDER), or let dikalo init ask for a server.",
)


def own_inbox(rows: Rows, inbox: str) -> None:
    """Remember the inbox that a demonstration made; it pulls from no other."""
    rows.upsert(setting, [{"name": INBOX, "value": inbox}])


@contextmanager
def sources(
    workspace: Workspace, folders: Sequence[Path] = (), ask: Ask | None = None, *, largest: int = 0
) -> Iterator[list[Server]]:
    """Give the sources to pull: the folders named, else those of the settings; logins end with the work.

    Args:
        workspace: the open workspace.
        folders: named by a person, instead of what the settings say.
        ask: asks for a login that is kept nowhere; nobody is asked without it.
        largest: bytes of a file that a person wants taken, where that is more than a server is ever believed otherwise.

    Raises:
        NoSource: there are none.
        NotItsInbox: a demonstration, and a source that is not its own inbox.
        ClassroomInside: raised later by a real workspace's source that holds a classroom's inbox.
    """
    configured = () if folders else workspace.settings.server
    wanted = [Path(one) for one in folders]
    wanted += [one.folder(workspace.root) for one in configured if one.kind == "folder"]
    servers = [one for one in configured if one.kind != "folder"]
    if not wanted and not servers:
        raise NoSource
    if workspace.demo:
        _refuse_foreign(workspace, wanted, servers)
    with ExitStack() as stack:
        reached: list[Server] = [Folder(one, classroom=workspace.demo) for one in wanted]
        reached += [stack.enter_context(one) for one in _opened(workspace, servers, ask, largest)]
        yield reached


def _opened(
    workspace: Workspace, servers: Sequence[ServerSettings], ask: Ask | None, largest: int
) -> Iterator[AbstractContextManager[Server]]:
    """Yield the way into each server; whoever has folders only never loads what speaks with servers."""
    if servers:
        from sync_scripts.intake.connections.remote import nobody, opened

        for one in servers:
            beside = forms_of_teams(workspace.settings.team)
            yield opened(workspace.register, one, workspace.root, ask or nobody, beside, largest=largest)


def _refuse_foreign(workspace: Workspace, wanted: Sequence[Path], servers: Sequence[ServerSettings]) -> None:
    for server in servers:
        raise NotItsInbox(source=server.name)
    with workspace.register.reading() as rows:
        own = rows.execute(select(setting.c.value).where(setting.c.name == INBOX)).scalar()
    for folder in wanted:
        found = marker(folder)
        if own is None or found is None or found.id != own:
            raise NotItsInbox(source=str(folder))
