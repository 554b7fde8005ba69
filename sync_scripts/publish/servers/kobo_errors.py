"""Forms of a KoboToolbox that got no list, or an empty one, and why: what a person must settle there. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.errors import Attention, DikaloError, Unreachable
from sync_scripts.publish.zones import PhonesWithoutZone

__all__ = ["FillersHidden", "FormOfOthers", "FormTakesAnybody", "FormsOutOfReach", "Left", "ListsLeftBehind"]


FormTakesAnybody: Final = Attention.declare(
    "DK-N40",
    "On {server} these forms take submissions without an account, or are shared with everybody, so anybody can fetch their "
    "list of cases: {forms}. So only an empty list is sent to them. End that in a browser (Settings of the form, Sharing), then "
    "run dikalo publish again.",
)
FillersHidden: Final = Attention.declare(
    "DK-N46",
    "The login of the role publish may not see on {server} who may fill these forms, and so who would get their list of "
    "cases: {forms}. So only an empty list is sent to them. Give it the right to manage the project (manage_asset) in a browser, then run "
    "dikalo publish again.",
)
FormOfOthers: Final = Attention.declare(
    "DK-N41",
    "On {server} these forms ask for a list of cases and belong to another account: {forms}. They get none. If one is yours, "
    "name it under forms of this server or of a [[team]] in dikalo.toml, then run dikalo publish again.",
)
FormsOutOfReach: Final = Unreachable.declare(
    "DK-N42",
    "On {server} the lists of these forms stayed as they were, because the server does not show or serve them: {forms}. "
    "Phones may still hold there what should have left. No other form waits for them. Take a form that is gone out of "
    "dikalo.toml; then run dikalo publish again.",
)
ListsLeftBehind: Final = Attention.declare(
    "DK-N45",
    "On {server} these forms had a list of cases, dikalo.toml names them no more, and the server does not show them: {forms}. "
    "If they were deleted there, no phone gets the list. If this login lost its right to them, phones still get the last "
    "one: look in a browser, share the form with the account of the role publish again, then run dikalo publish again. "
    "This is said once; dikalo doctor keeps them in mind.",
)


@dataclass(slots=True)
class Left:
    """Forms that got no list, or an empty one, by reason."""

    without: list[str] = field(default_factory=list)
    anybody: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    beyond: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)

    def failures(self, server: str) -> Iterator[DikaloError]:
        """Yield every reason with all its forms, the weightiest first: some are said only once, so none hides another."""
        if self.beyond:
            yield FormsOutOfReach(server=server, forms=", ".join(self.beyond))
        if self.anybody:
            yield FormTakesAnybody(server=server, forms=", ".join(self.anybody))
        if self.hidden:
            yield FillersHidden(server=server, forms=", ".join(self.hidden))
        if self.without:
            yield PhonesWithoutZone(server=server, which=", ".join(dict.fromkeys(self.without)))
        if self.behind:
            yield ListsLeftBehind(server=server, forms=", ".join(self.behind))
        if self.others:
            yield FormOfOthers(server=server, forms=", ".join(self.others))
