"""Why a decision on a link is not taken."""

from __future__ import annotations

from functools import partial
from typing import Final

from sync_scripts.errors import Declined, UsageProblem
from sync_scripts.register.rules.labels import label

__all__ = ["GroupChanged", "LinkNotShown", "LinkReasonMissing", "LinkWithItself", "PersonWithItself"]


LinkWithItself: Final = UsageProblem.declare(
    "DK-R70",
    "Both codes are the alert {alert}: a decision needs two alerts. Nothing was changed. Give the code of the other "
    "one; dikalo alerts links {alert} shows which ones the rules propose.",
)
PersonWithItself: Final = UsageProblem.declare(
    "DK-R09",
    "Both codes are {person} of the case {case}: a decision needs two people. Nothing was changed. Give the case and the code of the "
    "other one; dikalo person links {case} shows whom the rules propose.",
)
LinkReasonMissing: Final = Declined.declare(
    "DK-R71",
    'The alerts {alert} and {other} are "{was}". To decide on a pair that the rules do not propose, or to change a '
    'decision, a reason is needed: it is kept. Nothing was changed. Add --reason "…".',
    shown={"was": partial(label, "link_decision")},
)
LinkNotShown: Final = Declined.declare(
    "DK-R72",
    "The alerts {alert} and {other} tell of sexual violence: only the worker in charge of the case decides on them, and "
    "the coordinator while there is no case. Nothing was changed. Ask that person.",
)
GroupChanged: Final = Declined.declare(
    "DK-G01",
    "No group beside {alert} is {mark} any more: something of it was changed or decided since it was shown. Nothing was "
    "changed. Look at it again, then give the mark that is shown now.",
)
