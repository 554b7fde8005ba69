"""What was read of a place, what the register knows of it, and what is decided about it: values, without I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import msgspec

from sync_scripts.errors import Attention
from sync_scripts.intake.encryption.ciphertext import CLEAR, Locked, Wrapped
from sync_scripts.intake.places.table import (
    ERASED,
    FILES,
    QUARANTINED,
    REPEAT,
    STORED,
    UNANSWERED,
    WAITING,
    Seen,
)
from sync_scripts.intake.receive.answers import Answers, Submission
from sync_scripts.intake.receive.split import Split, Splitter, hostile
from sync_scripts.register.forms.answers import codes_in
from sync_scripts.servers.base import Found
from sync_scripts.store.canonical import instant


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


# --- which version of a submission counts -----------------------------------------------------------------------------


def current(family: Iterable[Version]) -> str:
    """Return the instance id of the version that counts: one that no other replaces, the latest of those."""
    versions = list(family)
    replaced = {one.deprecated_id for one in versions}
    standing = [one for one in versions if one.instance_id not in replaced]
    return max(standing or versions, key=lambda one: one.age).instance_id


def turns(known: Known, roots: Iterable[str]) -> dict[str, bool]:
    """Return the versions of these roots that begin or cease to count, by instance id."""
    found: dict[str, bool] = {}
    for root_id in roots:
        family = [known.versions[one] for one in known.families[root_id]]
        counts = current(family)
        found |= {
            one.instance_id: one.instance_id == counts
            for one in family
            if one.current != (one.instance_id == counts)
        }
    return found


# --- what is decided about an item -------------------------------------------------------------------------------------


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

    ``scope`` is whose it was; ``ids`` are what may not come again either, because it is a version of that; ``changed`` = it bears the
    number of what was erased, and is not that.
    """

    item: Item
    scope: str
    ids: tuple[str, ...]
    changed: bool = False

    @property
    def edited(self) -> bool:
        """Tell whether it is a version that no source showed before, or says something else by now: it may say something new."""
        return self.changed or own_id(self.item) in self.ids

    @property
    def stamps(self) -> tuple[str, str]:
        """Return form and version, as far as they are known."""
        if self.item.answers is not None:
            return self.item.answers.submission.stamp, self.item.answers.submission.stamp_version
        return (self.item.locked.form, self.item.locked.version) if self.item.locked else ("", "")


Decision = Keep | Same | Aside | Wait | Erased


# --- what an item says it is ------------------------------------------------------------------------------------------


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


def about(one: Aside | Erased) -> set[str]:
    """Return what something that nobody reads may be about: ids of versions that it names, codes of cases and alerts."""
    answers, shown = one.item.answers, one.item.found.sighting
    held = one.held if isinstance(one, Aside) else None
    found = {*named(one.item), shown.root_id or "", shown.version, held.root_id if held else ""} - {""}
    return found | (codes_in(answers.tree) if answers is not None else set())


def served_form(item: Item) -> str:
    """Return what its server calls the form in which it shows an item, "" for a folder: known of bytes that say nothing, too."""
    form, of_server, _rest = item.found.sighting.place.partition("\t")
    return form if of_server and item.found.sighting.root_id is not None else ""


# --- what is remembered of its place ----------------------------------------------------------------------------------


def outcome(one: Decision) -> tuple[str, str | None]:
    """Return what is remembered of a place: its state, and why it is looked at again."""
    if isinstance(one, Erased):
        before = one.item.before
        asked = before is not None and (before.state, before.reason) == (ERASED, UNANSWERED)
        return ERASED, UNANSWERED if asked or one.edited else None
    if isinstance(one, Aside):
        return QUARANTINED, None
    if isinstance(one, Wait):
        here = one.item.before if one.item.before and one.item.before.here else None
        return here.state if here else WAITING if one.held is None else STORED, FILES
    return settled(one), FILES if one.item.found.sighting.files != 0 or one.split.media else None


def has_unnamed_files(one: Keep | Same) -> bool:
    """Tell whether only the source says that there are files beside a submission, under names that are taken."""
    named = [media for media in one.split.media if not hostile(media.name)]
    return one.item.found.sighting.files != 0 and not named and one.item.wrapped is None


def settled(one: Keep | Same | Filed) -> str:
    """Return what is remembered of a place that was read: what was stored from it once stays "stored"."""
    before = one.item.before
    if isinstance(one, Keep) or (before is not None and before.state == STORED):
        return STORED
    return REPEAT


def root_of(one: Wait) -> str:
    """Return the root of what waits: as its source says, else as its manifest does."""
    return one.item.found.root_id or one.locked.instance_id


def received_at(found: Found, now: str) -> str:
    """Return when a submission arrived: the source's own stamp, never later than now; without one, now."""
    return min(instant(found.received_at), now) if found.received_at else now
