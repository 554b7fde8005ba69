"""What the bench's server holds: submissions with their encoded rows, and what happens to them. Computes, never sends.

Everything that a page needs is encoded when a submission is made, so that the server is never what a run waits for.
"""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

import msgspec

from tests.bench.shapes import central_answers, kobo_answers

Kind = Literal["central", "kobo"]
START: Final = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
EVERY: Final = timedelta(seconds=40)
UIDS: Final = {"alert": "aBancAlerte00000000001", "case": "aBancDossier0000000001"}
"""What KoboToolbox calls the forms."""
_ROOT: Final = re.compile(rb'(<data [^>]*?\bid=")[^"]*(")')
_INSTANCE: Final = re.compile(rb"(<(?:orx:)?instanceID>)([^<]*)(</)")


@dataclass(slots=True)
class Held:
    """One submission as a server holds it."""

    number: int
    root: str
    form: str
    versions: list[tuple[str, bytes, str]]
    """Instance id, XML, stamp; the last one counts."""
    answers: bytes
    created: str
    updated: str | None = None
    deleted: str | None = None
    review: str | None = None
    files: dict[str, bytes | None] = field(default_factory=dict)
    full: bytes = b""

    @property
    def instance(self) -> str:
        """Return the id of the version that counts."""
        return self.versions[-1][0]


@dataclass
class Stock:
    """All submissions of one server, by form, in the order of their coming.

    Attributes:
        kind: whose shape the rows have.
        changed: grows with each event, so that lists worked out before are let go.
    """

    kind: Kind
    forms: dict[str, list[Held]] = field(default_factory=dict)
    by_root: dict[str, Held] = field(default_factory=dict)
    by_number: dict[int, Held] = field(default_factory=dict)
    changed: int = 0
    now: datetime = START
    _next: int = 7

    def __post_init__(self) -> None:
        """Begin with forms that hold nothing."""
        self.forms = {UIDS[name] if self.kind == "kobo" else name: [] for name in UIDS}

    def tick(self) -> str:
        """Let time pass, and return the server's stamp."""
        self.now += EVERY
        return self.now.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def add(
        self, form: str, xml: bytes, files: dict[str, bytes | None] | None = None, *, at: str = ""
    ) -> Held:
        """Take a submission."""
        named = _INSTANCE.search(xml)
        root = named[2].decode() if named else f"{uuid.UUID(int=self._next)}"
        stamp = at or self.tick()
        name = UIDS.get(form, form) if self.kind == "kobo" else form
        one = Held(self._next, root, name, [], b"", stamp, files=dict(files or {}))
        self._next += 3
        self._version(one, root, xml, stamp)
        self.forms.setdefault(name, []).append(one)
        self.by_root[root] = self.by_number[one.number] = one
        self.changed += 1
        return one

    def _version(self, one: Held, instance: str, xml: bytes, stamp: str) -> None:
        if self.kind == "kobo":
            xml = _ROOT.sub(rb"\g<1>%s\g<2>" % one.form.encode(), xml.partition(b"?>")[2], count=1)
            one.answers = kobo_answers(xml)
        else:
            one.answers = central_answers(xml, one.root)
        one.versions.append((instance, xml, stamp))
        self.encode(one)

    def encode(self, one: Held) -> None:
        """Make the whole row of a submission."""
        one.full = b"{" + head(self.kind, one) + b"," + one.answers + b"}"

    # --- what happens ---

    def edit(self, one: Held) -> None:
        """Let a phone send an edited version: another region, a new instance id."""
        instance, xml, _at = one.versions[-1]
        new = f"uuid:{uuid.UUID(int=one.number * 1000 + len(one.versions), version=4)}"
        deprecated = f"<deprecatedID>{instance}</deprecatedID>".encode()
        turned = _INSTANCE.sub(rb"\g<1>%s\g<3>" % new.encode(), xml, count=1)
        meta = b"</orx:meta>" if b"</orx:meta>" in turned else b"</meta>"
        turned = turned.replace(meta, deprecated.replace(b"deprecatedID", _prefixed(meta)) + meta)
        turned = re.sub(rb"<region>[^<]*<", b"<region>CM002<", turned, count=1)
        prolog = b"" if turned.startswith(b"<?xml") else b"<?xml version='1.0'?>"
        one.updated = self.tick()
        if self.kind == "central":
            one.review = "edited"
        self._version(one, new, prolog + turned, one.updated)
        self.changed += 1

    def delete(self, one: Held) -> None:
        """Let somebody delete it; a Kobo forgets it."""
        one.deleted = self.tick()
        self.changed += 1
        if self.kind == "kobo":
            self.forms[one.form].remove(one)
            del self.by_number[one.number], self.by_root[one.root]
        else:
            self.encode(one)

    def restore(self, one: Held) -> None:
        """Let somebody take it back (Central)."""
        one.deleted = None
        self.encode(one)
        self.changed += 1

    def review(self, one: Held) -> None:
        """Let somebody approve it."""
        one.review = "approved" if self.kind == "central" else "validation_status_approved"
        if self.kind == "central":
            one.updated = self.tick()
        self.encode(one)
        self.changed += 1

    def arrive(self, one: Held, content: bytes) -> None:
        """Let the files that were announced arrive; no stamp moves."""
        one.files = dict.fromkeys(one.files, content)
        self.encode(one)
        self.changed += 1

    def live(self) -> list[Held]:
        """Return what is not deleted."""
        return [one for rows in self.forms.values() for one in rows if one.deleted is None]

    def plant(self, share: float = 1.0, seed: int = 3) -> dict[str, list[str]]:
        """Let happen what happens to a thousand submissions, for each thousand: edits, deletions, reviews, late files.

        Args:
            share: more or less of each kind.
            seed: another one chooses others.

        Returns:
            the roots, by what was done to them.
        """
        chance = random.Random(seed)
        every = self.live()
        thousands = len(every) / 1000 * share
        waiting = [one for one in every if None in one.files.values()]
        free = [one for one in every if None not in one.files.values()]
        chosen = iter(chance.sample(free, min(len(free), round(thousands * 60) + 8)))
        done: dict[str, list[str]] = {}
        for what, count in (("edited", 20), ("deleted", 5), ("reviewed", 15)):
            some = [one for one, _ in zip(chosen, range(max(1, round(thousands * count))), strict=False)]
            done[what] = [one.root for one in some]
            for one in some:
                {"edited": self.edit, "deleted": self.delete, "reviewed": self.review}[what](one)
        late = waiting[: max(1, round(thousands * 10))]
        for one in late:
            self.arrive(one, b"\xff\xd8" + bytes(300))
        return {**done, "late files": [one.root for one in late]}


def _prefixed(meta: bytes) -> bytes:
    return b"orx:deprecatedID" if b"orx" in meta else b"deprecatedID"


def head(kind: Kind, one: Held, names: Iterable[str] | None = None) -> bytes:
    """Return the members of a row that are no answers, encoded; of a Kobo those named, in their order."""
    return _central_head(one) if kind == "central" else b",".join(_kobo_head(one, names))


def _central_head(one: Held) -> bytes:
    here = sum(content is not None for content in one.files.values())
    return (
        b'"__id":"%s","__system":{"submissionDate":"%s","updatedAt":%s,"submitterId":"5","submitterName":"E 1",'
        b'"attachmentsPresent":%d,"attachmentsExpected":%d,"status":null,"reviewState":%s,"deviceId":null,"edits":%d,'
        b'"formVersion":"2026120202","deletedAt":%s},"meta":{"instanceID":"%s"}'
    ) % (
        one.root.encode(),
        one.created.encode(),
        _text(one.updated),
        here,
        len(one.files),
        _text(one.review),
        len(one.versions) - 1,
        _text(one.deleted),
        one.instance.encode(),
    )


def _text(said: str | None) -> bytes:
    return b"null" if said is None else b'"%s"' % said.encode()


def _kobo_head(one: Held, names: Iterable[str] | None) -> Iterator[bytes]:
    bare = one.instance.removeprefix("uuid:").encode()
    wanted = (
        {*names, "_uuid", "meta/rootUuid"}
        if names is not None
        else {
            "_id",
            "_uuid",
            "meta/rootUuid",
            "meta/instanceID",
            "_submission_time",
            "_submitted_by",
            "_validation_status",
            "_attachments",
        }
    )
    if "_id" in wanted:
        yield b'"_id":%d' % one.number
    yield b'"_uuid":"%s"' % bare
    yield b'"meta/rootUuid":"%s"' % one.root.encode()
    if "meta/instanceID" in wanted:
        yield b'"meta/instanceID":"%s"' % one.instance.encode()
    if "_submission_time" in wanted:
        yield b'"_submission_time":"%s"' % one.created[:19].encode()
    if "_submitted_by" in wanted:
        yield b'"_submitted_by":"enum1"'
    if "_validation_status" in wanted and one.review:
        yield (
            b'"_validation_status":{"uid":"%s","timestamp":1795334701,"by_whom":"coord","label":"Approved"}'
            % one.review.encode()
        )
    else:
        yield b'"_validation_status":{}'
    if "_attachments" in wanted:
        yield b'"_attachments":[%s]' % b",".join(_kobo_files(one))


def _kobo_files(one: Held) -> Iterator[bytes]:
    """Yield the files that are there, each with four addresses, as Kobo gives them."""
    place = f"https://kobo.example/api/v2/assets/{one.form}/data/{one.number}/attachments/"
    for number, (name, content) in enumerate(one.files.items()):
        if content is not None:
            uid = f"att{one.number}x{number}"
            said: dict[str, Any] = {
                f"download_{size}url": f"{place}{uid}/{size.replace('_', '/')}"
                for size in ("", "large_", "medium_", "small_")
            }
            said |= {
                "mimetype": "image/jpeg",
                "filename": f"coord/attachments/{one.root}/{name}",
                "media_file_basename": name,
                "uid": uid,
                "is_deleted": False,
                "question_xpath": "story/photo",
            }
            yield msgspec.json.encode(said)
