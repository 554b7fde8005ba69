"""What a person agreed to, as a form recorded it. Pure. What it lets leave is for `disclosure.sharing` to say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Final

from sync_scripts.register.forms.records import Value
from sync_scripts.register.rules.clocks import after_months
from sync_scripts.store.canonical import canonical

__all__ = ["GIVEN", "Consent", "given", "not_overridden", "yes_of"]

GIVEN: Final = frozenset({"given", "guardian", "assent"})
"""States that count as a yes until they expire or are withdrawn."""

_SCOPES: Final = frozenset({"anonymous", "identified"})
_CHANNELS: Final = frozenset({"phone", "visit", "intermediary"})
_LISTS: Final = frozenset({"refer_identity"})
_WITH_CHANNEL: Final = frozenset({"followup_contact"})


@dataclass(frozen=True, slots=True)
class Consent:
    """One purpose for one person, as it stands; dates as ISO days, instants as text, ``detail`` as canonical JSON."""

    purpose: str
    state: str
    scope: str | None = None
    detail: str | None = None
    given_at: str | None = None
    expires_at: str | None = None
    withdrawn_at: str | None = None
    override_reason: str | None = None
    override_by_1: str | None = None
    override_by_2: str | None = None
    override_until: str | None = None
    override_from: str | None = None


def not_overridden(one: Consent) -> Consent:
    """Return a consent over which no override lies any more: the person was reached, and said no."""
    return replace(
        one,
        override_reason=None,
        override_by_1=None,
        override_by_2=None,
        override_until=None,
        override_from=None,
    )


@lru_cache(maxsize=2048)
def given(purpose: str, answer: Value, yes: str, day: date, months: int) -> Consent | None:
    """Return what an answer to a consent question means; None when it says neither yes nor no.

    Args:
        purpose: the purpose asked about.
        answer: the answer; a sealed one says nothing to the everyday register.
        yes: what a yes counts as, see `yes_of`.
        day: day of the talk.
        months: for how long a consent holds.
    """
    if not isinstance(answer, str):
        return None
    if answer == "no":
        return Consent(purpose, "refused")
    scope = answer if answer in _SCOPES else None
    detail = _detail(purpose, answer)
    if answer != "yes" and scope is None and detail is None:
        return None
    until = after_months(day, months)
    return Consent(purpose, yes, scope, detail, day.isoformat(), until.isoformat())


def _detail(purpose: str, answer: str) -> str | None:
    if purpose in _LISTS:
        return canonical({"services": sorted(answer.split())})
    return canonical({"channel": answer}) if purpose in _WITH_CHANNEL and answer in _CHANNELS else None


def yes_of(by: Mapping[str, Value]) -> str:
    """Return what a yes counts as: the person's own, the guardian's, or a child's and the guardian's.

    Somebody else's yes, such as the family's for a missing man, is never the person's own: it counts as a guardian's, and
    for a child as one without assent.
    """
    who = by.get("consent_by") or "self"
    if who == "self":
        return "given"
    return "assent" if who == "guardian" and by.get("child_assent") == "yes" else "guardian"
