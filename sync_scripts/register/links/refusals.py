"""Why a decision on a link is not taken."""

from __future__ import annotations

from dataclasses import dataclass
from gettext import gettext
from typing import ClassVar

from sync_scripts.errors import N_, Declined, UsageProblem
from sync_scripts.register.labels import label

__all__ = ["LinkNotShown", "LinkReasonMissing", "LinkWithItself"]


@dataclass(eq=False, kw_only=True)
class LinkWithItself(UsageProblem):
    """Both codes are the same alert's."""

    alert: str
    code: ClassVar[str] = "DK-R70"
    message: ClassVar[str] = N_(
        "Both codes are the alert {alert}: a decision needs two alerts. Nothing was changed. Give the code of the other "
        "one; dikalo alerts links {alert} shows which ones the rules propose."
    )


@dataclass(eq=False, kw_only=True)
class LinkReasonMissing(Declined):
    """The pair was decided before, or the rules do not propose it: then a reason is needed."""

    alert: str
    other: str
    was: str
    code: ClassVar[str] = "DK-R71"
    message: ClassVar[str] = N_(
        'The alerts {alert} and {other} are "{was}". To decide on a pair that the rules do not propose, or to change a '
        'decision, a reason is needed: it is kept. Nothing was changed. Add --reason "…".'
    )

    def words(self) -> str:
        """Return the sentence with the label of the decision."""
        was = label("link_decision", self.was)
        return gettext(self.message).format(alert=self.alert, other=self.other, was=was)


@dataclass(eq=False, kw_only=True)
class LinkNotShown(Declined):
    """Sexual violence: who may see the pair is the owner of the case, or coordination while there is none."""

    alert: str
    other: str
    code: ClassVar[str] = "DK-R72"
    message: ClassVar[str] = N_(
        "The alerts {alert} and {other} tell of sexual violence: only the worker in charge of the case decides on them, and "
        "the coordinator while there is no case. Nothing was changed. Ask that person."
    )
