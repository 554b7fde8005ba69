"""What is wrong with submissions: files not taken, encrypted ones nobody opened, unreadable codes, no proof, changes at the server.

Reads levels 0 to 2 only. Of a case of confidentiality C4 it says that something was done there and not with which account, all
but to its owner and the coordination.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select

from sync_scripts.register.history.logbook import chain_lines, line
from sync_scripts.register.history.visibility import sealed_from
from sync_scripts.register.lifecycle.moves import GONE, UNREADABLE
from sync_scripts.register.model import codes
from sync_scripts.register.model.build_backlog import FILES_AFTER, files_since
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import attachment, place, submission
from sync_scripts.store.schema.register import filing
from sync_scripts.store.statements import LOCKED, OPEN, OWES, came_with


def files_left(rows: Rows, which: ColumnElement[bool]) -> int:
    """Return how many files of some submissions were left where they are: too large, or of a name that could do harm.

    Args:
        rows: the open register.
        which: rule about the filing of the submissions.
    """
    held, file, filed = submission.c, attachment.c, tables.filing.c
    source = attachment.join(submission, came_with(file, held)).join(
        tables.filing, and_(filed.stamp == held.stamp, filed.root_id == held.root_id)
    )
    asked = select(func.count()).select_from(source).where(file.state == "refused", which)
    return int(rows.execute(asked).scalar_one())


def left_everywhere(rows: Rows) -> int:
    """Return how many files were left at all sources, of what waits sealed too."""
    refused = select(func.count()).select_from(attachment).where(attachment.c.state == "refused")
    return int(rows.execute(refused).scalar_one()) + left_sealed(rows).total()


def left_sealed(rows: Rows, server: str = "") -> Counter[tuple[str, str, str]]:
    """Return how many encrypted files of what waits sealed were too large, by server, form as it calls it, and root.

    ``server`` = of this one alone.
    """
    held = place.c
    asked = (
        select(held.server, held.form, held.root_id, held.files)
        .where(LOCKED, held.files.is_not(None))
        .order_by(held.server, held.form, held.root_id)
    )
    found = Counter[tuple[str, str, str]]()
    for row in rows.execute(asked.where(held.server == server) if server else asked):
        found[row.server, row.form, row.root_id] += row.files
    return found


_TOLD: Final = "reported"
"""Reason of a place, as `intake.places.table` writes it: it is shown no more, and was told."""


def at_servers(rows: Rows) -> int:
    """Return how many submissions servers showed and did not hand over, or show no more, which was told and proves nothing.

    And what they deleted before it was pulled, and showed of what was erased here, until a person says what became of it.
    """
    table = place.c
    every = select(table.server, table.form, func.coalesce(table.root_id, table.tag))
    every = every.where(or_(OWES, and_(table.reason == _TOLD, table.form.is_not(None)), OPEN))
    return int(rows.execute(select(func.count()).select_from(every.distinct().subquery())).scalar_one())


def unanswered(rows: Rows, sources: Collection[str]) -> Counter[tuple[str, str]]:
    """Return how many of these a person has to say something of, by server and state.

    ``gone`` before it was pulled, ``erased`` here, or ``owed`` by a source that is none of ``sources``, those of the settings.
    """
    state = case((OPEN, place.c.state), else_="owed")
    lost = OWES & place.c.server.not_in(sorted(sources))
    asked = select(place.c.server, state.label("state"), func.count().label("n")).where(or_(OPEN, lost))
    found = rows.execute(asked.group_by(place.c.server, state))
    return Counter({(row.server, row.state): int(row.n) for row in found})


def unopened(rows: Rows, now: datetime) -> int:
    """Return how many encrypted submissions nobody opened, but those whose files may still come: a pull opens these by itself."""
    soon = and_(place.c.waits == "files", files_since(now) >= instant(now - FILES_AFTER))
    asked = select(func.count()).select_from(place)
    return int(rows.execute(asked.where(LOCKED, not_(soon))).scalar_one())


@dataclass(frozen=True, slots=True)
class Unplaced:
    """A form, who says to have filled it (a code that nothing proves), and when its server had it first."""

    form: str
    worker: str | None
    received_at: str


def unplaced(rows: Rows) -> Iterator[Unplaced]:
    """Yield visits and requests of closure in no case for want of a code, or of one that can be read, the last one first.

    One that was deleted at its server asks nobody any more.
    """
    said, filing = tables.flag.c, tables.filing.c
    visit, request = tables.followup.c, tables.closure.c
    deleted = select(said.filing_no).where(said.code == GONE)
    asked = (
        select(
            filing.form,
            func.coalesce(visit.worker_code, request.closer_code).label("worker"),
            filing.first_received_at,
        )
        .select_from(tables.flag)
        .join(tables.filing, filing.filing_no == said.filing_no)
        .outerjoin(tables.followup, visit.filing_no == filing.filing_no)
        .outerjoin(tables.closure, request.filing_no == filing.filing_no)
        .where(
            said.code == UNREADABLE,
            filing.case_code.is_(None),
            or_(visit.filing_no.is_not(None), request.filing_no.is_not(None)),
            filing.filing_no.not_in(deleted),
        )
        .order_by(filing.first_received_at.desc(), filing.filing_no.desc())
    )
    for row in rows.execute(asked):
        yield Unplaced(row.form, row.worker, row.first_received_at)


_UNPROVED: Final = ("provisional", "broken")
"""How such a submission came, as the raw store says it."""


def unproved_cases(rows: Rows) -> frozenset[str]:
    """Return the codes of the cases that rest on an unproved submission; each of their figures counts a case that may turn out otherwise."""
    of_filing = and_(  # the whole primary key: by the server alone each case would look at every submission
        submission.c.server == filing.c.server,
        submission.c.form == filing.c.form,
        submission.c.root_id == filing.c.root_id,
        submission.c.instance_id == filing.c.instance_id,
    )
    asked = (
        select(filing.c.case_code)
        .join(submission, of_filing)
        .where(submission.c.encryption.in_(_UNPROVED), filing.c.case_code.is_not(None))
        .distinct()
    )
    return frozenset(row.case_code for row in rows.execute(asked))


DELETED: Final = "server.deleted"
EDITED: Final = "server.edited"
REVIEWED: Final = "server.reviewed"
"""Under what names changes at a server stand among decisions."""
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
    every = (one for one in chain_lines(rows, '"deed":"') if one["details"].get("deed") in _OPS)
    found = [one for one in every if since is None or one["details"]["when"] >= since]
    about = _codes(rows, {str(one["object"]) for one in found})
    sealed = sealed_from(rows, actor or Actor("", "claimed")) if found else frozenset()
    wanted = None if text is None else {codes.read(text, "DK"), codes.read(text, "AL")} - {None}
    for one in sorted(found, key=lambda one: (one["details"]["when"], one["seq"])):
        theirs = about.get(str(one["object"]), ())
        if wanted is None or not wanted.isdisjoint(theirs):
            yield _line(one, theirs, sealed)


def _codes(rows: Rows, roots: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the codes of alert and case that submissions belong to, by root."""
    filing, alert = tables.filing.c, tables.alert
    asked = select(filing.root_id, filing.case_code, alert.c.code).outerjoin(
        alert, alert.c.filing_no == filing.filing_no
    )
    found: dict[str, set[str]] = {}
    for row in rows.among(asked, filing.root_id, roots):
        found.setdefault(row.root_id, set()).update(one for one in (row.code, row.case_code) if one)
    return {root: tuple(sorted(those)) for root, those in found.items()}


def _line(said: dict[str, Any], about: Iterable[str], sealed: frozenset[str]) -> dict[str, Any]:
    details = said["details"]
    hidden = not sealed.isdisjoint(about)
    review = {"review": details["review"]} if "review" in details else {}
    payload = {"server": details["server"], "form": details["form"], **review}
    return line(
        details["when"],
        _OPS[details["deed"]],
        payload if hidden else {**payload, "account": details["account"]},
        seq=said["seq"],
        actor=details["server"],
        about=" ".join(about),
        hidden=hidden,
    )


def beside(rows: Rows, found: Mapping[str, Any], actor: Actor) -> list[dict[str, Any]]:
    """Return the history of an alert or case with what was done to its forms at servers, all by time."""
    deeds = server_deeds(rows, str(found["code"]), actor=actor)
    own = [*found["history"], *(one for one in deeds if not one["hidden"])]
    return sorted(own, key=lambda one: str(one["at"]))
