"""What a phone that is lost knew and sent, as this register can tell. Reads; decides nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec
from sqlalchemy import func, literal, select, union_all

from sync_scripts.publish.held import could_fill, stayed, were_in
from sync_scripts.publish.leaving import Audience, Team, leaving
from sync_scripts.publish.lists import cases_of
from sync_scripts.publish.rounds import EVERYWHERE
from sync_scripts.publish.zones import teams_of_forms
from sync_scripts.servers import FOLDERS
from sync_scripts.servers.desk import DESK, LEGACY
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.history import events
from sync_scripts.store.schema.raw import custody, quarantine, submission, waiting
from sync_scripts.store.schema.register import alert, filing

__all__ = ["Sent", "Traces", "traces"]

_OWN: Final = frozenset({FOLDERS, DESK, LEGACY})
"""Sources that no phone sends to by itself: nobody's account is missing there."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission of the phone.

    Attributes:
        server, form: where it came from.
        received_at: instant.
        alert_code, case_code: its own code, or that of the alert it names, and its case, "" = nothing.
        aside: code of its entry in quarantine, "" = it was taken, or waits sealed.
    """

    server: str
    form: str
    received_at: str
    alert_code: str
    case_code: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Traces:
    """All that is known of a phone.

    Attributes:
        sent: its submissions, newest first; those that wait, sealed, for a key or their files, and those put aside, too.
        teams: names of its teams.
        cases: codes of the cases that its lists hold today; it has those of its last update. Once somebody let every list
            go to every phone, those of all zones: nothing tells when this phone fetched its list last.
        left: codes of cases that left its lists after it was last heard, or that files of its forms still have; they may be
            on it still.
        aside_of_nobody: what servers showed and was put aside, and of which no account is known here: any phone may have sent it.
    """

    sent: tuple[Sent, ...]
    teams: tuple[str, ...]
    cases: tuple[str, ...]
    left: tuple[str, ...] = ()
    aside_of_nobody: int = 0


def traces(
    register: Register,
    code: str,
    teams: Sequence[Team],
    now: datetime,
    forms: Collection[str] = frozenset(),
) -> Traces:
    """Return what a phone sent and which cases its lists hold, by the code of its account.

    ``forms`` are those that it could fill until now, as the servers say. Those of which publications noted it are added: a
    phone that was locked out before had their lists, too, whatever the settings say of its worker.
    """
    query = (
        select(
            submission.c.server,
            submission.c.form,
            submission.c.received_at,
            func.coalesce(alert.c.code, filing.c.alert_code, ""),
            func.coalesce(filing.c.case_code, ""),
            submission.c.arrival,
        )
        .join_from(
            submission,
            filing,
            (filing.c.stamp == submission.c.stamp) & (filing.c.root_id == submission.c.root_id),
            isouter=True,
        )
        .join(alert, alert.c.filing_no == filing.c.filing_no, isouter=True)
        .where(func.lower(submission.c.submitter) == code.lower(), submission.c.current.is_(True))
    )
    sealed = select(
        waiting.c.server, waiting.c.form, waiting.c.received_at, literal(""), literal(""), literal(-1)
    ).where(func.lower(waiting.c.submitter) == code.lower(), waiting.c.state == "waiting")
    every_one = union_all(query, sealed).subquery()
    newest_first = select(every_one).order_by(every_one.c.received_at.desc(), every_one.c.arrival.desc())
    with register.reading() as rows:
        sent = [Sent(*found[:5]) for found in map(tuple, rows.execute(newest_first))]
        aside, nobody = _aside(rows, code)
    heard = (
        sent[0].received_at if sent else ""
    )  # what is not believed does not say when it had its lists last
    forms = could_fill(register, code, heard).union(forms)
    also = teams_of_forms(teams, forms)
    own = [one for one in teams if one.holds(code) or one.name in also]
    every = cases_of(register, now)
    with register.reading() as rows:
        everywhere = any(events.read(rows, ops=[EVERYWHERE]))
    to = [Audience((team,)) for team in own] + [Audience(tuple(teams), everywhere=True)] * everywhere
    held = {case.code for audience in to for case in leaving(every, audience)}
    left = were_in(register, code, heard, also)
    left = (left | stayed(register, teams, own, forms)) - held
    sent = sorted([*sent, *aside], key=lambda one: one.received_at, reverse=True)
    names = tuple(one.name for one in own)
    return Traces(tuple(sent), names, tuple(sorted(held)), tuple(sorted(left)), nobody)


def _aside(rows: Rows, code: str) -> tuple[list[Sent], int]:
    """Return what a phone sent and was put aside, and how many entries of servers name no account.

    The account stands in the line of custody alone, with the bytes that it is about.
    """
    line = custody.c.line
    named: dict[str, dict[str, str]] = {}
    for row in rows.stream(select(line).where(line.like('%"quarantine":"%')).order_by(custody.c.seq)):
        details = msgspec.json.decode(row.line)["details"]
        named[details.get("quarantine", "")] = details
    found: list[Sent] = []
    nobody = 0
    for row in rows.execute(select(quarantine).where(quarantine.c.state != "solved")):
        said = named.get(row.code, {})
        who = said.get("submitter", "")
        if who.lower() == code.lower():
            found.append(Sent(row.server, row.form or "", said["at"], "", "", row.code))
        nobody += not who and row.state == "open" and row.server not in _OWN
    return found, nobody
