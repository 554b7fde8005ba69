"""The events of a register, or of one alert or case, in their one order; what people decided on pairs of alerts; the chain of custody.

Reads levels 0 to 2, opens nothing. What people decided on a pair is one row, made from its events alone. A salted commitment is
written with every file as it is sealed. Which file of a submission belongs to which piece of evidence in it is sealed, too; so
all of them have to be there, and no fewer than there are pieces.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import and_, func, or_, select, tuple_

from sync_scripts.register.forms import formmap
from sync_scripts.register.history.erasures import confirmed
from sync_scripts.register.history.visibility import ALLOW, CLOSED, MAKE, SIGN, WITHDRAW, sealed_from
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import Root, chunks, nearest_alert, nearest_case
from sync_scripts.register.model.errors import AlertUnknown, CaseUnknown
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.events import Event
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables

Line = dict[str, Any]

_QUIET: Final = ("alert.code", "case.code")
"""Written by the program for itself."""
NOBODY: Final = Actor("", "claimed")
_OF_C4: Final[Mapping[str, tuple[str, ...]]] = {
    "case.move": ("was", "to"),
    "case.assign": ("was", "owner_code"),
    "case.urgency": ("was", "urgency"),
    "case.due": ("was", "next_due"),
    ALLOW: ("what", "first", "until"),
    MAKE: (),
    SIGN: (),
    WITHDRAW: (),
}
"""Decisions about what everybody sees of a C4 case, and what is shown of them."""
_OF_LINKS: Final = ("was", "decision")


def logbook(
    rows: Rows,
    text: str | None = None,
    *,
    since: str | None = None,
    opened: bool = False,
    actor: Actor | None = None,
) -> Iterator[Line]:
    """Yield what was decided, the oldest first, each with the code of what it is about.

    Args:
        rows: where from.
        text: code of an alert or a case; everything without it.
        since: instant as text from which on.
        actor: who reads; without it, somebody who sees no C4 case.
        opened: for whoever opens a case of confidentiality C4 anyway: what was decided in it, too.

    Raises:
        AlertUnknown, CaseUnknown: there is none of that code.
    """
    subjects = _subjects(rows, text) if text is not None else None
    names, cases = _names(rows)
    sealed = frozenset() if opened else sealed_from(rows, actor or NOBODY)
    for event in _events(rows, subjects):
        if (since is None or event.at >= since) and event.op not in _QUIET:
            yield _line(event, names, cases, sealed)


def _events(rows: Rows, subjects: list[str] | None) -> Iterable[Event]:
    """Return the events about some subjects in their one order, with the plans of erasure confirmed of each; all without."""
    found = store_events.read(rows, subjects=subjects)
    if subjects is None:
        return found
    return sorted([*found, *confirmed(rows, subjects)], key=lambda one: (one.at, one.workspace, one.seq))


def _subjects(rows: Rows, text: str) -> list[str]:
    """Return what an alert's or a case's history stands under: itself, and for a case its forms and alerts."""
    alert, case = tables.alert, tables.case
    filing = tables.filing
    if codes.read(text, "DK") is None and (code := codes.read(text, "AL")) is not None:
        query = select(filing.c.stamp, filing.c.root_id).join(alert, alert.c.filing_no == filing.c.filing_no)
        found = rows.execute(query.where(alert.c.code == code)).all()
        if not found:
            raise AlertUnknown(alert=code, nearest=nearest_alert(rows, text))
        alerts = [f"{row.stamp}/{row.root_id}" for row in found]
        return [*(f"alert:{one}" for one in alerts), *about(rows, alerts)]
    code = codes.read(text, "DK")
    if code is None and text.strip().upper().startswith("AL"):
        raise AlertUnknown(alert=text.strip(), nearest=nearest_alert(rows, text))
    if code is None or rows.execute(select(case.c.case_code).where(case.c.case_code == code)).first() is None:
        raise CaseUnknown(case=code or text.strip(), nearest=nearest_case(rows, text))
    keys = rows.execute(select(filing.c.stamp, filing.c.root_id).where(filing.c.case_code == code)).all()
    kinds = ("alert", "interview", "followup", "closure", "evidence")
    return [f"case:{code}", *(f"{kind}:{row.stamp}/{row.root_id}" for kind in kinds for row in keys)]


def _names(rows: Rows) -> tuple[dict[str, str], dict[str, str]]:
    """Return, by its key, the code of each submission in a unit, and the code of the case in which it is."""
    filing, alert = tables.filing, tables.alert
    query = select(filing.c.stamp, filing.c.root_id, filing.c.case_code, alert.c.code)
    found = rows.execute(query.outerjoin_from(filing, alert, alert.c.filing_no == filing.c.filing_no)).all()
    names = {f"{row.stamp}/{row.root_id}": row.code or row.case_code or "" for row in found}
    return names, {f"{row.stamp}/{row.root_id}": row.case_code for row in found if row.case_code}


def _line(event: Event, names: Mapping[str, str], cases: Mapping[str, str], sealed: frozenset[str]) -> Line:
    kind, _, key = event.subject.partition(":")
    about = key if kind in {"case", "worker", "provider"} else names.get(key, "")
    inside = {cases.get(one, one) for one in key.split("|")}
    if kind == "alert_link":
        about = " ".join(names.get(one, "") for one in key.split("|"))
    closed = not sealed.isdisjoint(inside)
    hidden = closed or str(event.payload.get("other_case") or "") in sealed or event.op == "link.decide"
    return line(
        event.at,
        CLOSED if closed and event.op not in _OF_C4 else event.op,
        _shown(event, closed=closed) if hidden else event.payload,
        workspace=event.workspace,
        seq=event.seq,
        actor=event.actor.code,
        proof=event.actor.proof,
        hand=event.actor.hand if event.actor.proof == "claimed" else None,
        account=event.account,
        about=about,
        hidden=hidden,
    )


def line(at: str, op: str, payload: Mapping[str, Any], **more: Any) -> Line:
    """Return a line of the log; what is not said of it is empty."""
    bare = {"workspace": "", "proof": "", "hand": None, "account": None}
    return {"at": at, "op": op, **bare, **more, "payload": payload}


def chain_lines(rows: Rows, mark: str) -> Iterator[dict[str, Any]]:
    """Yield the lines of the chain of custody that hold a text, in order."""
    text = raw.custody.c.line
    for row in rows.stream(select(text).where(text.contains(mark)).order_by(raw.custody.c.seq)):
        yield msgspec.json.decode(row.line)


def _shown(event: Event, *, closed: bool) -> dict[str, Any]:
    kept = _OF_C4.get(event.op, ()) if closed else _OF_LINKS if event.op == "link.decide" else ()
    return {name: event.payload[name] for name in kept if name in event.payload}


_RECEIVED: Final = '{"action":"RECEIVED",'
_NAMED: Final = '"file":"'
_LENGTH: Final = 64  # of the name of a sealed file: SHA-256 in hex


def committed(rows: Rows, evidence: Mapping[Any, Any]) -> bool:
    """Tell whether every file that came with a piece of evidence is held, and each has its commitment in the chain."""
    files = _files(rows, evidence["filing_no"])
    pieces = tables.evidence.c
    asked = select(func.count()).where(pieces.filing_no == evidence["filing_no"])
    if not files or len(files) < rows.execute(asked).scalar_one():
        return False
    return all(state == "held" for state, _ in files) and _in_chain(rows, {file for _, file in files})


def _files(rows: Rows, filing_no: int) -> list[tuple[str, str | None]]:
    """Return state and sealed name of each file of the evidence in a submission, of the version that is read."""
    filing, sent, held = tables.filing, raw.submission, raw.attachment
    of_filing = and_(sent.c.stamp == filing.c.stamp, sent.c.instance_id == filing.c.instance_id)
    same = and_(
        held.c.server == sent.c.server,
        held.c.form == sent.c.form,
        held.c.root_id == sent.c.root_id,
        held.c.instance_id == sent.c.instance_id,
    )
    asked = select(sent.c.stamp, sent.c.form_version, held.c.question, held.c.state, held.c.file)
    asked = asked.select_from(filing).join(sent, of_filing).join(held, same)
    found = rows.execute(asked.where(filing.c.filing_no == filing_no, sent.c.server == filing.c.server)).all()
    questions = {
        "/".join(one.path)
        for version in {(row.stamp, row.form_version) for row in found}
        for one in getattr(formmap.find(rows, *version), "questions", ())
        if (one.entity, one.field) == ("evidence", "file")
    }
    return [(row.state, row.file) for row in found if row.question in questions]


def _in_chain(rows: Rows, files: set[str | None]) -> bool:
    """Tell whether each file has its line: one pass over the chain, however many there are.

    A line begins with what was done; the name behind ``"file":`` is as long as that of any sealed file.
    """
    line = raw.custody.c.line
    where = (func.instr if rows.dialect == "sqlite" else func.strpos)(line, _NAMED)
    name = func.substr(line, where + len(_NAMED), _LENGTH)
    asked = select(name).where(line.startswith(_RECEIVED), where > 0, name.in_(files))
    return set(rows.execute(asked).scalars()) == files


DECIDE: Final = "link.decide"
"""What the event of a decision on a pair is called."""

LINK: Final = "alert_link:"
"""How the subject of such an event begins."""

PENDING: Final = "pending"

SAME: Final = "same_event"

Pair = tuple[str, str]
"""The keys of two alerts, the smaller root id first."""


class Decided(msgspec.Struct, frozen=True):
    """What was decided last on a pair; ``at`` as text, ``proof`` of whoever did."""

    decision: str = PENDING
    by: str | None = None
    at: str | None = None
    reason: str | None = None
    proof: str | None = None


def key_of(root: Root) -> str:
    """Return what an alert is called in a pair: form stamp and root id."""
    return "/".join(root)


def pair_of(one: Root, other: Root) -> Pair:
    """Return two alerts in the order in which a decision names them."""
    first, second = sorted((one, other), key=lambda root: (root[1], root[0]))
    return key_of(first), key_of(second)


def subject_of(pair: Pair) -> str:
    """Return the subject under which the events of a pair stand."""
    return LINK + "|".join(pair)


def write_decisions(rows: Rows, subjects: Sequence[str] | None = None) -> bool:
    """Put what the events say in the place of the rows: of some pairs, by their subjects, or of all; tell whether any was another one."""
    link = tables.alert_link
    last: dict[Pair, Decided] = {}
    for event in store_events.read(rows, subjects=subjects, ops=[DECIDE]):
        said = event.payload
        one, other = (key_of(root) for root in said["alerts"])
        actor = event.actor
        last[one, other] = Decided(
            said["decision"], actor.code, event.at, said.get("reason") or None, actor.proof
        )
    pair_of_a_row = tuple_(link.c.alert_a, link.c.alert_b)
    asked = [select(link)]
    if subjects is not None:
        asked = [select(link).where(pair_of_a_row.in_(some)) for some in chunks(sorted(last))]
    stood = set[tuple[Any, ...]]().union(*map(rows.tuples, asked))
    return bool(rows.replace(link, stood, [_row(pair, now) for pair, now in last.items()]))


def _row(pair: Pair, now: Decided) -> dict[str, object]:
    return {
        "alert_a": pair[0],
        "alert_b": pair[1],
        "decision": now.decision,
        "decided_by": now.by,
        "decided_at": now.at,
        "decision_reason": now.reason,
        "proof": now.proof,
    }


def decisions(rows: Rows, of: Sequence[str] | None = None) -> dict[Pair, Decided]:
    """Return what was decided last on each pair; only pairs with one of some alerts, by their keys, if these are given."""
    link = tables.alert_link.c
    asked = select(
        link.alert_a,
        link.alert_b,
        link.decision,
        link.decided_by,
        link.decided_at,
        link.decision_reason,
        link.proof,
    )
    if of is not None:
        asked = asked.where(or_(link.alert_a.in_(of), link.alert_b.in_(of)))
    found: Sequence[Sequence[Any]] = rows.execute(asked).all()
    return {(row[0], row[1]): Decided(*row[2:]) for row in found}


def about(rows: Rows, keys: Sequence[str]) -> list[str]:
    """Return the subjects of all decisions on pairs with one of some alerts."""
    return sorted(subject_of(pair) for pair in decisions(rows, keys))


class Ties:
    """What decisions say together: whatever is one with the same is one, and what is not one with it is not one with any of them.

    So a decision on each of a group beside one of them settles the group: nobody is asked about all of its pairs.
    """

    def __init__(self, decided: Mapping[Pair, str], same: str = SAME) -> None:
        """Work out what is one.

        Args:
            decided: pair -> decision; names of any things, ordered in a pair as they like.
            same: the decision that says that two are one.
        """
        self._over: dict[str, str] = {}
        for (one, other), decision in sorted(decided.items()):
            if decision == same:
                first, second = sorted((self.of(one), self.of(other)))
                if first != second:
                    self._over[second] = first
        self._apart: dict[str, set[str]] = defaultdict(set)
        for (one, other), decision in decided.items():
            if decision not in {same, PENDING}:
                self._apart[self.of(one)].add(self.of(other))
                self._apart[self.of(other)].add(self.of(one))

    def of(self, key: str) -> str:
        """Return the name under which something stands with all that it is one with."""
        while (over := self._over.get(key)) is not None:
            if (further := self._over.get(over)) is not None:
                self._over[key] = further
            key = over
        return key

    def apart(self, name: str) -> Iterable[str]:
        """Return the names of what was decided not to be one with all that stands under a name."""
        return self._apart.get(name, ())
