"""What a case opens: one row a condition, walked in order; what news asks stands apart, for it comes once all else is known. Pure.

A kind of task is its table in ``rules/tasks.toml``, a condition that yields when it counts, and one row here, or in the table of
an alert, a service, a step before a court, a custody or a submission.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from sync_scripts.register.case.case_decisions import closure_pending, closures_asked, suspensions
from sync_scripts.register.case.consent_tasks import (
    consents_to_renew,
    erasures_owed,
    grown_up,
    receivers_owed,
    unable,
)
from sync_scripts.register.case.tasks import Conditions
from sync_scripts.register.consents.checks import interview_looks, second_looks
from sync_scripts.register.consents.confidentiality import Closeness
from sync_scripts.register.consents.withdrawals import implied_erasures, implied_receivers
from sync_scripts.register.history.person_decisions import gone_elsewhere
from sync_scripts.register.obligations.case_due import Agreements, CaseDue
from sync_scripts.register.obligations.upkeep import kept_until, supervisions, unassigned
from sync_scripts.register.policy.standing import Standing
from sync_scripts.register.urgency.tasks import Left, dangers, falls
from sync_scripts.store.events import Event


class WholeCase(NamedTuple):
    """A case as its tasks see it.

    Attributes:
        due: its forms, its rows, and where its events brought it.
        agreed: what its people agreed to.
        standing: how urgent it is.
        closeness: how closely it is kept.
        said: the decisions about it and about what belongs to it, in their one order.
    """

    due: CaseDue
    agreed: Agreements
    standing: Standing
    closeness: Closeness
    said: Sequence[Event]

    @property
    def about_people(self) -> Sequence[Event]:
        """Return what was decided about its people, in order."""
        return self.due.given.about_people


CASE: Final[Conditions[WholeCase]] = (
    ("assign", lambda one: unassigned(one.due.now, one.due.opened_at)),
    ("supervision", lambda one: supervisions(one.due.now, one.due.opened_at)),
    ("assessment", lambda one: one.due.assessments()),
    ("closure_review", lambda one: closures_asked(one.due.given.of("closure"), one.due.now)),
    ("plan", lambda one: one.due.plans()),
    ("consent_ask", lambda one: one.due.never_asked()),
    ("followup", lambda one: one.due.visits()),
    ("source_risk", lambda one: one.due.sources),
    ("consent_renew", lambda one: consents_to_renew(one.agreed.people.values(), one.due.rules)),
    ("consent_adult", lambda one: grown_up(one.agreed.people, one.agreed.perhaps_adults)),
)
"""What a case opens for itself by what its forms say."""

TOUCHED: Final[Conditions[WholeCase]] = (
    ("suspend_review", lambda one: one.due.lost()),
    ("suspended_review", lambda one: suspensions(one.due.now, one.due.rules)),
    ("closure_review", lambda one: closure_pending(one.due.now)),
    ("retention_review", lambda one: kept_until(one.due.now, one.due.rules)),
    (
        "consent_purge",
        lambda one: erasures_owed(one.about_people, one.agreed.people, gone_elsewhere(one.due.given.events)),
    ),
    ("consent_purge", lambda one: implied_erasures(one.agreed.taken_back, one.about_people)),
    ("tell_receiver", lambda one: receivers_owed(one.about_people, one.agreed.told)),
    ("tell_receiver", lambda one: implied_receivers(one.agreed.taken_back, one.agreed.told)),
    (
        "withdrawal_check",
        lambda one: second_looks(one.due.given.unit, one.agreed.levels, one.said, one.due.rules),
    ),
    (
        "withdrawal_check",
        lambda one: interview_looks(
            one.due.given, one.agreed.levels, one.said, one.agreed.kept, one.due.rules
        ),
    ),
    ("consent_review", lambda one: unable(one.about_people, one.agreed.people)),
    ("confidentiality_check", lambda one: one.closeness.less_asked()),
    ("urgency_check", lambda one: falls(one.due.given, one.standing)),
)
"""What it opens only once something was decided, edited or corrected, or an alert belongs to it."""

NEWS: Final[Conditions[Left]] = (
    ("danger_check", lambda one: dangers(one, works=True)),
    ("set_aside_check", lambda one: dangers(one, works=False)),
)
"""What news of the urgency of an alert or a case opens."""
