"""What an alert opens: to be triaged, a first contact, a first action, care, what a withdrawal owes. Pure.

The same table serves an alert without a case and one of a case; what it is made of comes from either.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from sync_scripts.register.case.consent_tasks import alert_erasures_owed, provider_owed
from sync_scripts.register.case.medical_limits import at_once
from sync_scripts.register.case.tasks import Conditions, Holder, Occasion, Rows, tasks_of
from sync_scripts.register.consents.checks import alert_looks, second_looks
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.store.events import Event


class AlertDue(msgspec.Struct, frozen=True, kw_only=True):
    """What the tasks of an alert are made of; ends are instants as text, None while open.

    ``stopped_at`` is when the person withdrew or refused: nobody calls her and nothing is done for her any more. ``ended_at``
    is when it was dismissed, which ends all that is still open. ``care`` tells whether care after sexual violence is due at
    once, ``cared_at`` when something ended that. ``said`` was decided about it, in order; ``edited`` is its form, if that
    arrived more than once.
    """

    holder: Holder
    received: datetime
    consent: str | None
    triaged_at: str | None
    contacted_at: str | None
    acted_at: str | None
    asked_at: str | None
    ended_at: str | None
    stopped_at: str | None
    care: bool
    cared_at: str | None
    referred_to: str | None
    said: Sequence[Event]
    edited: Filed | None

    def until(self, *ends: str | None) -> Sequence[Occasion]:
        """Return its arrival, ended by the first end that is known, else by its dismissal."""
        done_at = next((at for at in ends if at is not None), self.ended_at)
        return [Occasion(self.received, done_at=done_at)]

    def looks(self) -> list[Occasion]:
        """Return each refusal or withdrawal that somebody else looks at."""
        holder = self.holder
        written = second_looks(holder.subject, [holder.level], self.said, holder.rules, done_at=self.ended_at)
        if self.edited is None or self.consent not in {"refused", "withdrawn"}:
            return [*written]
        edits = alert_looks(self.edited, self.said, self.received, holder.rules, done_at=self.ended_at)
        return [*written, *edits]

    def care_at_once(self) -> list[Occasion]:
        """Return that she is brought to care, where her alert is of sexual violence."""
        done_at = self.cared_at or self.stopped_at or self.ended_at
        return [at_once(self.received, self.holder.rules, done_at=done_at)] if self.care else []


ALERT: Final[Conditions[AlertDue]] = (
    ("triage", lambda one: one.until(one.triaged_at)),
    ("first_contact", lambda one: one.until(one.contacted_at, one.stopped_at)),
    ("first_action", lambda one: one.until(one.acted_at, one.stopped_at)),
    ("consent_ask", lambda one: one.until(one.asked_at) if one.consent == "not_asked" else ()),
    ("consent_review", lambda one: one.until(one.asked_at) if one.consent == "unable" else ()),
    ("clinical_limit", AlertDue.care_at_once),
    ("consent_purge", lambda one: alert_erasures_owed(one.said, one.holder.subject)),
    (
        "tell_receiver",
        lambda one: provider_owed(
            one.said,
            one.holder.subject,
            one.referred_to,
            one.stopped_at if one.consent == "refused" else None,
        ),
    ),
    ("withdrawal_check", AlertDue.looks),
)
"""What an alert opens."""


def alert_tasks(alert: AlertDue) -> Rows:
    """Yield the tasks of an alert."""
    return tasks_of(alert, alert.holder, ALERT)
