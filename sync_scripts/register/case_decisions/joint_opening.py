"""What is sealed of a C4 case, and of its alerts: two people open it; and notes that are sealed with their case. Opens nothing itself.

One asks, another one agrees; then one of them opens. A leave is for one unit, these two people, one reason, and as many hours as
the rules say. An alert that once was in such a case, and a case that took such a one in, are kept as closely: moving a thing
opens nothing. A note that names somebody is sealed with its case, so that it opens, and is erased, with what is sealed there.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.errors import Declined, DikaloError, NotAllowed
from sync_scripts.register.consents.agreements import require_going_on
from sync_scripts.register.decisions.base import By
from sync_scripts.register.decisions.found import case_of, require_worked_on
from sync_scripts.register.history.erasures import scopes_of, units_of
from sync_scripts.register.history.merges import ways_on
from sync_scripts.register.history.person_decisions import INTO_CASE, KEEP
from sync_scripts.register.history.visibility import ALLOW, CLOSEST, WITHDRAW, proposals
from sync_scripts.register.model.errors import OwnKeyMissing
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.store import events as store_events
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_rows import keep

_FORMS: Final = ("interview", "followup", "closure", "evidence")


OpeningNeedsTwo: Final = NotAllowed.declare(
    "DK-R87",
    "{what} is C4, so two people open what is sealed of it; nothing was opened. One asks (dikalo vault ask {what} "
    '--reason "why") and somebody else agrees with a passphrase of their own (dikalo approve {what}). Then one of '
    "the two opens it, within {hours} hours and for that reason.",
)
OpeningWaits: Final = Declined.declare(
    "DK-R88",
    "{first} asked to open what is sealed of {what}, and nobody has agreed yet. Nothing was opened. Somebody other than "
    "{first} agrees with a passphrase of their own: dikalo approve {proposal}.",
)
OpeningOver: Final = NotAllowed.declare(
    "DK-R89",
    "What is sealed of {what} might be opened until {until}, and that is over. Nothing was opened. Ask again: dikalo vault "
    'ask {what} --reason "why".',
)
OpeningForOther: Final = NotAllowed.declare(
    "DK-R90",
    "What is sealed of {what} may be opened by {first} or {second} alone, and for the reason on which the two agreed. Nothing "
    'was opened. Give that reason word for word, or ask for yours: dikalo vault ask {what} --reason "why".',
)


@dataclass(frozen=True, slots=True)
class Leave:
    """What two people agreed on.

    Attributes:
        id: of the proposal that was signed.
        subject: the unit.
        what: code of the alert or case.
        first: who asked.
        second: who agreed.
        reason: what for; kept in the register.
        until: instant as text.
    """

    id: str
    subject: str
    what: str
    first: str
    second: str
    reason: str
    until: str

    def holds(self, actor: Actor, reason: str) -> bool:
        """Tell whether it is of this person, and for this reason."""
        of_two = any(_same(one, actor.code) for one in (self.first, self.second))
        return of_two and _plain(self.reason) == _plain(reason)

    def written(self) -> dict[str, str]:
        """Return what stands in the chain of custody beside an opening by it."""
        return {"asked": self.first, "agreed": self.second, "request": self.id, "until": self.until}


def leaves(rows: Rows) -> list[Leave]:
    """Return what was agreed and not taken back, the oldest first; also what is over."""
    hours = timedelta(hours=load().case.opening_by_two_h)
    found: dict[str, Leave] = {}
    for event in store_events.read(rows, ops=[ALLOW, WITHDRAW]):
        said = event.payload
        if event.op == WITHDRAW:
            found.pop(said["proposal"], None)
        elif event.actor.proof == "key" and not _same(event.actor.code, said["first"]):
            until = min(str(said["until"]), instant(moment(event.at) + hours))
            one = said["proposal"], event.subject, said["what"], said["first"], event.actor.code
            found[said["proposal"]] = Leave(*one, said["reason"], until)
    return list(found.values())


def closely_kept(rows: Rows) -> frozenset[str]:
    """Return the codes of the cases that are C4, and of those into which such a one was merged."""
    case = tables.case.c
    found = rows.execute(select(case.case_code).where(case.confidentiality == CLOSEST)).scalars().all()
    return frozenset({*found, *chain.from_iterable(ways_on(rows, found).values())})


def leave_needed(rows: Rows, scopes: Iterable[str]) -> list[tuple[str, ...]]:
    """Return, for each thing among some scopes that two people open, the codes by which that may be asked for.

    The code of an alert stands before that of its case. Form keys, tests and what is in no case need nobody.
    """
    kept = closely_kept(rows)
    if not kept:
        return []
    units = sorted(units_of(rows, scopes), key=lambda one: one.scope)
    said = _cases_said(rows, {one.subject for one in units})
    found: dict[tuple[str, ...], None] = {}
    for one in units:
        cases = sorted(kept & ({one.case} | said.get(one.subject, set())))
        if cases:
            found[(*([one.alert] if one.alert else []), *cases)] = None
    return list(found)


def _cases_said(rows: Rows, subjects: set[str]) -> dict[str, set[str | None]]:
    """Return the cases into which alerts were ever put, and those that forms left, by the subject that a unit has."""
    found: dict[str, set[str | None]] = {}
    own = {f"{kind}:{one.partition(':')[2]}": one for kind in ("alert", *_FORMS) for one in subjects}
    if own:
        for event in store_events.read(rows, subjects=sorted(own), ops=[*INTO_CASE, KEEP]):
            found.setdefault(own[event.subject], set()).add(event.payload.get("case_code"))
    return found


def require_leave(
    rows: Rows, scopes: Sequence[str], now: datetime, *, actor: Actor, reason: str
) -> dict[str, Any]:
    """Let an opening pass that needs one person, or to which a second one agreed; return what is written down beside it.

    Args:
        rows: the transaction in which the opening is written down.
        scopes: of everything that would be opened.
        now: aware.
        actor: who opens.
        reason: what for.

    Raises:
        OwnKeyMissing, OpeningNeedsTwo, OpeningWaits, OpeningOver, OpeningForOther: as they say.
    """
    needed = leave_needed(rows, scopes)
    if not needed:
        return {}
    if actor.proof != "key":
        raise OwnKeyMissing(what=needed[0][0])
    known = leaves(rows)
    used: dict[str, Leave] = {}
    for wanted in needed:
        about = [one for one in known if one.what in wanted]
        alive = [one for one in about if instant(now) < one.until]
        mine = [one for one in about if one.holds(actor, reason)]
        found = next((one for one in mine if one in alive), None)
        if found is None:
            raise _missing(rows, wanted, mine, alive, named=_of_all(needed, wanted))
        used[found.id] = found
    return {"by_two": [one.written() for one in used.values()]}


def _of_all(needed: Sequence[Sequence[str]], wanted: Sequence[str]) -> str:
    """Return the code by which all that is needed may be asked for at once, else the first of those that fit one thing."""
    return next((one for one in wanted if all(one in others for others in needed)), wanted[0])


def _missing(
    rows: Rows, wanted: Sequence[str], mine: Sequence[Leave], alive: Sequence[Leave], *, named: str
) -> DikaloError:
    """Return why it may not be opened, and what is needed."""
    asked = next((one for one in proposals(rows) if one.decision == ALLOW and one.what in wanted), None)
    if asked is not None:
        return OpeningWaits(what=asked.what, first=asked.first.code, proposal=asked.id)
    if alive:
        last = alive[-1]
        return OpeningForOther(what=last.what, first=last.first, second=last.second)
    if mine:
        return OpeningOver(what=mine[-1].what, until=local(mine[-1].until))
    return OpeningNeedsTwo(what=named, hours=load().case.opening_by_two_h)


def _plain(reason: str) -> str:
    return " ".join(reason.split()).casefold()


def _same(one: str, other: str) -> bool:
    return one.strip().upper() == other.strip().upper()


NowhereToSeal: Final = Declined.declare(
    "DK-W32",
    "No form has come for the case {case} yet, so a note cannot be sealed with it. Nothing was changed. Write the note "
    "so that it names nobody.",
)


def seal_note(by: By, register: Register, case: str, text: str) -> None:
    """Seal a note with its case. Only that there is one is kept in the open, and who wrote it.

    Raises:
        CaseUnknown, CaseMerged, CaseLeft, NowhereToSeal: as they say.
        AlreadyErased, CaseStopped: nothing further is written of a case that stopped.
    """
    found = case_of(by.rows, case)
    require_worked_on(by.rows, found)
    code = found["case_code"]
    require_going_on(by.rows, code, by.now)
    scope = next(iter(scopes_of(by.rows, code)), None)
    if scope is None:
        raise NowhereToSeal(case=code)
    name = f"note:{secrets.token_hex(8)}"
    with register.sealer() as sealer:
        part = {"entity": "case", "fields": {"work_note": text}, "v": 1}
        sealer.seal_part(part, scope, "row", name, name)
        keep(by.rows, sealer, by.now, by.actor)
    by.write(by.event("case.sealed_note", f"case:{code}", {"note": name}))
