"""What became of the lists at one place: what was done, what stayed and why, and what stopped it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sync_scripts.errors import Attention, DikaloError, Unreachable
from sync_scripts.publish.leaving import Audience, OpenCase, may_leave

NotOnPhones: Final = Unreachable.declare(
    "DK-H07",
    "The server {server} took the lists of the form {form}, but does not hand them to phones yet. Run dikalo publish "
    "again in some minutes: it looks again, and completes what is missing.",
)
NotSeen: Final = Attention.declare(
    "DK-N49",
    "The server {server} took the lists of the form {form}, but does not list the form to the login of the role publish as "
    "it would to a phone, so dikalo could not see whether phones have them. Look on one phone. Give that login the right "
    "to add submissions to the form, in a browser; then it is looked at each time.",
)


@dataclass(slots=True)
class Done:
    """The outcome for one server, or for the folder.

    Attributes:
        server: its name, "" for the folder.
        kind: ``folder``, ``central`` or ``kobo``.
        cases: how many cases its phones hold between them, or would.
        kept: how many stay, by reason; see `leaving.Why`.
        deeds: (deed, list, how many rows or files) that were done, or would be.
        waits: instant until which a change waits, "" = none does.
        foreign: rows there that this register did not make, and left alone.
        drafts: forms that keep the list they have, because there is a draft of somebody's.
        stuck: forms whose phones still show a case that had to leave, because there is a draft of somebody's.
        archived: forms that are closed at the server, and whose list would change.
        strangers: forms whose list was not the one that was sent last: somebody else sends it, too.
        emptied: forms that nothing names any more, and whose list was emptied.
        less: nothing could come; only what must leave the lists left.
        held: something must leave and could not yet, because another command writes to the workspace.
        failures: what stopped it, or some form of it, in the order in which it was met: each is to be said.
    """

    server: str
    kind: str
    cases: int = 0
    kept: Counter[str] = field(default_factory=Counter)
    deeds: list[tuple[str, str, int]] = field(default_factory=list)
    waits: str = ""
    foreign: int = 0
    drafts: list[str] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)
    archived: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    emptied: list[str] = field(default_factory=list)
    less: bool = False
    held: bool = False
    failures: list[DikaloError] = field(default_factory=list)

    @property
    def failure(self) -> DikaloError | None:
        """Return the weightiest failure: that with the highest exit code, the first of several."""
        return max(self.failures, key=lambda one: one.exit_code, default=None)

    @property
    def unfinished(self) -> bool:
        """Tell whether something could not be done at all, rather than that a person must settle something."""
        return not all(isinstance(one, Attention) for one in self.failures)

    @property
    def changed(self) -> bool:
        """Tell whether something was, or would be, written."""
        return bool(self.deeds)

    @property
    def asks(self) -> bool:
        """Tell whether a person must do something at the server: else some form keeps, or gets again, a list that it should not have."""
        return bool(self.kept_back or self.strangers)

    @property
    def kept_back(self) -> bool:
        """Tell whether some form keeps a list that it should not have, because of what somebody did at the server."""
        return bool(self.drafts or self.stuck or self.archived)

    def count_all(self, cases: Iterable[OpenCase], to: Sequence[Audience]) -> None:
        """Count the open cases that leave for anybody, and those that leave for nobody by the weightiest reason."""
        for case in cases:
            reasons = {may_leave(case, audience) for audience in to}
            if "" in reasons:
                self.cases += 1
            elif reasons and "left" not in reasons:
                self.kept[
                    next(why for why in ("withdrawn", "secret", "owner", "zone") if why in reasons)
                ] += 1

    def deed(self, name: str, file: str, number: int) -> None:
        """Note a deed; none is none."""
        if number:
            self.deeds.append((name, file, number))

    def document(self) -> dict[str, Any]:
        """Return it for programs."""
        return {
            "server": self.server,
            "kind": self.kind,
            "cases": self.cases,
            "kept": dict(sorted(self.kept.items())),
            "changed": self.changed,
            "deeds": [{"deed": name, "list": file, "count": number} for name, file, number in self.deeds],
            "waits_until": self.waits,
            "foreign": self.foreign,
            "drafts": self.drafts,
            "stuck": self.stuck,
            "archived": self.archived,
            "strangers": self.strangers,
            "emptied": self.emptied,
            "less": self.less,
            "held": self.held,
            "failure": self.failure.code if self.failure else None,
            "failures": [one.code for one in self.failures],
        }
