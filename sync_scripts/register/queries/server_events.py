"""Who edited, deleted or reviewed a submission at its server, as the chain of custody has it. Reads level 1 only.

Of a case of confidentiality C4 it says that something was done there and not with which account, all but to its owner
and the coordination.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import select

from sync_scripts.register.history.visibility import sealed_from
from sync_scripts.register.model import codes
from sync_scripts.register.model.roots import chunks
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables

__all__ = ["DELETED", "EDITED", "REVIEWED", "beside", "server_deeds"]

DELETED: Final = "server.deleted"
EDITED: Final = "server.edited"
REVIEWED: Final = "server.reviewed"
"""Under what names they stand among decisions."""
_OPS: Final = {"deleted": DELETED, "edited": EDITED, "reviewed": REVIEWED, "untold": "server.untold"}


def server_deeds(
    rows: Rows, text: str | None = None, *, since: str | None = None, actor: Actor | None = None
) -> Iterator[dict[str, Any]]:
    """Yield what was done at servers, the oldest first by the servers' clocks, in the shape of the lines of `logbook`.

    Args:
        rows: where from.
        text: code of an alert or a case; everything without it. Who has none of that code is for `logbook` to say.
        since: instant as text from which on.
        actor: who reads; without it, somebody who sees no C4 case.
    """
    found = [one for one in _lines(rows) if since is None or one["details"]["when"] >= since]
    about = _codes(rows, {str(one["object"]) for one in found})
    sealed = sealed_from(rows, actor or Actor("", "claimed")) if found else frozenset()
    wanted = None if text is None else {codes.read(text, "DK"), codes.read(text, "AL")} - {None}
    for one in sorted(found, key=lambda one: (one["details"]["when"], one["seq"])):
        theirs = about.get(str(one["object"]), ())
        if wanted is None or not wanted.isdisjoint(theirs):
            yield _line(one, theirs, sealed)


def _lines(rows: Rows) -> Iterator[dict[str, Any]]:
    line = raw.custody.c.line
    for row in rows.stream(select(line).where(line.like('%"deed":"%')).order_by(raw.custody.c.seq)):
        said: dict[str, Any] = msgspec.json.decode(row.line)
        if said["details"].get("deed") in _OPS:
            yield said


def _codes(rows: Rows, roots: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the codes of alert and case that submissions belong to, by root."""
    filing, alert = tables.filing.c, tables.alert
    asked = select(filing.root_id, filing.case_code, alert.c.code).outerjoin(
        alert, alert.c.filing_no == filing.filing_no
    )
    found: dict[str, set[str]] = {}
    for some in chunks(sorted(roots)):
        for row in rows.execute(asked.where(filing.root_id.in_(some))):
            found.setdefault(row.root_id, set()).update(one for one in (row.code, row.case_code) if one)
    return {root: tuple(sorted(those)) for root, those in found.items()}


def _line(said: dict[str, Any], about: Iterable[str], sealed: frozenset[str]) -> dict[str, Any]:
    details = said["details"]
    hidden = not sealed.isdisjoint(about)
    review = {"review": details["review"]} if "review" in details else {}
    payload = {"server": details["server"], "form": details["form"], **review}
    return {
        "at": details["when"],
        "workspace": "",
        "seq": said["seq"],
        "op": _OPS[details["deed"]],
        "actor": details["server"],
        "proof": "",
        "account": None,
        "about": " ".join(about),
        "payload": payload if hidden else {**payload, "account": details["account"]},
        "hidden": hidden,
    }


def beside(rows: Rows, found: Mapping[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """Return the history of an alert or case with what was done to its forms at servers, all by time."""
    deeds = server_deeds(rows, str(found["code"]), actor=actor)
    own = [*found["history"], *(one for one in deeds if not one["hidden"])]
    return sorted(own, key=lambda one: str(one["at"]))
