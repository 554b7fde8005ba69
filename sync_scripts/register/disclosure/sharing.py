"""May this leave, for this purpose, to this receiver? The one place that says so. Pure.

Every referral, hand-over, list, column, message, export and bundle asks here. What is missing, refused,
withdrawn or run out is a no; whom the person excluded wins over every purpose, and over an override. An override is for
a vital interest: two people, a reason, 72 hours, and never for court, advocacy, the United Nations, media or statistics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args

import msgspec

from sync_scripts.register.forms.answers import GIVEN, Consent
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import moment

Output = Literal[
    "referral_identity",
    "referral",
    "transfer",
    "report",
    "gbvims",
    "mrm",
    "uwazi",
    "bundle",
    "media_kit",
    "evidence",
    "facts",
    "services",
    "contact",
    "list",
    "notice",
]
"""What leaves. ``transfer`` hands a whole case over, ``evidence`` is one piece of it, ``facts`` and ``services`` are columns
of a workbook, ``contact`` is to call or visit the person, ``list`` is the bare row of a case on a phone or in a workbook,
``notice`` a message that something waits. A dossier is a ``bundle``, or a ``referral_identity`` where a service gets it."""

Receiver = Literal["us", "other_ngo", "authority", "court", "un", "media", "public"]
"""Who gets it."""

Why = Literal[
    "",
    "erased",
    "missing",
    "not_asked",
    "refused",
    "unable",
    "withdrawn",
    "expired",
    "withheld",
    "service_not_ticked",
    "scope",
    "child",
    "purpose",
    "unread",
]
"""Why not: the state of the consent, whom the person excluded, a service not ticked, identity that was not agreed to,
what a child's consent does not cover, a purpose that this output does not have, a form that came since and could not be read."""

OUTPUTS: Final[tuple[Output, ...]] = get_args(Output)
OVERRIDABLE: Final = frozenset({"document", "services", "refer_identity"})
"""Purposes that a vital interest can stand for."""

_PURPOSE: Final[dict[Output, tuple[str, ...]]] = {
    "referral_identity": ("services", "refer_identity"),
    "referral": ("services",),
    "transfer": ("services", "refer_identity"),
    "report": ("stats",),
    "gbvims": ("stats",),
    "mrm": ("un",),
    "media_kit": ("media",),
    "facts": ("document",),
    "services": ("services",),
    "contact": ("followup_contact",),
}
_NAMED: Final[dict[Output, Mapping[str, tuple[str, ...]]]] = {
    "uwazi": {one: (one,) for one in ("advocacy", "un", "justice")},
    "bundle": {one: (one,) for one in ("justice", "un")},
    "evidence": {one: (one, "photo_audio") for one in ("justice", "un", "advocacy", "media")},
}
"""Outputs whose purpose is named when they are made: by that purpose, all that have to stand."""
_WHOLE: Final = frozenset({"list", "notice"})
"""What says of a case only that it is there: it leaves until the people of the case withdrew or refused."""
_TO_OTHERS: Final = frozenset({"gbvims", "uwazi"})
"""Exports that other organisations read, whoever gets them first."""
_GIVEN_AWAY: Final = frozenset({"referral_identity", "referral", "transfer"})
"""What another organisation gets, whatever kind of organisation it is."""
_OF_GUARDIAN: Final = frozenset({"services", "refer_identity", "followup_contact"})
"""What a guardian alone can agree to for a child."""
_OF_CHILD: Final = _OF_GUARDIAN | {"document", "stats", "justice", "photo_audio"}
"""What a child and the guardian can agree to together; ``un`` for the table of grave violations alone."""
_UNABLE: Final = frozenset({"document", "stats"})
"""What is done for a person who cannot be asked: the least to document, by the family, and counts."""
_IDENTITY: Final = frozenset({"referral_identity", "transfer", "bundle", "evidence", "contact"})
_NAMED_TO_OTHERS: Final = _IDENTITY - {"contact"} | {"uwazi", "media_kit"}
"""What tells somebody outside of one person or case, and cannot be taken back; figures and help without her name are not."""


class Asked(msgspec.Struct, frozen=True):
    """What would leave.

    Attributes:
        output: as what.
        receiver: to whom.
        service: of a referral.
        purpose: named with an export, a bundle or a piece of evidence.
        counsel: a lawyer stands by a child before the court.
        official: the receiver is an office of the state, too, such as a provider that is the police.
    """

    output: Output
    receiver: Receiver = "us"
    service: str = ""
    purpose: str = ""
    counsel: bool = False
    official: bool = False


class Agreed(msgspec.Struct, frozen=True):
    """What one person agreed to.

    Attributes:
        consents: what is recorded, by purpose.
        withheld: whom the person excluded, codes set apart by blanks.
        child: the person is a child, or it is not known.
        minor: it is known that the person is a child; her own yes alone is then less than that of an adult.
        adult_from: ISO day from which a child is 18 for certain: a guardian's yes ends, her own is an adult's.
        erased: what was kept of the person was erased: nothing leaves any more, for no purpose and by no override.
        denied: purposes to which the same person said no in another case, and that hold wherever she is kept.
        unread: local day on which a server had the last form of the case that could not be read: she may say no in it. "" = all is read.
    """

    consents: tuple[Consent, ...] = ()
    withheld: str = ""
    child: bool = True
    minor: bool = False
    adult_from: str | None = None
    denied: frozenset[str] = frozenset()
    erased: bool = False
    unread: str = ""


class Answer(msgspec.Struct, frozen=True):
    """Yes or no.

    Attributes:
        allowed: it may leave.
        why: why not; empty when it may.
        identity: the identity may go along.
        by_override: only two people's override lets it leave.
    """

    allowed: bool
    why: Why = ""
    identity: bool = False
    by_override: bool = False


def may_leave(asked: Asked, agreed: Agreed, at: datetime, on: date) -> Answer:
    """Tell whether something about a person may leave.

    Args:
        asked: what, for what and to whom.
        agreed: what the person agreed to.
        at: the instant, for what was withdrawn or overridden.
        on: the local day, for what has run out.
    """
    if agreed.erased:
        return Answer(allowed=False, why="erased")
    if _withheld(asked, agreed.withheld):
        return Answer(allowed=False, why="withheld")
    if asked.output in _WHOLE:
        ended = _stopped(agreed, at)
        return Answer(allowed=not ended, why="withdrawn" if ended else "")
    purposes = _purposes(asked)
    if not purposes:
        return Answer(allowed=False, why="purpose")
    by_override = False
    for purpose in purposes:
        why, override = _one(purpose, asked, agreed, at, on)
        if why:
            return Answer(allowed=False, why=why)
        by_override = by_override or override
    return Answer(allowed=True, identity=_identity(asked, agreed, purposes[-1]), by_override=by_override)


def _purposes(asked: Asked) -> tuple[str, ...]:
    named = _NAMED.get(asked.output)
    if named is None:
        return _PURPOSE[asked.output]
    return named.get(asked.purpose, ())


def _withheld(asked: Asked, withheld: str) -> bool:
    excluded = set(withheld.split())
    others = asked.receiver == "other_ngo" or asked.output in _TO_OTHERS
    others = others or (asked.output in _GIVEN_AWAY and asked.receiver != "us")
    if "other_ngos" in excluded and others:
        return True
    official = asked.official or asked.receiver in {"authority", "court"} or asked.service == "police"
    return "authorities" in excluded and official


def _one(purpose: str, asked: Asked, agreed: Agreed, at: datetime, on: date) -> tuple[Why, bool]:
    """Return why one purpose does not stand, empty when it does; and whether only an override makes it stand."""
    if purpose in agreed.denied:
        return "refused", False
    rows = [one for one in agreed.consents if one.purpose == purpose]
    why: Why = "missing"
    for one in rows:
        why = _stands(one, asked, agreed, on) or _unread(one, asked, agreed)
        if not why:
            return "", False
    if purpose in OVERRIDABLE and any(overridden(one, at) for one in rows):
        return "", True
    return why, False


def _stands(one: Consent, asked: Asked, agreed: Agreed, on: date) -> Why:
    if one.withdrawn_at is not None:
        return "withdrawn"
    if one.state == "unable":
        return "" if one.purpose in _UNABLE else "unable"
    if one.state not in GIVEN:
        return {"refused": "refused", "not_asked": "not_asked", "withdrawn": "withdrawn"}.get(
            one.state, "missing"
        )  # type: ignore[return-value]  # words of Why
    if (one.expires_at or "") <= on.isoformat() or _grown_out_of(one, agreed, on):
        return "expired"
    of_child = _of_minor(one, agreed) if one.state == "given" else agreed.child
    if of_child and not _covers_child(one, asked):
        return "child"
    return _detail(one, asked)


def _unread(one: Consent, asked: Asked, agreed: Agreed) -> Why:
    """Return that a form may say no by now, where what leaves names the person to others; not if she was asked on a later day."""
    asked_since = not agreed.unread or (one.given_at or "") > agreed.unread
    return "" if asked_since or asked.output not in _NAMED_TO_OTHERS else "unread"


def _grown_out_of(one: Consent, agreed: Agreed, on: date) -> bool:
    """Tell whether a guardian said it for somebody who is an adult by now."""
    return one.state != "given" and agreed.adult_from is not None and agreed.adult_from <= on.isoformat()


def _of_minor(one: Consent, agreed: Agreed) -> bool:
    """Tell whether somebody said it herself while she was a child."""
    grown = agreed.adult_from is not None and (one.given_at or "") >= agreed.adult_from
    return agreed.minor and not grown


def _covers_child(one: Consent, asked: Asked) -> bool:
    if one.state == "guardian":
        return one.purpose in _OF_GUARDIAN
    if one.purpose == "justice":
        return asked.counsel
    both = one.state == "assent"
    return one.purpose in _OF_CHILD or (both and one.purpose == "un" and asked.output == "mrm")


def _detail(one: Consent, asked: Asked) -> Why:
    if one.purpose == "refer_identity" and asked.output == "referral_identity":
        ticked = msgspec.json.decode(one.detail or "{}").get("services", [])
        return "" if asked.service in ticked else "service_not_ticked"
    if asked.output in {"bundle", "evidence"} and one.purpose == "un":
        return "" if one.scope == "identified" else "scope"
    return ""


def overridden(one: Consent, at: datetime) -> bool:
    """Tell whether a valid override lies over a consent: two people, a reason, not over, never more than 72 hours."""
    if not (one.override_until and one.override_by_1 and one.override_by_2 and one.override_reason):
        return False
    if one.override_by_1.strip().upper() == one.override_by_2.strip().upper():
        return False
    begins = moment(one.override_from) if one.override_from else at
    until = moment(one.override_until)
    return begins <= at < until <= begins + timedelta(hours=load().case.override_max_h)


def _identity(asked: Asked, agreed: Agreed, purpose: str) -> bool:
    if asked.output == "media_kit":
        return any(one.purpose == purpose and one.scope == "identified" for one in agreed.consents)
    return asked.output in _IDENTITY


def warnings(withheld: str) -> tuple[str, ...]:
    """Return whom whoever contacts the person must keep it from: no bar, a warning."""
    return tuple(code for code in ("family", "community") if code in withheld.split())


def stands(purpose: str, agreed: Agreed, at: datetime, on: date) -> bool:
    """Tell whether one purpose stands, for a guard inside the organisation: nothing leaves by it."""
    rows = [one for one in agreed.consents if one.purpose == purpose]
    if any(_stands(one, Asked("facts", counsel=True), agreed, on) == "" for one in rows):
        return True
    return purpose in OVERRIDABLE and any(overridden(one, at) for one in rows)


# --- an alert -----------------------------------------------------------------------------------------------------


def alert_may_leave(asked: Asked, state: str | None, on: date) -> Answer:
    """Tell whether something of an alert may leave, by the one thing that it says of consent.

    It is handled, and told of, until the person refuses or withdraws; it goes to a provider when consent was given, and
    for nothing less.
    """
    said = Consent("services", state or "not_asked", expires_at=date.max.isoformat())
    at = datetime.combine(on, datetime.min.time(), tzinfo=UTC)
    return may_leave(asked, Agreed((said,)), at, on)


def alert_may_be_referred(state: str | None, on: date) -> bool:
    """Tell whether an alert may be handed to a provider: with consent given, and nothing less."""
    return alert_may_leave(Asked("referral", "other_ngo"), state, on).allowed


# --- a case as a whole --------------------------------------------------------------------------------------------

_HANDLED: Final = ("document", "services")


def case_may_leave(asked: Asked, people: Iterable[Agreed], at: datetime, on: date) -> Answer:
    """Tell whether what speaks of a case as a whole may leave: while somebody in it goes on, or nobody was asked yet."""
    answers = [may_leave(asked, one, at, on) for one in _talked(people)]
    return next((one for one in answers if one.allowed), answers[0] if answers else Answer(allowed=True))


def somebody_goes_on(asked: Asked, people: Iterable[Agreed], at: datetime, on: date) -> bool:
    """Tell whether somebody of some people was asked, and goes on: what still is done for her keeps a case going."""
    return any(may_leave(asked, one, at, on).allowed for one in _talked(people))


def _talked(people: Iterable[Agreed]) -> list[Agreed]:
    """Return those of some people who were asked whether the work on their case may be done."""
    return [one for one in people if any(row.purpose in _HANDLED for row in one.consents)]


def stopped(people: Iterable[Agreed], at: datetime) -> bool:
    """Tell whether all work on a case has to stop: everybody in it withdrew, or refused, both documents and services.

    A case about which nobody was asked yet goes on, and so does one whose consent only ran out: somebody has to ask.
    """
    return not case_may_leave(Asked("list"), people, at, at.date()).allowed


def gave_up(agreed: Agreed) -> bool:
    """Tell whether a person took back, or refused, something of what the work on her case rests on."""
    rows = (one for one in agreed.consents if one.purpose in _HANDLED)
    return any(one.withdrawn_at is not None or one.state in {"refused", "withdrawn"} for one in rows)


def _stopped(agreed: Agreed, at: datetime) -> bool:
    rows = [one for one in agreed.consents if one.purpose in _HANDLED]
    ended = (
        (one.withdrawn_at is not None or one.state in {"refused", "withdrawn"}) and not overridden(one, at)
        for one in rows
    )
    return bool(rows) and all(ended)
