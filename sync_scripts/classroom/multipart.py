"""The body of a post -> files in one folder, piece by piece as the bytes come. Never holds a file in memory.

A thin layer over python_multipart's parser, whose own form reader would put large parts into the system's temporary
folder. The names of the parts are made safe before they become names of files.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from sync_scripts.classroom import disk
from sync_scripts.classroom.disk import safe_name, same_name
from sync_scripts.classroom.errors import BodyBroken, FileConflict, XmlMissing, XmlTooBig
from sync_scripts.classroom.inbox import XML_NAME
from sync_scripts.classroom.protocol import LARGEST_XML

_XML_PART = "xml_submission_file"
_INCOMPLETE_PART = "*isIncomplete*"
_MAX_PARTS = 1000
_MAX_FIELD = 1024
"""Bytes kept of a part that is no file."""


@dataclass
class _Part:
    """The part that is arriving: a file to be called ``wanted``, or a field whose first bytes go to ``text``."""

    name: str = ""
    wanted: str = ""
    path: Path = Path()
    file: BinaryIO | None = None
    size: int = 0
    text: bytearray = field(default_factory=bytearray)


class Post:
    """One post as it arrives. Feed it, then `finish` it; `close` it in any case.

    After `finish`, the folder holds ``submission.xml`` and the other files, and ``last`` says whether the phone will
    send no more for this submission.
    """

    def __init__(self, folder: Path, content_type: str) -> None:
        """Begin.

        Args:
            folder: empty; the files go there.
            content_type: the header of the request.

        Raises:
            BodyBroken: no multipart form with a boundary.
        """
        self.last: bool = True
        self._folder = folder
        self._part = _Part()
        self._files: dict[str, Path] = {}
        self._parts = 0
        self._ended = False
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._parser = self._make_parser(content_type)

    def feed(self, piece: bytes) -> None:
        """Take the next bytes of the body.

        Raises:
            Refused: what came cannot be a post of Collect.
            OSError: the disk is full or cannot be written.
        """
        try:
            self._parser.write(piece)
        except FormParserError:
            raise BodyBroken from None  # its text quotes what came

    def finish(self) -> None:
        """Check that the body was whole and held one XML.

        Raises:
            BodyBroken: it ended before its last boundary.
            XmlMissing: no ``xml_submission_file``.
        """
        if not self._ended:
            raise BodyBroken
        if XML_NAME not in self._files:
            raise XmlMissing

    def close(self) -> None:
        """Close the file of a part that broke off."""
        if self._part.file is not None:
            with contextlib.suppress(OSError):
                self._part.file.close()

    def _make_parser(self, content_type: str) -> MultipartParser:
        kind, options = parse_options_header(content_type.encode("latin-1", "replace"))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise BodyBroken
        try:
            return MultipartParser(
                boundary,
                {
                    "on_part_begin": self._begin_part,
                    "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_headers_finished": self._open_part,
                    "on_part_data": lambda data, start, end: self._add(data[start:end]),
                    "on_part_end": self._end_part,
                    "on_end": self._end,
                },
            )
        except FormParserError:
            raise BodyBroken from None

    def _begin_part(self) -> None:
        self._parts += 1
        if self._parts > _MAX_PARTS:
            raise BodyBroken
        self._part = _Part()

    def _end_header(self) -> None:
        name, value = bytes(self._header[0]), bytes(self._header[1])
        self._header = (bytearray(), bytearray())
        if name.lower() != b"content-disposition":
            return
        _kind, options = parse_options_header(value)
        self._part.name = _text(options.get(b"name", b""))
        filename = _text(options.get(b"filename", b""))
        if self._part.name == _XML_PART:
            self._part.wanted = XML_NAME
        elif filename:
            self._part.wanted = safe_name(filename)

    def _open_part(self) -> None:
        """Open the file of a part; a second one of the same name is put aside to be compared."""
        part = self._part
        if part.wanted:
            again = same_name(part.wanted) in self._files
            part.path = self._folder / (f".again-{self._parts}" if again else part.wanted)
            part.file = os.fdopen(disk.new_file(part.path), "wb")

    def _add(self, piece: bytes) -> None:
        part = self._part
        part.size += len(piece)
        if part.file is not None:
            if part.name == _XML_PART and part.size > LARGEST_XML:
                raise XmlTooBig
            part.file.write(piece)
        elif len(part.text) < _MAX_FIELD:
            part.text += piece[:_MAX_FIELD]

    def _end_part(self) -> None:
        part = self._part
        if part.file is not None:
            part.file.close()
            self._settle(part)
        elif part.name == _INCOMPLETE_PART and bytes(part.text).strip().lower() == b"yes":
            self.last = False

    def _settle(self, part: _Part) -> None:
        """Note a file that is whole; the same one a second time is dropped, another one of its name refused."""
        first = self._files.setdefault(same_name(part.wanted), part.path)
        if first == part.path:
            return
        if not disk.same_bytes(first, part.path):
            raise FileConflict
        part.path.unlink()

    def _end(self) -> None:
        self._ended = True


def _text(raw: bytes) -> str:
    """Decode what a header says; bytes that are no UTF-8 stay apart from each other."""
    return raw.decode("utf-8", "surrogateescape")
