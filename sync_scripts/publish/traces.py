"""What a phone that is lost knew and sent, as this register can tell. Reads; decides nothing and changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import func, literal, select, union_all

from sync_scripts.publish.held import could_fill, stayed, were_in
from sync_scripts.publish.leaving import Audience, Team, leaving
from sync_scripts.publish.lists import cases_of
from sync_scripts.publish.rounds import EVERYWHERE
from sync_scripts.publish.zones import teams_of_forms
from sync_scripts.store import events
from sync_scripts.store.database import Register
from sync_scripts.store.schema.raw import submission, waiting
from sync_scripts.store.schema.register import filing

__all__ = ["Sent", "Traces", "traces"]


@dataclass(frozen=True, slots=True)
class Sent:
    """One submission of the phone.

    Attributes:
        server, form: where it came from.
        received_at: instant.
        alert_code, case_code: what it belongs to, "" = nothing.
    """

    server: str
    form: str
    received_at: str
    alert_code: str
    case_code: str


@dataclass(frozen=True, slots=True)
class Traces:
    """All that is known of a phone.

    Attributes:
        sent: its submissions, newest first; those that wait, sealed, for a key or their files too.
        teams: names of its teams.
        cases: codes of the cases that its lists hold today; it has those of its last update. Once somebody let every list
            go to every phone, those of all zones: nothing tells when this phone fetched its list last.
        left: codes of cases that left its lists after it was last heard, or that files of its forms still have; they may be
            on it still.
    """

    sent: tuple[Sent, ...]
    teams: tuple[str, ...]
    cases: tuple[str, ...]
    left: tuple[str, ...] = ()


def traces(
    register: Register,
    code: str,
    teams: Sequence[Team],
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
            func.coalesce(filing.c.alert_code, ""),
            func.coalesce(filing.c.case_code, ""),
            submission.c.arrival,
        )
        .join_from(
            submission,
            filing,
            (filing.c.stamp == submission.c.stamp) & (filing.c.root_id == submission.c.root_id),
            isouter=True,
        )
        .where(func.lower(submission.c.submitter) == code.lower(), submission.c.current.is_(True))
    )
    sealed = select(
        waiting.c.server, waiting.c.form, waiting.c.received_at, literal(""), literal(""), literal(-1)
    ).where(func.lower(waiting.c.submitter) == code.lower(), waiting.c.state == "waiting")
    every_one = union_all(query, sealed).subquery()
    newest_first = select(every_one).order_by(every_one.c.received_at.desc(), every_one.c.arrival.desc())
    with register.reading() as rows:
        sent = tuple(Sent(*found[:5]) for found in map(tuple, rows.execute(newest_first)))
    heard = sent[0].received_at if sent else ""
    forms = could_fill(register, code, heard).union(forms)
    also = teams_of_forms(teams, forms)
    own = [one for one in teams if one.holds(code) or one.name in also]
    every = cases_of(register, datetime.now(UTC))
    with register.reading() as rows:
        everywhere = any(events.read(rows, ops=[EVERYWHERE]))
    to = [Audience((team,)) for team in own] + [Audience(tuple(teams), everywhere=True)] * everywhere
    held = {case.code for audience in to for case in leaving(every, audience)}
    left = were_in(register, code, heard, also)
    left = (left | stayed(register, teams, own, forms)) - held
    return Traces(sent, tuple(one.name for one in own), tuple(sorted(held)), tuple(sorted(left)))
