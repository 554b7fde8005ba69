"""What a demonstration tells at its end: a short story in the person's language, and the next steps. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from gettext import gettext as _
from gettext import ngettext
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Story:
    """The counts of a demonstration. ``posted`` counts answers 201 that brought something new.

    ``problems`` are the codes under which submissions were put aside, ``expected`` those of the broken samples.
    """

    workspace: Path
    inbox: Path
    workbook: Path
    posted: int
    resent: int
    refused: int
    new: int
    edited: int
    problems: tuple[str, ...]
    alerts: int
    cases: int
    tasks: int
    seconds: float
    expected: tuple[str, ...]

    @property
    def quarantined(self) -> int:
        """How many submissions were put aside."""
        return len(self.problems)

    @property
    def as_expected(self) -> bool:
        """Whether exactly the broken samples were put aside, each for its own reason."""
        return sorted(self.problems) == sorted(self.expected)

    def document(self) -> dict[str, object]:
        """Return the counts for programs."""
        return {
            "schema": "dikalo.demo/1",
            "workspace": str(self.workspace),
            "inbox": str(self.inbox),
            "workbook": str(self.workbook),
            "posted": self.posted,
            "resent": self.resent,
            "refused": self.refused,
            "new": self.new,
            "edited": self.edited,
            "quarantined": self.quarantined,
            "alerts": self.alerts,
            "cases": self.cases,
            "tasks": self.tasks,
            "seconds": round(self.seconds, 1),
        }

    def lines(self, program: str = "dikalo") -> Iterator[str]:
        """Yield the story, line by line; ``program`` is how the person calls this program."""
        yield _("Here is what happened. Every person, place and fact was invented.")
        yield ""
        yield "1. " + _(
            "A classroom on this computer served the forms; a simulated phone fetched them and sent {posted} "
            "submissions. {resent} were sent again after a cut, and counted once. {refused} broken ones were refused."
        ).format(posted=self.posted, resent=self.resent, refused=self.refused)
        yield "2. " + _(
            "They were pulled into an encrypted register: {new} new, {edited} corrected later. Names, phone numbers and "
            "narratives are sealed; nothing below opened them."
        ).format(new=self.new, edited=self.edited)
        yield "3. " + ngettext(
            "{n} submission could not be read and was put aside, sealed: quarantine.",
            "{n} submissions could not be read and were put aside, sealed: quarantine.",
            self.quarantined,
        ).format(n=self.quarantined)
        yield "4. " + _(
            "Rules rated {alerts} alerts and said why. DEMO-01, an invented coordinator, read them and opened cases: "
            "{cases} are open. The phone got their codes, and sent interviews and follow-ups."
        ).format(alerts=self.alerts, cases=self.cases)
        yield "5. " + _("{tasks} tasks are waiting. The follow-up workbook is ready: {file}").format(
            tasks=self.tasks, file=self.workbook
        )
        yield ""
        yield _("Look around:")
        for command in ("", "alerts list", "alerts show CODE", "cases list", "quarantine list", "verify"):
            yield f"   {program} -C {self.workspace} {command}".rstrip()
        yield _(
            "Commands that a screen names stand there without -C: type them in the folder {folder}."
        ).format(folder=self.workspace)
        yield _(
            "No passphrase is asked here: those of a demonstration are published. A second person is played by dikalo "
            "approve CODE --as DEMO-02."
        )
        yield ""
        yield _("When you have seen enough, delete both folders: {one} and {two} (clear text).").format(
            one=self.workspace, two=self.inbox
        )
