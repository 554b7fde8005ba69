"""Which of the files beside a submission to take: decided here, done in ``files``. Pure: reads and writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from sync_scripts.intake import notes
from sync_scripts.intake.receive.decisions import Filed, Keep, Same
from sync_scripts.intake.receive.split import hostile, same_bytes
from sync_scripts.servers.base import AttachmentRef

FILE_LIMIT = 100_000_000
"""Bytes of one file."""

Holder = Keep | Same | Filed


@dataclass(frozen=True, slots=True)
class Held:
    """What the register knows of one file of a submission version.

    ``mark`` is the cut tag of what the server said of its bytes, with `GONE` before it once the server has them no
    more; ``None`` = it said nothing yet. ``further`` = it came in the place of another.
    """

    tag: str
    state: str
    question: str | None
    scope: str
    mark: str | None = None
    further: bool = False

    @property
    def gone(self) -> bool:
        """Tell whether the server was seen without it."""
        return self.mark is not None and self.mark.startswith(GONE)


Shadow = dict[str, dict[str, Held]]
"""What a dry run would have stored: files by instance id and tag."""
GONE = "gone:"
"""Before the mark of a file that the server has no more."""


class Tags(Protocol):
    """The keyed tags that a choice needs."""

    def file(self, instance_id: str, name: str) -> str:
        """Return the tag of a file name within one submission version."""

    def bytes(self, said: str) -> str:
        """Return the cut tag of what a server says of a file's bytes."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to take, or to write down as not taken; ``follows`` = tag of the file in whose place it was shown."""

    holder: Holder
    ref: AttachmentRef
    tag: str
    question: str | None
    scope: str
    follows: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do with the files of one submission.

    Attributes:
        take: to be sealed and stored.
        marks: to be written down with their state, ``empty`` or ``refused``.
        notes: codes of what a person should know.
        learnt: (tag, mark) of held files of which the server says something else now, or no more shows them.
        awaited: some announced file is neither there nor given up.
        missing: tags of announced files for which the source was asked now for the first time, and which it has not got.
    """

    take: tuple[Wanted, ...]
    marks: tuple[tuple[Wanted, str], ...]
    notes: tuple[str, ...]
    awaited: bool
    learnt: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()


def choose(
    holder: Holder,
    refs: Sequence[AttachmentRef],
    held: Mapping[str, Held],
    *,
    own: str,
    tags: Tags,
    limit: int = FILE_LIMIT,
    whole: bool = False,
) -> Choice:
    """Decide about the files of one submission.

    Args:
        holder: the submission.
        refs: the files that the source lists.
        held: what the register knows, by tag; the files that answers announce among them.
        own: scope of the submission, for a file that no answer announces.
        tags: makes the tag of a name within a version, and of what is said of its bytes.
        limit: bytes of one file.
        whole: the source lists everything that it has, so what it leaves out is there no more.
    """
    chooser = _Chooser(limit, held, tags)
    listed, unproved = set[str](), set[str]()
    for ref in refs:
        name = tags.file(holder.version.instance_id, ref.name)
        known = held.get(name, Held(name, "new", None, own))
        if name in listed:
            chooser.notes.append(notes.SameName.code)
        elif known.state == "erased":
            pass  # what was taken out does not come again
        elif known.state != "held" and not ref.handle:
            unproved.add(name)  # it is there, and nothing proves it yet: it is taken with the others
        elif known.state != "held":
            chooser.look(Wanted(holder, ref, name, known.question, known.scope), known.state)
        else:
            chooser.compare(Wanted(holder, ref, name, known.question, known.scope), known)
        listed.add(name)
    if whole:
        chooser.miss(listed)
    given_up = {one.tag for one in held.values() if one.state in {"held", "refused", "erased"}}
    given_up |= {one.tag for one in chooser.take}
    given_up |= {one.tag for one, state in chooser.marks if state == "refused"}
    left = held.keys() - given_up
    missing = sorted(tag for tag in left - (listed - unproved) if held[tag].state == "announced")
    chooser.notes += [notes.FileMissing.code] * len([*filter(lambda tag: tag not in listed, missing)])
    return Choice(
        tuple(chooser.take),
        tuple(chooser.marks),
        tuple(chooser.notes),
        awaited=bool(left),
        learnt=tuple(chooser.learnt),
        missing=tuple(missing),
    )


@dataclass(slots=True)
class _Chooser:
    limit: int
    held: Mapping[str, Held]
    tags: Tags
    take: list[Wanted] = field(default_factory=list)
    learnt: list[tuple[str, str]] = field(default_factory=list)
    marks: list[tuple[Wanted, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def look(self, wanted: Wanted, state: str) -> None:
        """Decide about one file that is not held yet; what was said at an earlier pull is not said again."""
        size = wanted.ref.size
        if size == 0:
            self._leave(wanted, "empty", notes.FileEmpty.code, first=state in {"new", "announced", "missing"})
        elif size is not None and size > self.limit:
            self._leave(wanted, "refused", notes.FileTooLarge.code, first=state != "refused")
        else:
            self.take.append(wanted)
            if hostile(wanted.ref.name) and state != "refused":
                self.notes.append(notes.HostileName.code)

    def compare(self, wanted: Wanted, known: Held) -> None:
        """Decide about one file that is held: where the server has other bytes now, they are a further version."""
        mark = self.tags.bytes(wanted.ref.mark) if wanted.ref.mark else None
        before = (known.mark or "").removeprefix(GONE) or None
        same = same_bytes(mark, before) if mark and before else None
        if mark is None or same:
            if known.gone and before is not None:
                self.learnt.append((known.tag, before))  # it is back
        elif same is None:  # nothing was said before, or it was moved elsewhere meanwhile
            self.learnt.append((known.tag, mark))
        else:
            self._further(wanted, mark)

    def _further(self, wanted: Wanted, mark: str) -> None:
        name = self.tags.file(wanted.holder.version.instance_id, f"{wanted.ref.name}\0{mark}")
        further = self.held.get(name)
        if further is None or further.state != "held":
            self.take.append(replace(wanted, tag=name, follows=wanted.tag))
            self.notes.append(notes.FileReplaced.code)

    def miss(self, listed: Collection[str]) -> None:
        """Note the held files that the server shows no more; they stay here."""
        for one in self.held.values():
            if one.state == "held" and not one.gone and one.tag not in listed and not one.further:
                self.learnt.append((one.tag, GONE + (one.mark or "")))
                self.notes.append(notes.FileCleared.code)

    def _leave(self, wanted: Wanted, state: str, note: str, *, first: bool) -> None:
        if first:
            self.marks.append((wanted, state))
            self.notes.append(note)
