"""What to do with each submission that a source shows: decided here, done elsewhere. Pure: no clock, no database.

A page of what was read and what is known about it goes in, one decision a submission comes out. The same page over
the same knowledge always gives the same decisions, so a dry run shows exactly what a real run would do.

What a server says beside the content stands here too, and what a trial would have stored: met again in the same run, it is known.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sync_scripts.errors import Attention
from sync_scripts.intake import errors
from sync_scripts.intake.encryption.ciphertext import Locked
from sync_scripts.intake.places import table
from sync_scripts.intake.places.table import ERASED, UNANSWERED, Seen
from sync_scripts.intake.receive import known
from sync_scripts.intake.receive.answers import Answers, Submission
from sync_scripts.intake.receive.decisions import (
    Aside,
    Decision,
    Erased,
    Item,
    Keep,
    Known,
    Same,
    Version,
    Wait,
    named,
    outcome,
    own_id,
    received_at,
)
from sync_scripts.intake.receive.split import Split
from sync_scripts.register.forms.submissions import kind_of
from sync_scripts.servers.base import Found
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows


def submitter(one: Keep) -> str | None:
    """Return the account that sent a version, as its server says; what the phone wrote counts where servers do not say.

    A KoboToolbox always says: nobody there is somebody without an account, whatever name the phone wrote.
    """
    found = one.item.found
    return found.submitter if found.shape == "kobo" else found.submitter or one.submission.submitter


def details(found: Found, at: str) -> dict[str, str | int]:
    """Return what stands in no column, for the line of custody: the number of the row, and the server's time when it is not ``at``.

    That happens where the server's clock, or a sender who may set it, is ahead of ours.
    """
    number, stamp = found.sighting.number, instant(found.received_at) if found.received_at else at
    return {**({} if number is None else {"row": number}), **({} if stamp == at else {"stamp": stamp})}


@dataclass(slots=True)
class Trial:
    """What a dry run decided about one source; a real run leaves it empty.

    Attributes:
        known: the versions that it would have stored, or met again.
        places: how the places looked from which it decided something, and what would have come of them, by their tags.
    """

    known: Known = field(default_factory=Known)
    places: dict[str, Seen] = field(default_factory=dict)

    def note(self, decisions: Iterable[Decision]) -> None:
        """Remember what was decided."""
        for one in decisions:
            if isinstance(one, Keep | Same):
                self.known.add(one.version)
            sighting = one.item.found.sighting
            self.places[one.item.tag] = Seen(sighting.size, sighting.moved_ns, *outcome(one))

    def seen(self, rows: Rows, server: str, tags: Sequence[str]) -> dict[str, Seen]:
        """Return how these places looked when they were last read, in this run too."""
        found = table.seen(rows, server, tags)
        return found | {tag: self.places[tag] for tag in tags if tag in self.places} if self.places else found

    def held(self, rows: Rows, server: str, versions: Sequence[str]) -> set[str]:
        """Return those of these versions that stand here, or would."""
        return known.held(rows, server, versions) | self.known.versions.keys() & set(versions)


class Tags(Protocol):
    """The keyed tags that a decision needs."""

    def number(self, kind: str, text: str) -> int | None:
        """Return the cut tag of a phone or document number."""

    def file(self, instance_id: str, name: str) -> str:
        """Return the tag of a file name within one submission version."""


def plan(items: Iterable[Item], known: Known, tags: Tags, now: str) -> list[Decision]:
    """Return one decision for each item, in their order. ``known`` learns what is decided to be kept.

    Args:
        items: what was read, at most one page.
        known: what the register holds of it.
        tags: keyed tags.
        now: instant that stands for "received" where the source has no stamp of its own.
    """
    waiting = list(items)
    chains = {
        item.answers.submission.instance_id: item.answers.submission.deprecated_id
        for item in waiting
        if item.answers is not None
    }
    planner = _Planner(known, chains, tags, now)
    return [planner.decide(item) for item in waiting]


@dataclass(frozen=True, slots=True)
class _Planner:
    """One page being decided; ``chains`` says which version each one on the page replaces."""

    known: Known
    chains: Mapping[str, str | None]
    tags: Tags
    now: str

    def decide(self, item: Item) -> Decision:
        return self._erased(item) or self._readable(item)

    def _readable(self, item: Item) -> Decision:
        if item.locked is not None:
            return Wait(item, item.locked, self._unproved(item, item.locked))
        if item.answers is None:
            return Aside(item, item.refusal or errors.Refused())
        submission = item.answers.submission
        splitter = self.known.splitters.get((submission.stamp, submission.stamp_version))
        if splitter is None:
            return Aside(item, self._unknown(submission))
        held = self.known.versions.get(submission.instance_id)
        refused = item.exposed and not item.accepted
        if refused and held is None and kind_of(splitter.entities) != "alert":
            return Aside(
                item, errors.ClearOnEncrypted(form=submission.stamp, version=submission.stamp_version)
            )
        root_id, joins = (held.root_id, None) if held else self._root(item, submission)
        split = splitter.split(item.answers, root_id, self.tags.number)
        version = self._version(item, submission, split, root_id)
        if held is not None:
            return _again(item, submission, held, version, split)
        edit = bool(submission.deprecated_id) or root_id != submission.instance_id
        self.known.add(version)
        return Keep(item, submission, version, split, edit, joins, self._gap(item, submission))

    def _erased(self, item: Item) -> Erased | None:
        """Return what is left where it is: it, or what it says it is a version of, was erased.

        What bears the id of a version that lives here is judged as such, whatever else it says of itself; one out of which
        somebody was taken lives, and is the same, whatever its source still holds.
        """
        if not self.known.erased or self._lives(item):
            return None
        ids = self._ids(item)
        scope = next((self.known.erased[one] for one in ids if one in self.known.erased), None)
        new = tuple(one for one in ids if one not in self.known.erased)
        return None if scope is None else Erased(item, scope, new, changed=self._changed(item))

    def _changed(self, item: Item) -> bool:
        """Tell whether what bears the number of something erased is something else, by what is kept of that.

        What lies there as it did when that was asked is not asked again. Of what is encrypted nobody can tell.
        """
        held, before, sighting = self.known.versions.get(own_id(item)), item.before, item.found.sighting
        asked = before is not None and before.state == ERASED and before.size == sighting.size > 0
        if (
            asked
            and before is not None
            and (before.stamp[1] == sighting.moved_ns or before.reason == UNANSWERED)
        ):
            return False
        if held is None or item.locked is not None or item.wrapped is not None:
            return False
        return item.answers is None or not self._may_be(item, item.answers, held)

    def _may_be(self, item: Item, answers: Answers, held: Version) -> bool:
        """Tell whether answers may be those that were erased: of one form, of one length, and open ones that begin their hash alike."""
        said = answers.submission
        splitter = self.known.splitters.get((said.stamp, said.stamp_version))
        if splitter is None or said.stamp != held.stamp or not _as_long(item, held, said.form):
            return False
        split = splitter.split(answers, held.root_id, self.tags.number)
        return _open_hash(split).startswith(held.open_hash or "")

    def _unproved(self, item: Item, locked: Locked) -> Version | None:
        """Return the version that was opened from this very row and form before its files came; nobody else's of that number."""
        if locked.reason != "files":
            return None
        form = item.found.sighting.place.partition("\t")[0]
        return self.known.unproved.get((form, item.found.root_id or "", locked.instance_id))

    def _lives(self, item: Item) -> bool:
        own = own_id(item)
        return own in self.known.versions and (own in self.known.redacted or own not in self.known.erased)

    def _ids(self, item: Item) -> list[str]:
        """Return every id by which an item says what it is: its own, its root's, of what it replaces and is replaced by."""
        found = [*named(item)]
        if item.answers is not None:
            one: str | None = item.answers.submission.instance_id
            found.append(self.known.replaced_by.get(one or "", ""))
            chain: set[str] = set()
            while (one := self.chains.get(one or "")) is not None and one not in chain:
                chain.add(one)
            found += sorted(chain)
        return [one for one in dict.fromkeys(found) if one]

    def _gap(self, item: Item, submission: Submission) -> bool:
        """Tell whether a server left out the version before; in a folder it may still come."""
        before = submission.deprecated_id
        of_server = item.found.sighting.root_id is not None
        return bool(of_server and before and before not in self.known.versions and before not in self.chains)

    def _unknown(self, submission: Submission) -> Attention:
        kind = errors.UnknownVersion if submission.stamp in self.known.stamps else errors.UnknownForm
        return kind(form=submission.stamp, version=submission.stamp_version)

    def _root(self, item: Item, submission: Submission) -> tuple[str, str | None]:
        """Return the root of a version not yet held, and a second root when it joins two that stand apart.

        The server's word comes first; then the version that this one replaces, the root written into it, the version
        that replaces this one; else it is the first itself.
        """
        if item.found.root_id:
            return item.found.root_id, None
        after = self.known.replaced_by.get(submission.instance_id)
        before = self._before(submission.deprecated_id)
        if before is not None:
            return before, after if after not in {None, before} else None
        root = submission.root_uuid or after or self._oldest(submission.instance_id)
        return root, None

    def _before(self, deprecated: str | None) -> str | None:
        """Return the root of the held version at the end of the chain that this page shows, if there is one."""
        seen: set[str] = set()
        while deprecated is not None and deprecated not in seen:
            seen.add(deprecated)
            if deprecated in self.known.versions:
                return self.known.versions[deprecated].root_id
            deprecated = self.chains.get(deprecated)
        return None

    def _oldest(self, instance_id: str) -> str:
        """Return the first version that the chain names, on this page or beyond it."""
        seen = {instance_id}
        while (earlier := self.chains.get(instance_id)) is not None and earlier not in seen:
            seen.add(earlier)
            instance_id = earlier
        return instance_id

    def _version(self, item: Item, submission: Submission, split: Split, root_id: str) -> Version:
        return Version(
            form=submission.form,
            root_id=root_id,
            instance_id=submission.instance_id,
            stamp=submission.stamp,
            deprecated_id=submission.deprecated_id,
            received_at=received_at(item.found, self.now),
            size=len(item.found.content),
            open_hash=_open_hash(split),
            current=False,
            files=frozenset(self.tags.file(submission.instance_id, one.name) for one in split.media),
        )


def _again(item: Item, submission: Submission, held: Version, version: Version, split: Split) -> Same | Aside:
    """Recognise the same content by what may be kept of it: open part, announced files, length, form.

    A version without the hash of its open part was redacted, or waits for a key: it is not asked for again.
    """
    said = (version.open_hash, version.stamp, version.files)
    alike = (held.open_hash, held.stamp, held.files) == said and _as_long(item, held, version.form)
    if held.open_hash is None or alike:
        return Same(item, submission, held, split)
    refusal = errors.ContentChanged(form=submission.stamp, version=submission.stamp_version)
    return Aside(item, refusal, held)


def _open_hash(split: Split) -> str:
    return hashlib.sha256(split.open_part.encode()).hexdigest()


def _as_long(item: Item, held: Version, form: str) -> bool:
    """Tell whether two contents may be the same by their length.

    A form that was moved is another form to its server, whose name stands in what is sent: as an attribute, and at a
    KoboToolbox around it all as well.
    """
    name = form.encode()
    times = 3 if item.found.content.rstrip().endswith(b"</%s>" % name) else 1
    return len(item.found.content) - held.size == times * (len(name) - len(held.form.encode()))
