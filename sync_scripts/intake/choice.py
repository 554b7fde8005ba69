"""Which of the files beside a submission to take: decided here, done in ``files``. Pure: reads and writes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sync_scripts.intake.plan import Keep, Same
from sync_scripts.intake.report import FileEmpty, FileMissing, FileTooLarge, HostileName, SameName
from sync_scripts.intake.tagging import hostile
from sync_scripts.servers.base import AttachmentRef

FILE_LIMIT = 100_000_000
"""Bytes of one file."""

Holder = Keep | Same


@dataclass(frozen=True, slots=True)
class Held:
    """What the register knows of one file of a submission version."""

    tag: str
    state: str
    question: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to take, or to write down as not taken."""

    holder: Holder
    ref: AttachmentRef
    tag: str
    question: str | None
    scope: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do with the files of one submission.

    Attributes:
        take: to be sealed and stored.
        marks: to be written down with their state, ``empty`` or ``refused``.
        notes: codes of what a person should know.
        awaited: some announced file is neither there nor given up.
    """

    take: tuple[Wanted, ...]
    marks: tuple[tuple[Wanted, str], ...]
    notes: tuple[str, ...]
    awaited: bool


def choose(
    holder: Holder,
    refs: Sequence[AttachmentRef],
    held: Mapping[str, Held],
    *,
    own: str,
    tag: Callable[[str, str], str],
    limit: int = FILE_LIMIT,
) -> Choice:
    """Decide about the files of one submission.

    Args:
        holder: the submission.
        refs: the files that the source lists.
        held: what the register knows, by tag; the files that answers announce among them.
        own: scope of the submission, for a file that no answer announces.
        tag: makes the tag of a name within a version.
        limit: bytes of one file.
    """
    chooser = _Chooser(limit)
    listed: set[str] = set()
    for ref in refs:
        name = tag(holder.version.instance_id, ref.name)
        known = held.get(name, Held(name, "new", None, own))
        if name in listed:
            chooser.notes.append(SameName.code)
        elif known.state != "held":
            chooser.look(Wanted(holder, ref, name, known.question, known.scope), known.state)
        listed.add(name)
    given_up = {one.tag for one in held.values() if one.state in {"held", "refused"}}
    given_up |= {one.tag for one in chooser.take}
    given_up |= {one.tag for one, state in chooser.marks if state == "refused"}
    left = held.keys() - given_up
    if isinstance(holder, Keep):  # said once, when the submission comes
        chooser.notes += [FileMissing.code] * len(left - listed)
    return Choice(tuple(chooser.take), tuple(chooser.marks), tuple(chooser.notes), awaited=bool(left))


@dataclass(slots=True)
class _Chooser:
    limit: int
    take: list[Wanted] = field(default_factory=list)
    marks: list[tuple[Wanted, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def look(self, wanted: Wanted, state: str) -> None:
        """Decide about one file that is not held yet; what was said at an earlier pull is not said again."""
        size = wanted.ref.size
        if size == 0:
            self._leave(wanted, "empty", FileEmpty.code, first=state in {"new", "missing"})
        elif size is not None and size > self.limit:
            self._leave(wanted, "refused", FileTooLarge.code, first=state != "refused")
        else:
            self.take.append(wanted)
            if hostile(wanted.ref.name) and state != "refused":
                self.notes.append(HostileName.code)

    def _leave(self, wanted: Wanted, state: str, note: str, *, first: bool) -> None:
        if first:
            self.marks.append((wanted, state))
            self.notes.append(note)
