"""Forms of a server that earlier pulls read and that its account no longer sees: archived, in the trash, or closed to it.

A list of forms names only what the account may see. What was sent with the others since is nowhere said, so that it must
not look like "nothing new". Nor must what an account is not shown of a form look like it, where it may read only some of its
submissions: what a server lists then and what it counts shrink alike.
"""

from __future__ import annotations

from sqlalchemy import select

from sync_scripts.servers.abilities import NamesForms, SeesDeletionsLate, ShowsSome
from sync_scripts.servers.base import Server
from sync_scripts.store.database import Rows
from sync_scripts.store.schema.raw import submission, watermark

__all__ = ["deletions_late", "hidden", "partly"]


def hidden(rows: Rows, server: Server, source: object) -> tuple[str, ...]:
    """Return them, sorted; those that the settings leave out are none.

    Args:
        rows: the open register.
        server: names the source in the register.
        source: the same, as it can be asked; it may be wrapped there.
    """
    if not isinstance(source, NamesForms):
        return ()
    asked = (
        select(submission.c.form).where(submission.c.server == server.name, submission.c.current).distinct()
    )
    known = {row.form for row in rows.execute(asked)}
    cursor = select(watermark.c.value).where(watermark.c.server == server.name, watermark.c.form == "")
    return tuple(source.unseen(known, rows.execute(cursor).scalar()))


def partly(source: object) -> tuple[str, ...]:
    """Return the forms of which the account does not surely read every submission, sorted.

    Raises:
        NotAllowed, Unreachable: the server does not answer.
    """
    return tuple(sorted(source.partly())) if isinstance(source, ShowsSome) else ()


def deletions_late(source: object) -> bool:
    """Tell whether deletions at a server are seen by a comparison alone, though its kind tells them."""
    return isinstance(source, SeesDeletionsLate) and source.deletions_late
