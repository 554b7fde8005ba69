"""The exact bytes of submissions of a KoboToolbox: many by one XML list, taken apart, and each alone that a list does not hold.

The list is ``<root><count/><next/><previous/><results>`` and then each submission's text as it was posted, without
its prolog and without its row number: submissions are told by their instance id. Written again by an XML library
they would no longer be what the phone sent, so the bytes are cut out where they stand.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

from sync_scripts.errors import NotAllowed, Unreachable
from sync_scripts.servers.base import Found, Sighting, Unread
from sync_scripts.servers.http.errors import NotThere
from sync_scripts.servers.inquiry import Addresses
from sync_scripts.servers.kobo.account import Account
from sync_scripts.servers.kobo.rows import parts, place

_PROLOG = re.compile(rb"\A\s*<\?xml[^>]*\?>\s*")
_LEAF = rb"\s*<([^\s<>/]+)(?:\s[^<>]*)?(?:/>|>[^<]*</\%d>)"
_HEAD = re.compile(rb"\s*(?:<\?xml[^<>]*\?>)?\s*<[^\s<>/]+>(?:" + _LEAF % 1 + rb")*\s*<results>")
_TAIL = re.compile(rb"\s*</results>\s*</[^\s<>/]+>\s*\Z")
_ROOT = re.compile(rb"\s*<([A-Za-z_][\w.:-]*)(?=[\s>])")
_OWN_META = re.compile(rb"<((?:[\w-]+:)?meta)(?:\s[^<>]*)?>(?:" + _LEAF % 2 + rb")*\s*</\1>\s*\Z")
_OWN_ID = re.compile(rb"<((?:[\w-]+:)?instanceID)(?:\s[^<>]*)?>\s*([\w:.-]+)\s*</\1>")
_RESULTS = 2  # depth of what stands inside <results>: submissions
_META = _RESULTS + 1
_ID = _META + 1


class ListUnreadable(Exception):
    """The list is no XML, or names a document type."""


@dataclass(slots=True)
class _Text:
    """One submission of the list: where it begins and ends, and every id that stands in its own ``meta``."""

    start: int
    end: int = 0
    ids: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Reader:
    """Notes where each submission begins and ends and what it says that its instance id is.

    Only ``meta/instanceID`` right under its root is that id: an answer may bear the same name at any other place.
    """

    parser: Any
    depth: int = 0
    results: bool = False
    meta: bool = False
    texts: list[_Text] = field(default_factory=list)
    bounds: list[int] = field(default_factory=list)
    """Where the tags of <results> itself begin."""
    _said: list[str] | None = None

    def opened(self, name: str, _attributes: Mapping[str, str]) -> None:
        if self.depth == 1:
            self.results = name == "results"
            self.bounds += [self.parser.CurrentByteIndex] if self.results else []
        elif self.results and self.depth == _RESULTS:
            self.texts.append(_Text(self.parser.CurrentByteIndex))
        elif self.results and self.depth == _META:
            self.meta = _local(name) == "meta"
        elif self.results and self.meta and self.depth == _ID and _local(name) == "instanceID":
            self._said = []
            self.parser.CharacterDataHandler = self.said  # only while it is asked for: most text is another's
        self.depth += 1

    def closed(self, name: str) -> None:
        self.depth -= 1
        if self._said is not None and self.depth == _ID:
            self.texts[-1].ids.add("".join(self._said).strip())
            self._said = self.parser.CharacterDataHandler = None
        elif self.results and self.depth == _RESULTS:
            self.texts[-1].end = self.parser.CurrentByteIndex
        elif self.depth == 1 and name == "results":
            self.bounds.append(self.parser.CurrentByteIndex)

    def said(self, text: str) -> None:
        if self._said is not None:
            self._said.append(text)


def cut(data: bytes) -> dict[str, bytes]:
    """Return the bytes of each submission of a list, by instance id.

    Left out, to be asked for alone, is what cannot be told beyond doubt: a submission without an id or with two, two
    that say the same id, and the neighbours of anything that stands between two of them.

    Raises:
        ListUnreadable: the list cannot be read as a whole.
    """
    named = _plain(data)
    if named is None:
        named = _parsed(data)
    times = Counter(instance for instance, _one in named)
    return {instance: one for instance, one in named if instance and times[instance] == 1}


# --- written as phones write it: found by its signs, at a tenth of the cost -------------------------------------------


def _plain(data: bytes) -> list[tuple[str, bytes]] | None:
    """Return id and bytes of each submission of a list in which all are written plainly; None where one may not be.

    Plainly is: tags and text, nothing else; no element that is named as the submission in which it stands; ``meta`` its last
    child, with leaves alone; one id.
    """
    head = _HEAD.match(data)
    if head is None or b"<!" in data or data.find(b"<?", head.end()) >= 0:
        return None
    at, found = head.end(), list[tuple[str, bytes]]()
    while root := _ROOT.match(data, at):
        start, stop = root.start(1) - 1, data.find(b"</%s>" % root[1], at)
        instance = _id_of(data[start:stop], root[1]) if stop >= 0 else None
        if instance is None:
            return None
        at = stop + len(b"</%s>" % root[1])
        found.append((instance, data[start:at]))
    return found if _TAIL.match(data, at) else None


def _id_of(body: bytes, name: bytes) -> str | None:
    """Return the id that a submission says, given without its end tag; None unless that is plain."""
    said = body.find(b"instanceID")
    if said < 0 or body.count(b"instanceID", said) != 2:
        return None
    if len(re.findall(b"<" + re.escape(name) + rb"[\s/>]", body)) != 1:  # an empty one has no end tag
        return None
    meta = _OWN_META.match(body, body.rfind(b"<", 0, max(body.rfind(b"meta", 0, said), 0)))
    own = _OWN_ID.search(body, meta.start()) if meta else None
    return own[2].decode() if own else None


# --- written in any other way: found by a parser ----------------------------------------------------------------------


def _parsed(data: bytes) -> list[tuple[str, bytes]]:
    """Return id and bytes of each submission that stands apart and says one id.

    Raises:
        ListUnreadable: the list cannot be read as a whole.
    """
    parser = expat.ParserCreate()
    reader = _Reader(parser)
    parser.StartElementHandler = reader.opened
    parser.EndElementHandler = reader.closed
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        raise ListUnreadable from None
    finally:  # else both hold each other, until somebody looks for cycles: a page of a pull does not
        parser.StartElementHandler = parser.EndElementHandler = parser.StartDoctypeDeclHandler = None
    for one in reader.texts:
        # an empty element has no end of its own: then nothing is known of what follows it
        one.end = _behind(data, one.end) if data.startswith(b"</", one.end) else 0
    apart = (one for one in _apart(data, reader) if len(one.ids) == 1)
    return [(one.ids.pop(), data[one.start : one.end]) for one in apart]


def _apart(data: bytes, reader: _Reader) -> list[_Text]:
    """Return the submissions that have nothing but white space before and behind them."""
    if len(reader.bounds) != 2:
        return []
    begin, end = reader.bounds
    edges = [_behind(data, begin), *(edge for one in reader.texts for edge in (one.start, one.end)), end]
    gaps = [not data[edges[n] : edges[n + 1]].strip() for n in range(0, len(edges), 2)]
    return [one for n, one in enumerate(reader.texts) if gaps[n] and gaps[n + 1]]


def _behind(data: bytes, tag: int) -> int:
    """Return where a tag without attributes that begins here has ended."""
    return data.find(b">", tag) + 1


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def bare(data: bytes) -> bytes:
    """Return a submission asked for alone in the bytes that the list has of it: without its prolog.

    >>> bare(b"<?xml version='1.0' ?><data/>")
    b'<data/>'
    """
    return _PROLOG.sub(b"", data, count=1).rstrip()


def own_id(data: bytes) -> str:
    """Return the instance id that a submission says of itself, "" when it says none that can be told.

    >>> own_id(b"<data><note><instanceID>b</instanceID></note><meta><instanceID>a</instanceID></meta></data>")
    'a'
    """
    try:
        return next(iter(cut(b"<root><results>" + data + b"</results></root>")), "")
    except ListUnreadable:
        return ""


def _refuse(*_said: object) -> None:
    raise ListUnreadable


ROWS_AT_ONCE = 200
"""Submissions named by their numbers in one question: about 2 kB of URL."""


@dataclass(frozen=True, slots=True)
class Fetching:
    """The bytes of one account's submissions.

    Attributes:
        account: its calls.
        doing: how the addresses of each form do in this run; added to.
    """

    account: Account
    doing: dict[str, Addresses]

    def all(self, sightings: Iterable[Sighting]) -> Iterator[Found | Unread]:
        """Yield the XML of these versions, in their order, two hundred at a time.

        What the list does not hold is asked for alone; one that is gone, or whose address alone fails, comes back as unread,
        and so do those of a form that are not asked for any more in this run.
        """
        batch: list[Sighting] = []
        for one in sightings:
            if batch and (len(batch) == ROWS_AT_ONCE or parts(one.place)[0] != parts(batch[0].place)[0]):
                yield from self._batch(batch)
                batch = []
            batch.append(one)
        if batch:
            yield from self._batch(batch)

    def _batch(self, batch: Sequence[Sighting]) -> Iterator[Found | Unread]:
        form = parts(batch[0].place)[0]
        addresses = self.doing.setdefault(form, Addresses(self.account.me))
        open_ones = [parts(one.place)[1] for one in batch if not one.barred and not addresses.enough]
        listed = self._listed(form, open_ones, addresses) if open_ones else {}
        for one in batch:
            _form, number, version = parts(one.place)
            content = listed.get(version)
            if one.barred:
                yield Unread(one, one.barred)
            else:
                yield self._alone(one, form, number, addresses) if content is None else _found(one, content)

    def _listed(self, form: str, numbers: Sequence[int], addresses: Addresses) -> dict[str, bytes]:
        """Return what a list of the submissions holds: nothing where one of them makes it fail, while the server answers."""
        try:
            with addresses.asking():
                return cut(self.account.xml_list(form, numbers))
        except ListUnreadable:
            return {}
        except (NotAllowed, Unreachable) as failure:
            addresses.aside(failure)
            return {}

    def _alone(self, one: Sighting, form: str, number: int, addresses: Addresses) -> Found | Unread:
        """Return one that is asked for alone; one that was edited since it was shown is no more what was asked for."""
        if addresses.enough:
            return Unread(one, addresses.code, asked=False)
        try:
            with addresses.asking():
                content = bare(self.account.xml(form, number))
                other = own_id(content) not in {"", one.version}
                edited = other and place(form, self.account.row(form, number)) != one.place
        except (NotAllowed, Unreachable) as failure:
            return Unread(one, addresses.aside(failure))
        addresses.answered()
        return Unread(one, NotThere.code) if edited else _found(one, content)


def _found(one: Sighting, content: bytes) -> Found:
    return Found(
        one,
        content,
        shape="kobo",
        received_at=one.received_at,
        submitter=one.submitter,
        root_id=one.root_id,
    )
