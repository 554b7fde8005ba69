"""The XML list of KoboToolbox, taken apart into the exact bytes of each submission. Pure; parses, never rewrites.

The list is ``<root><count/><next/><previous/><results>`` and then each submission's text as it was posted, without
its prolog and without its row number: submissions are told by their instance id. Written again by an XML library
they would no longer be what the phone sent, so the bytes are cut out where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat

_PROLOG = re.compile(rb"\A\s*<\?xml[^>]*\?>\s*")
_RESULTS = 2  # depth of what stands inside <results>


class ListUnreadable(Exception):
    """The list is no XML, or names a document type."""


@dataclass(slots=True)
class _Reader:
    """Notes where each submission begins and what its instance id is."""

    parser: Any
    depth: int = 0
    results: bool = False
    starts: list[int] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    end: int = 0
    _text: list[str] | None = None

    def opened(self, name: str, _attributes: Mapping[str, str]) -> None:
        if self.depth == 1:
            self.results = name == "results"
        elif self.depth == _RESULTS and self.results:
            self.starts.append(self.parser.CurrentByteIndex)
            self.ids.append("")
        elif self.results and name.endswith("instanceID") and name.rpartition(":")[2] == "instanceID":
            self._text = []
            self.parser.CharacterDataHandler = self.said  # only while it is asked for: most text is another's
        self.depth += 1

    def closed(self, name: str) -> None:
        self.depth -= 1
        if self._text is not None and name.rpartition(":")[2] == "instanceID":
            self.ids[-1] = self.ids[-1] or "".join(self._text).strip()
            self._text = self.parser.CharacterDataHandler = None
        if self.depth == 1 and self.results:
            self.end = self.parser.CurrentByteIndex

    def said(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)


def cut(data: bytes) -> dict[str, bytes]:
    """Return the bytes of each submission of a list, by instance id; one without an id is left out.

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
    ends = [*reader.starts[1:], reader.end][: len(reader.starts)]  # a list may be empty
    found = zip(reader.ids, reader.starts, ends, strict=True)
    return {instance: data[start:end].rstrip() for instance, start, end in found if instance}


def bare(data: bytes) -> bytes:
    """Return a submission asked for alone in the bytes that the list has of it: without its prolog.

    >>> bare(b"<?xml version='1.0' ?><data/>")
    b'<data/>'
    """
    return _PROLOG.sub(b"", data, count=1).rstrip()


def _refuse(*_said: object) -> None:
    raise ListUnreadable
