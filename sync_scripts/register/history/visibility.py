"""Who is shown what of an alert or a case, and which decisions and requests to close wait for a second person. Reads only.

Pairs of alerts that tell of sexual violence are the business of one person. A C4 case is, to everybody but its owner and the
coordination, a code with its state, level, owner and next day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, func, or_, select

from sync_scripts.errors import NotAllowed, UsageProblem
from sync_scripts.register.model.codes import active_workers, read, same_worker
from sync_scripts.register.rules.kinds import CLOSURE
from sync_scripts.register.rules.ruleset import violations
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.events import ARRIVAL, SHOWN, UNBUILT, Event
from sync_scripts.store.schema import register as tables

ALLOW: Final = "opening.allow"
"""The second person agrees that what is sealed of a C4 case be opened."""
MAKE: Final = "proposal.make"
SIGN: Final = "proposal.sign"
WITHDRAW: Final = "proposal.withdraw"


COORDINATES: Final = "coordinator"
"""The role that is shown what else only those in charge are shown, and that says who has which role."""
CLOSEST: Final = "C4"
"""The confidentiality of a case that two people open, and of which all but two see five columns."""
_SEXUAL: Final = "sexual"
_GROUP: Final = "gbv"


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may be shown.

    Attributes:
        code: the worker.
        coordinates: sees sexual violence that is nobody's case yet.
        owned: codes of the cases that this worker is in charge of.
        protected: codes of cases with gender-based violence among their acts.
        sealed: codes of C4 cases of which this worker sees five columns and no more.
        unowned: codes of the cases that nobody is in charge of.
    """

    code: str
    coordinates: bool
    owned: frozenset[str]
    protected: frozenset[str]
    sealed: frozenset[str] = frozenset()
    unowned: frozenset[str] = frozenset()


def sight_of(rows: Rows, actor: Actor) -> Sight:
    """Return what somebody may be shown; a code that is only claimed opens nothing.

    While no worker was named a coordinator, whoever proves to be anybody counts as one.
    """
    code, proved = actor.code, actor.proof == "key"
    case, act, filing = tables.case, tables.act, tables.filing
    owned = rows.execute(
        select(case.c.case_code).where(func.upper(case.c.owner_code) == code.strip().upper())
    ).scalars()
    grave = [name for name, one in violations().items() if one.group == _GROUP]
    protected = select(filing.c.case_code).join(act, act.c.filing_no == filing.c.filing_no).distinct()
    found = rows.execute(
        protected.where(act.c.violation.in_(grave), filing.c.case_code.is_not(None))
    ).scalars()
    mine, sealed = frozenset(owned if proved else ()), sealed_from(rows, actor)
    alone = frozenset(rows.execute(select(case.c.case_code).where(case.c.owner_code.is_(None))).scalars())
    return Sight(code, coordinates(rows, actor), mine, frozenset(found), sealed, alone)


def sealed_from(rows: Rows, actor: Actor) -> frozenset[str]:
    """Return the codes of the C4 cases of which somebody sees the five columns and no more."""
    if coordinates(rows, actor):
        return frozenset()
    case = tables.case.c
    asked = select(case.case_code).where(case.confidentiality == CLOSEST)
    if actor.proof == "key":
        asked = asked.where(
            or_(case.owner_code.is_(None), func.upper(case.owner_code) != actor.code.strip().upper())
        )
    return frozenset(rows.execute(asked).scalars())


def coordinates(rows: Rows, actor: Actor) -> bool:
    """Tell whether somebody, proved by a key of their own, coordinates; until somebody is named for it, everybody does.

    Not again when nobody coordinates any more, as older versions let it come about: what was closed is not opened by that.
    """
    if actor.proof != "key":
        return False
    here = coordinators(rows)
    if here:
        return any(same_worker(one, actor.code) for one in here)
    return not _ever_named(rows)


def coordinators(rows: Rows) -> tuple[str, ...]:
    """Return the codes of those who work here and coordinate."""
    return tuple(code for code, roles in active_workers(rows).items() if COORDINATES in roles.split())


def _ever_named(rows: Rows) -> bool:
    known = [f"worker:{code}" for code in rows.execute(select(tables.worker.c.code)).scalars()]
    named = store_events.read(rows, subjects=known, ops=["worker.add"]) if known else ()
    return any(COORDINATES in event.payload["roles"].split() for event in named)


def may_see_tasks(rows: Rows, actor: Actor, case: Mapping[str, Any]) -> bool:
    """Tell whether somebody may be shown what is to be done in a case, and not only by when.

    Of a case of confidentiality C4 its kinds of task tell what happened: only whoever is in charge of it and the
    coordinator are shown them, by a passphrase of their own.

    Args:
        rows: where from.
        actor: who asks.
        case: its ``confidentiality`` and ``owner``.
    """
    if case["confidentiality"] != CLOSEST:
        return True
    owns = actor.proof == "key" and same_worker(case["owner"], actor.code)
    return owns or coordinates(rows, actor)


class Kind(NamedTuple):
    """Of what an alert or a case tells, as far as showing it goes: sealed from somebody, of sexual violence, theirs, nobody's."""

    sealed: bool
    protected: bool
    owned: bool
    unowned: bool

    @property
    def guarded(self) -> bool:
        """Tell whether there is anybody who may not be shown it."""
        return self.sealed or self.protected


def kind_of(sight: Sight, case: str | None, icons: str | None = None) -> Kind:
    """Return of what kind something is for a worker: from its case, if it has one, and what an alert tells."""
    from sync_scripts.register.rules.link_rules import load  # here: a list of cases compares no alerts

    grave = _SEXUAL in (icons or "").split() or case in sight.protected
    protected = load().display.gbv_to_case_owner_only and grave
    return Kind(case in sight.sealed, protected, case in sight.owned, case is None or case in sight.unowned)


def shows(sight: Sight, *both: Kind) -> bool:
    """Tell whether a worker may be shown a pair.

    What tells of sexual violence only who is in charge of one of the two, or coordinates while nobody is.
    """
    if any(one.sealed for one in both):
        return False
    nobodys = sight.coordinates and all(one.unowned for one in both)
    return not any(one.protected for one in both) or any(one.owned for one in both) or nobodys


CLOSED: Final = "case.closed_to_you"
"""In the place of the op of a decision in a C4 case: what was decided tells what happened."""
_SAYS_NOTHING: Final = frozenset({ALLOW, "case.confidentiality"})
"""Ops of proposals that tell nothing of what happened in a case."""


KeptByTwo: Final = UsageProblem.declare(
    "DK-R99",
    "{what} is C4, and lowering its confidentiality takes two people: it is not corrected. Nothing was changed. "
    'Propose it with dikalo cases set {what} --confidentiality C3 --reason "why"; somebody else signs it.',
)
CaseSealed: Final = NotAllowed.declare(
    "DK-R98",
    "{what} is C4: only its owner and the coordination, each with a passphrase of their own, see more than its code, "
    "state, level, owner and next day, and decide on it. Nothing was changed. Ask one of them, or add a flag: dikalo "
    'cases task {what} --flag "…".',
)


def case_meant(rows: Rows, text: str) -> str | None:
    """Return the code of the case that a code means: of a case itself, of an alert the one in which it is."""
    if (case := read(text, "DK")) is not None:
        return case
    code, alert, filing = read(text, "AL"), tables.alert, tables.filing
    if code is None:
        return None
    asked = select(filing.c.case_code).join(alert, alert.c.filing_no == filing.c.filing_no)
    return rows.execute(asked.where(alert.c.code == code)).scalar()


def require_sight(rows: Rows, actor: Actor, *typed: str) -> None:
    """Let somebody pass who sees what is in the cases, and in the cases of the alerts, of which codes were typed.

    Raises:
        CaseSealed: one is C4, and this is neither its owner nor the coordination, or the code of the person is only typed.
    """
    sealed = sealed_from(rows, actor)
    for text in typed if sealed else ():
        if (case := case_meant(rows, text)) in sealed:
            raise CaseSealed(what=case)


def waiting_shown(rows: Rows, actor: Actor, found: Iterable[Proposal]) -> list[Proposal]:
    """Return what waits for a second person as a list may show it: of a C4 case that something does, and since when."""
    sealed = sealed_from(rows, actor)
    return [
        replace(one, decision=one.decision if one.decision in _SAYS_NOTHING else CLOSED, said={}, seen={})
        if case_meant(rows, one.what) in sealed
        else one
        for one in found
    ]


def without_closed(events: Iterable[Mapping[str, Any]], sealed: frozenset[str]) -> list[dict[str, Any]]:
    """Return the events of a case, of those about two cases nothing but that they were if the other one is sealed."""
    return [
        {**one, "payload": {}, "hidden": True} if one["payload"].get("other_case") in sealed else dict(one)
        for one in events
    ]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What waits for a second person.

    Attributes:
        id: short name, said on the telephone.
        decision: op of the event that the second person's signature writes.
        subject: the unit that it changes.
        what: code of the alert or case.
        said: what was typed, as the decision needs it.
        seen: what the first person saw: if that has changed, nothing is signed.
        first: who proposed it.
        at: when.
        account: through which account of a database server; None where that is not known.
        known: what the first person had before them, as a decision keeps it: a signature covers nothing more.
    """

    id: str
    decision: str
    subject: str
    what: str
    said: Mapping[str, Any]
    seen: Mapping[str, Any]
    first: Actor
    at: str
    account: str | None = None
    known: Mapping[str, Any] = field(default_factory=dict)


def proposal_of(event: Event) -> Proposal:
    """Return what one person proposed in an event."""
    said = event.payload
    return Proposal(
        id=event.hash[:6].upper(),
        decision=said["decision"],
        subject=event.subject,
        what=said["what"],
        said=said["said"],
        seen=said["seen"],
        first=event.actor,
        at=event.at,
        account=event.account,
        known={name: said[name] for name in (ARRIVAL, UNBUILT) if name in said}
        | {SHOWN: (event.at, event.at)},
    )


def proposals(rows: Rows) -> list[Proposal]:
    """Return what waits for a second person, the oldest first."""
    waiting: dict[str, Proposal] = {}
    for event in store_events.read(rows, ops=[MAKE, SIGN, WITHDRAW]):
        if event.op == MAKE:
            one = proposal_of(event)
            waiting[one.id] = one
        else:
            waiting.pop(event.payload["proposal"], None)
    return list(waiting.values())


def waiting_for(rows: Rows, code: str) -> list[str]:
    """Return the ids of what waits for a second person about an alert or case, the oldest first."""
    return [one.id for one in proposals(rows) if one.what == code]


def asked_closures(rows: Rows) -> list[dict[str, Any]]:
    """Return the requests whose task is open, of cases in which no closure waits, the oldest first.

    Each has the ``code`` of the case, the ``reason``, who asks (``by``, as the form says it: nobody proved it) and when the
    form came (``at``).
    """
    task, case = tables.task.c, tables.case
    asked = _requests().join(tables.task, task.filing_no == tables.closure.c.filing_no)
    asked = asked.join(case, case.c.case_code == tables.filing.c.case_code).where(
        task.kind == CLOSURE,
        task.about.is_not(None),  # a form raised it, and no decision
        task.done_at.is_(None),
        case.c.state != "closure_pending",
    )
    return [_plain(row) for row in rows.execute(asked).mappings()]


def undecided(rows: Rows, code: str, meant: str | None) -> Iterator[dict[str, Any]]:
    """Yield the requests for a case on which nothing was decided, but the one that is meant, by its subject."""
    asked = _requests().where(tables.filing.c.case_code == code, tables.closure.c.decision.is_(None))
    for row in rows.execute(asked).mappings():
        if f"closure:{row['stamp']}/{row['root_id']}" != meant:
            yield _plain(row)


def _requests() -> Select[Any]:
    closure, filing = tables.closure.c, tables.filing.c
    asked = select(
        filing.case_code,
        filing.stamp,
        filing.root_id,
        filing.first_received_at,
        closure.reason,
        closure.closer_code,
    )
    asked = asked.join_from(tables.closure, tables.filing, filing.filing_no == closure.filing_no)
    return asked.order_by(filing.first_received_at, filing.case_code)


def _plain(row: Any) -> dict[str, Any]:
    return {
        "code": row["case_code"],
        "reason": row["reason"],
        "by": row["closer_code"],
        "at": row["first_received_at"],
    }
