"""The light marks of one form beside what is held of it: what is asked for, what changed, what was not shown. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sync_scripts.intake.places import reviewed, standing
from sync_scripts.servers.base import Mark, Status

_CHUNK: Final = 500


@dataclass(slots=True)
class Comparison:
    """What a sweep showed against what is held.

    Attributes:
        ask: (form, root) of submissions to be asked for: not held, of another version than the one held, or with
            files that came, went or were replaced.
        changes: what is back, and what is reviewed otherwise.
        seen: marks counted.
        rootless: versions shown without a root, by an older server.
        asked: the marks of these.
        twice: marks of a submission that another mark showed already, in the same version.
        erased: marks of what was erased here; nobody asks for it, but for a version that was not heard of before.
        blurred: marks of rows that cannot be read.
        nameless: of these, how many may be any submission: then nothing is told by absence.
    """

    ask: list[tuple[str, str]] = field(default_factory=list)
    changes: list[standing.Change] = field(default_factory=list)
    seen: int = 0
    rootless: set[str] = field(default_factory=set)
    asked: list[Mark] = field(default_factory=list)
    twice: int = 0
    erased: int = 0
    blurred: list[Mark] = field(default_factory=list)
    nameless: int = 0


Find = Callable[[Sequence[Mark]], Mapping[str, standing.Held]]
"""Gives what is held of some marks of one form: by root, and by version of those that name no root."""


def _number(root_id: str, instance_id: str, review: str | None) -> int:
    return hash((root_id, instance_id, reviewed.plain(review) or ""))


class Unshown:
    """What of a form is held and was not shown yet, each as one number: of everything held there is too much to hold."""

    __slots__ = ("count", "left")

    def __init__(self, held: Iterable[tuple[str, str, str, str | None]]) -> None:
        """Begin with all of it: root, instance id, status and review of the versions that count."""
        self.count: int = 0
        """Versions that count, those marked as deleted included."""
        self.left: set[int] = set()
        for root_id, instance_id, status, review in held:
            self.count += 1
            if status not in {standing.GONE, standing.ERASED}:
                self.left.add(_number(root_id, instance_id, review))

    def take(self, mark: Mark) -> bool:
        """Tell whether a mark shows, for the first time, what is held just so; it is shown then."""
        shown = hash((mark.root_id, mark.version, mark.status))
        if shown not in self.left:
            return False
        self.left.remove(shown)
        return True

    def show(self, one: standing.Held) -> bool:
        """Let a version held be shown, whatever was said of it; tell whether it was the first time."""
        shown = _number(one.root_id, one.instance_id, one.review)
        first = shown in self.left or one.gone
        self.left.discard(shown)
        return first

    def among(self, held: Iterable[standing.Held]) -> list[standing.Held]:
        """Return those of some submissions that were not shown, and are not marked as deleted."""
        return [
            one
            for one in held
            if not one.gone and _number(one.root_id, one.instance_id, one.review) in self.left
        ]


def compare(unshown: Unshown, marks: Iterable[tuple[Mark, bool]], find: Find) -> Comparison:
    """Compare the light marks of a form, and whether its files moved, with what is held of it; all but what is gone.

    A mark's place begins with the form.
    """
    found = Comparison()
    differs: list[tuple[Mark, bool]] = []
    for mark, moved in marks:
        found.seen += 1
        if moved or mark.blurred or not unshown.take(mark):
            differs.append((mark, moved))
            if len(differs) == _CHUNK:
                _differ(found, unshown, differs, find)
                differs = []
    _differ(found, unshown, differs, find)
    return found


def _differ(found: Comparison, unshown: Unshown, marks: Sequence[tuple[Mark, bool]], find: Find) -> None:
    """Say what is to be asked for, and what changed, of marks that do not show what is held."""
    held = find([mark for mark, _moved in marks]) if marks else {}
    for mark, moved in marks:
        here = held.get(mark.root_id or mark.version)
        if mark.root_id is None and not mark.blurred:
            found.rootless.add(mark.version)
        if here is not None and here.erased and (mark.blurred or here.instance_id == mark.version):
            found.erased += 1
            continue
        if mark.blurred:
            _blur(found, unshown, mark, here)
            continue
        key = (mark.place.partition("\t")[0], here.root_id if here else mark.root_id or mark.version)
        first = here is not None and unshown.show(here)
        if here is None or moved or here.instance_id != mark.version:
            found.ask.append(key)
            found.asked.append(mark)
        elif not first:
            found.twice += 1
        if here is not None and (first or mark.root_id is None or here.instance_id != mark.version):
            status = Status(key[0], key[1], review=mark.status or None, reviewer=mark.reviewer)
            found.changes += standing.changes({key: here}, [status])


def _blur(found: Comparison, unshown: Unshown, mark: Mark, here: standing.Held | None) -> None:
    """Note a row that cannot be read: by the id that it says, if any, it is there; it is asked for, and nothing changes."""
    found.blurred.append(mark)
    if here is not None:
        unshown.show(here)
    elif mark.root_id is None:
        found.nameless += 1
    name = here.root_id if here else mark.root_id or mark.version
    if name:
        found.ask.append((mark.place.partition("\t")[0], name))


def still_gone(
    vanished: Iterable[standing.Held], held: Mapping[tuple[str, str], standing.Held], shown: Collection[str]
) -> list[standing.Held]:
    """Return what is gone at a server some of whose rows name no root, once what it showed was taken.

    Before that, a submission that was edited looks like one that is gone and another that is new. Rows that name their
    root prove by themselves that they are there.

    Args:
        vanished: what no row showed, as it stood before.
        held: what is held now, by form and root.
        shown: versions of the rows without a root.
    """
    now = (held.get((one.form, one.root_id)) for one in vanished)
    return [one for one in now if one and not (one.gone or one.erased) and one.instance_id not in shown]
