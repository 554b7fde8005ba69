"""What only a proved person may do, and what makes two people two. Writes nothing.

A code proves nothing by being another one. Whoever sets somebody's passphrase knows it until that one changes it in a run
of their own; whoever writes through the first person's account is, for the server, the first person. Whoever set it in the
place of one that its owner had set can make that change, too: so it counts as theirs until a third person sets another one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sync_scripts.register.consents.errors import LookedAtByAnother, LookedAtByTwo
from sync_scripts.register.decisions.base import By
from sync_scripts.register.model.codes import same_worker
from sync_scripts.register.model.errors import (
    AccountShared,
    AccountUnknown,
    FirstKeyFromSecond,
    KeyFromFirst,
    KeyReplaced,
    OwnHandMissing,
)
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Rows
from sync_scripts.store.events import Event


def require_own_hand(by: By, what: str) -> None:
    """Let a person pass who signed in with a key slot or account of their own.

    Raises:
        OwnHandMissing: the code was only typed.
    """
    if by.actor.proof != "key":
        raise OwnHandMissing(what=what)


def require_own_hand_to_lower(by: By, what: str, stands: str | None, wanted: str | None) -> None:
    """Let a level of urgency be set by whoever it is, but lowered by a proved person only.

    Raises:
        OwnHandMissing: it would be lowered, and the code was only typed.
    """
    rules = load()
    if stands is not None and wanted is not None and rules.rank(wanted) < rules.rank(stands):
        require_own_hand(by, what)


@dataclass(frozen=True, slots=True)
class KeyGiven:
    """Who set the passphrase of a worker's own key slot last, and when; None for one that was made with the workspace.

    ``also`` are the codes, in capitals, of those who may know it as well, whatever was changed since: the last colleague who set
    it in the place of one that its owner had set, and who may have known theirs then.
    """

    worker: str
    by: str | None = None
    at: str | None = None
    also: frozenset[str] = frozenset()

    @property
    def own(self) -> bool:
        """Tell whether the worker set it."""
        return same_worker(self.worker, self.by)

    @property
    def known_to(self) -> frozenset[str]:
        """The codes, in capitals, of those who know the passphrase as far as the events say."""
        return frozenset(one.strip().upper() for one in (self.worker, self.by) if one) | self.also


def key_of(rows: Rows, worker: str, until: str | None = None) -> KeyGiven:
    """Return who gave a worker their key; of those who did ``until`` an instant, if it is given."""
    subjects = [f"worker:{one}" for one in (worker, worker.upper(), worker.lower())]
    given = store_events.read(rows, subjects=subjects, ops=[store_events.KEY_GIVEN])
    found = [event for event in given if until is None or event.at <= until]
    if not found:
        return KeyGiven(worker)
    return KeyGiven(worker, found[-1].actor.code, found[-1].at, _also(rows, worker, found))


def _also(rows: Rows, worker: str, given: Sequence[Event]) -> frozenset[str]:
    """Return who set it last in the place of the owner's, with those who may have known their passphrase then."""
    last = [event for event in given if event.payload.get(store_events.REPLACED)][-1:]
    givers = [key_of(rows, event.actor.code, event.at).known_to for event in last]
    return frozenset().union(*givers) - {worker.strip().upper()}


def require_apart(by: By, what: str, first: str, *, since: str | None, account: str | None) -> None:
    """Let a second person pass of whom neither the keys nor the database say that the first one may be the same.

    Args:
        by: the second person, of another code than the first.
        what: code of what two people decide.
        first: code of the first person.
        since: when the first one proposed it, as text; None = now.
        account: through which account of the database the first one wrote; None = not known.

    Raises:
        AccountUnknown, AccountShared, KeyFromFirst, FirstKeyFromSecond, KeyReplaced: as they say.
    """
    _check_accounts(by, what, first, account)
    _check_keys(by, what, first, since)


def require_not(by: By, what: str, unit: str, other: str) -> None:
    """Let a person pass of whom nothing says that they are somebody who must not decide, under another code.

    Args:
        by: who decides.
        what: code of what is decided.
        unit: subject of its events.
        other: code of whoever must not decide, and did nothing for it that could be compared.

    Raises:
        AccountShared, KeyFromFirst, KeyReplaced: as they say.
    """
    mine, given = by.rows.account, key_of(by.rows, by.actor.code)
    written = store_events.read(by.rows, subjects=[unit]) if mine is not None else ()
    if any(event.account == mine and same_worker(event.actor.code, other) for event in written):
        raise AccountShared(what=what, first=other, account=str(mine))
    if other.strip().upper() in given.also:
        raise KeyReplaced(what=what, worker=by.actor.code, giver=other)
    if given.by is not None and same_worker(given.by, other):
        raise KeyFromFirst(what=what, worker=by.actor.code, first=other, giver=given.by)


def _check_accounts(by: By, what: str, first: str, account: str | None) -> None:
    mine = by.rows.account
    if mine is None:
        return
    if account is None:
        raise AccountUnknown(what=what, first=first)
    if account == mine:
        raise AccountShared(what=what, first=first, account=account)


def _check_keys(by: By, what: str, first: str, since: str | None) -> None:
    """Refuse when somebody knows both passphrases: the first one's when it was proposed, the second one's now."""
    second = by.actor.code
    one, other = key_of(by.rows, first, since), key_of(by.rows, second)
    both = one.known_to & other.known_to
    if not both:
        return
    for whose, given in ((second, other), (first, one)):
        if replaced := sorted(given.also & both):
            raise KeyReplaced(what=what, worker=whose, giver=replaced[0])
    if other.by is not None and other.by.strip().upper() in both:
        apart = other.by.strip().upper() != first.strip().upper()
        raise KeyFromFirst(what=what, worker=second, first=first, giver=other.by, both=apart)
    raise FirstKeyFromSecond(what=what, worker=second, first=first)


def require_somebody_else(by: By, what: str, row: Mapping[Any, Any]) -> None:
    """Let a person pass who is proved, and not the one who wrote the event down that raised a task: `require_other_than`.

    Args:
        by: who says that somebody looked.
        what: code of the alert or case.
        row: of the task, which names the event.
    """
    require_own_hand(by, what)
    if row["workspace"] is None:  # whoever edited it on a phone wrote nothing at a desk
        return
    event = store_events.one_of(by.rows, row["workspace"], row["seq"])
    if event is None:  # a task names an event that is there
        raise LookedAtByTwo(what=what, first="-")
    require_other_than(by, what, event)


def require_other_than(by: By, what: str, event: Event) -> None:
    """Let a person pass who is proved, and not the one under whose code an event stands, nor the one whose hand wrote it.

    Nor one through whose account of the database it was written, or who may be the same by their passphrases. A code that was
    only typed proves nobody: then it is the hand that counts.

    Args:
        by: who says that somebody looked.
        what: code of the alert or case.
        event: what was written down.

    Raises:
        OwnHandMissing, LookedAtByAnother: as they say; and what `require_apart` raises.
        LookedAtByTwo: whose hand it was nobody knows, or the person who passes knew that one's passphrase.
    """
    require_own_hand(by, what)
    first = event.actor.code
    hand = event.actor.hand if event.actor.proof == "claimed" else first
    for one in (first, hand):
        if same_worker(by.actor.code, one):
            raise LookedAtByAnother(what=what, first=first)
    if hand is None and event.account is None:
        raise LookedAtByTwo(what=what, first=first)
    try:
        _require_apart(by, what, hand or first, event)
    except FirstKeyFromSecond:
        raise LookedAtByTwo(what=what, first=first) from None


def _require_apart(by: By, what: str, hand: str, event: Event) -> None:
    if event.account is None and by.rows.account is not None:  # before accounts were kept
        require_not(by, what, event.subject, hand)
        return
    require_apart(by, what, hand, since=event.at, account=event.account)
