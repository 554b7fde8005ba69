"""What to do with each submission that a source shows: decided here, done elsewhere. Pure: no clock, no database.

A page of what was read and what is known about it goes in, one decision a submission comes out. The same page over
the same knowledge always gives the same decisions, so a dry run shows exactly what a real run would do.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from sync_scripts.errors import Attention
from sync_scripts.intake.answers import Answers, Submission
from sync_scripts.intake.errors import (
    ClearOnEncrypted,
    ContentChanged,
    Refused,
    UnknownForm,
    UnknownVersion,
)
from sync_scripts.intake.places.state import REPEAT, STORED, Seen
from sync_scripts.intake.split import Split, Splitter
from sync_scripts.intake.wrapping import CLEAR, Locked, Wrapped
from sync_scripts.register.submissions import kind_of
from sync_scripts.servers.base import Found
from sync_scripts.store.canonical import instant


class Tags(Protocol):
    """The keyed tags that a decision needs."""

    def number(self, kind: str, text: str) -> int | None:
        """Return the cut tag of a phone or document number."""

    def file(self, instance_id: str, name: str) -> str:
        """Return the tag of a file name within one submission version."""


class Item(msgspec.Struct, frozen=True):
    """One submission as it was read: its place (tagged), its bytes, and its answers or why there are none.

    ``wrapped`` = it came encrypted and was opened; ``locked`` = it came encrypted and waits; ``exposed`` = it came in
    the clear, of a version that phones should have encrypted, and ``accepted`` = a person takes it all the same.
    ``instance_id`` is what its manifest says, when nothing
    more can be believed.
    """

    tag: str
    found: Found
    before: Seen | None = None
    answers: Answers | None = None
    refusal: Attention | None = None
    wrapped: Wrapped | None = None
    locked: Locked | None = None
    exposed: bool = False
    accepted: bool = False
    instance_id: str = ""

    @property
    def encryption(self) -> str | None:
        """Return how it came as to encryption; None for one that came in the clear, as its form asks."""
        return self.wrapped.state if self.wrapped is not None else CLEAR if self.exposed else None


class Version(msgspec.Struct, frozen=True):
    """What the register holds of one version, enough to recognise it and to place its edits.

    ``files`` are the tags of the files that its answers announce.
    """

    form: str
    root_id: str
    instance_id: str
    stamp: str
    deprecated_id: str | None
    received_at: str
    size: int
    open_hash: str | None
    current: bool
    files: frozenset[str] = frozenset()

    @property
    def age(self) -> tuple[str, str, str]:
        """Order of versions that replace the same one; the register's own order."""
        return self.received_at, self.form, self.instance_id


@dataclass(slots=True)
class Known:
    """What the register knows about one page.

    Attributes:
        versions: versions held of this server, by instance id; those of the page and of every root it touches.
        replaced_by: root id of a held version, by the instance id that it says it replaces.
        families: instance ids of the versions, by root id.
        splitters: how to take a form version apart, by its two stamps.
        stamps: stamps of every form that the register knows in some version.
        erased: scopes by what was erased and may not come again: instance ids and root ids, of whatever server.
        redacted: those of this server, among these, that are here without somebody who was taken out.
        unproved: versions of this server, by form, root and instance id, that were opened before their files came.
    """

    versions: dict[str, Version] = field(default_factory=dict)
    replaced_by: dict[str, str] = field(default_factory=dict)
    families: dict[str, list[str]] = field(default_factory=dict)
    splitters: Mapping[tuple[str, str], Splitter] = field(default_factory=dict)
    stamps: frozenset[str] = frozenset()
    erased: Mapping[str, str] = field(default_factory=dict)
    redacted: frozenset[str] = frozenset()
    unproved: Mapping[tuple[str, str, str], Version] = field(default_factory=dict)

    def add(self, version: Version) -> None:
        """Know one more version."""
        if version.instance_id not in self.versions:
            self.families.setdefault(version.root_id, []).append(version.instance_id)
        self.versions[version.instance_id] = version
        if version.deprecated_id:
            self.replaced_by.setdefault(version.deprecated_id, version.root_id)

    def add_to(self, other: Known, page: Iterable[Submission]) -> None:
        """Let ``other`` know what is known here about the submissions of a page."""
        for one in page:
            ids = (one.instance_id, one.deprecated_id, one.root_uuid)
            roots = {self.versions[each].root_id for each in ids if each in self.versions}
            roots |= {self.replaced_by[one.instance_id]} if one.instance_id in self.replaced_by else set()
            for root_id in roots | (self.families.keys() & {*ids}):
                for instance_id in self.families[root_id]:
                    other.add(self.versions[instance_id])


class Keep(msgspec.Struct, frozen=True):
    """Store it as a new version.

    ``edit`` = it is not the first version of its root, whichever of them came first.
    """

    item: Item
    submission: Submission
    version: Version
    split: Split
    edit: bool
    joins: str | None = None
    """A second root of the same submission that stands apart in the register (versions came out of order)."""
    gap: bool = False
    """A server shows it in the place of a version that was never seen here."""

    @property
    def stamps(self) -> tuple[str, str]:
        """Return form and version."""
        return self.submission.stamp, self.submission.stamp_version


class Same(msgspec.Struct, frozen=True):
    """It is held already, with the same content."""

    item: Item
    submission: Submission
    version: Version
    split: Split

    @property
    def stamps(self) -> tuple[str, str]:
        """Return form and version."""
        return self.submission.stamp, self.submission.stamp_version


class Filed(msgspec.Struct, frozen=True):
    """Its text is held, from this very place as it looks now, and its files were not all taken: it is not read again."""

    item: Item
    version: Version


class Aside(msgspec.Struct, frozen=True):
    """Put it into quarantine."""

    item: Item
    refusal: Attention
    held: Version | None = None
    """The version that it claims to be, when that is held."""

    @property
    def stamps(self) -> tuple[str, str]:
        """Return form and version, as far as they are known."""
        return self.refusal.form, self.refusal.version


class Wait(msgspec.Struct, frozen=True):
    """Keep it as it came, encrypted and sealed, until it can be opened.

    ``held`` = its answers are here, opened before its files: those that came are kept sealed until the others have.
    """

    item: Item
    locked: Locked
    held: Version | None = None

    @property
    def stamps(self) -> tuple[str, str]:
        """Return form and version, as its manifest says."""
        return self.locked.form, self.locked.version


class Erased(msgspec.Struct, frozen=True):
    """Leave it where it is: a person had this submission erased, or one of which it is a version.

    ``scope`` is whose it was; ``ids`` are what may not come again either, because it is a version of that.
    """

    item: Item
    scope: str
    ids: tuple[str, ...]

    @property
    def stamps(self) -> tuple[str, str]:
        """Return form and version, as far as they are known."""
        if self.item.answers is not None:
            return self.item.answers.submission.stamp, self.item.answers.submission.stamp_version
        return (self.item.locked.form, self.item.locked.version) if self.item.locked else ("", "")


Decision = Keep | Same | Aside | Wait | Erased


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
            return Aside(item, item.refusal or Refused())
        submission = item.answers.submission
        splitter = self.known.splitters.get((submission.stamp, submission.stamp_version))
        if splitter is None:
            return Aside(item, self._unknown(submission))
        held = self.known.versions.get(submission.instance_id)
        refused = item.exposed and not item.accepted
        if refused and held is None and kind_of(splitter.entities) != "alert":
            return Aside(item, ClearOnEncrypted(form=submission.stamp, version=submission.stamp_version))
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
        return None if scope is None else Erased(item, scope, new)

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
        kind = UnknownVersion if submission.stamp in self.known.stamps else UnknownForm
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
            open_hash=hashlib.sha256(split.open_part.encode()).hexdigest(),
            current=False,
            files=frozenset(self.tags.file(submission.instance_id, one.name) for one in split.media),
        )


def own_id(item: Item) -> str:
    """Return the id by which an item names itself; empty when nothing can be believed."""
    if item.answers is not None:
        return item.answers.submission.instance_id
    return item.locked.instance_id if item.locked is not None else item.instance_id


def named(item: Item) -> Iterator[str]:
    """Yield the ids that an item and its source name: of the version, its root, and the version before."""
    yield from (item.instance_id, item.found.root_id or "")
    if item.locked is not None:
        yield item.locked.instance_id
    if item.answers is not None:
        said = item.answers.submission
        yield from (said.instance_id, said.root_uuid or "", said.deprecated_id or "")


def _again(item: Item, submission: Submission, held: Version, version: Version, split: Split) -> Same | Aside:
    """Recognise the same content by what may be kept of it: open part, announced files, length, form.

    A version without the hash of its open part was erased or redacted, or waits for a key: it is not asked for again.
    """
    said = (version.open_hash, version.stamp, version.files)
    alike = (held.open_hash, held.stamp, held.files) == said and _as_long(item, held, version)
    if held.open_hash is None or alike:
        return Same(item, submission, held, split)
    refusal = ContentChanged(form=submission.stamp, version=submission.stamp_version)
    return Aside(item, refusal, held)


def _as_long(item: Item, held: Version, version: Version) -> bool:
    """Tell whether two contents may be the same by their length.

    A form that was moved is another form to its server, whose name stands in what is sent: as an attribute, and at a
    KoboToolbox around it all as well.
    """
    name = version.form.encode()
    times = 3 if item.found.content.rstrip().endswith(b"</%s>" % name) else 1
    return version.size - held.size == times * (len(name) - len(held.form.encode()))


def settled(one: Keep | Same | Filed) -> str:
    """Return what is remembered of a place that was read: what was stored from it once stays "stored"."""
    before = one.item.before
    if isinstance(one, Keep) or (before is not None and before.state == STORED):
        return STORED
    return REPEAT


def received_at(found: Found, now: str) -> str:
    """Return when a submission arrived: the source's own stamp, never later than now; without one, now."""
    return min(instant(found.received_at), now) if found.received_at else now
