"""What a phone writes to the wire and reads from it, byte for byte as ODK Collect does. No network; serves `phone`.

The order of headers, the naming of parts and the cutting into posts follow OkHttp's MultipartBody and Collect's
SubmissionChunker; the readers refuse exactly what Collect's parser refuses.
"""

from __future__ import annotations

import hashlib
import mimetypes
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path, PurePosixPath
from typing import Final

from lxml import etree

Instance = Path | tuple[Path | bytes, Sequence[Path]]
"""A filled form: the folder Collect keeps it in, or its XML (a file, or bytes) and the files beside it."""

_LIST: Final = "{http://openrosa.org/xforms/xformsList}"
_MANIFEST: Final = "{http://openrosa.org/xforms/xformsManifest}"
_HASH: Final = "md5:"
_MOST_FILES: Final = 101
"""Collect ends a post when it holds more than 100 files and another one is still to come."""
_PIECE: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a post. ``filename`` and ``kind`` are "" for a field that is no file."""

    field: str
    source: Path | bytes
    filename: str = ""
    kind: str = ""

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return len(self.source) if isinstance(self.source, bytes) else self.source.stat().st_size

    def head(self, boundary: str) -> bytes:
        """Return what stands before the content; names go out as UTF-8."""
        said = f'form-data; name="{_quoted(self.field)}"'
        said += f'; filename="{_quoted(self.filename)}"' if self.filename else ""
        lines = [f"--{boundary}", f"Content-Disposition: {said}"]
        lines += [f"Content-Type: {self.kind}"] if self.kind else []
        return "\r\n".join([*lines, f"Content-Length: {self.size}", "", ""]).encode()

    def pieces(self) -> Iterator[bytes]:
        """Yield the content."""
        if isinstance(self.source, bytes):
            yield self.source
            return
        with self.source.open("rb") as file:
            while piece := file.read(_PIECE):
                yield piece


STILL_MORE: Final = Part("*isIncomplete*", b"yes")
"""The part that says another post follows."""


class Body:
    """A multipart body of known length that is read from the files as it goes out; it may be read again."""

    def __init__(self, parts: Sequence[Part]) -> None:
        """Make the body of one post."""
        self._parts = tuple(parts)
        self._boundary = str(uuid.uuid4())

    @property
    def kind(self) -> str:
        """The header Content-Type of the request."""
        return f"multipart/form-data; boundary={self._boundary}"

    def __len__(self) -> int:
        """Return the bytes of the body."""
        inner = sum(len(part.head(self._boundary)) + part.size + 2 for part in self._parts)
        return inner + len(self._end())

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body, piece by piece."""
        for part in self._parts:
            yield part.head(self._boundary)
            yield from part.pieces()
            yield b"\r\n"
        yield self._end()

    def _end(self) -> bytes:
        return f"--{self._boundary}--\r\n".encode()


@dataclass(frozen=True, slots=True)
class Listed:
    """A form in the list. ``digest``: md5 in hex, None where Collect cannot use what stands there."""

    form_id: str
    name: str
    version: str
    digest: str | None
    address: str
    manifest: str | None


@dataclass(frozen=True, slots=True)
class Attached:
    """A file in a manifest."""

    name: str
    digest: str
    address: str


def parts(instance: Instance) -> tuple[Part, tuple[Part, ...]]:
    """Return the part of the XML and those of the other files, as Collect finds them in an instance's folder.

    In a folder the XML is ``submission.xml`` when there is one, else ``<folder>.xml``; names with a dot are left.
    """
    if isinstance(instance, Path):
        own = instance / f"{instance.name}.xml"
        xml = instance / "submission.xml"
        xml = xml if xml.is_file() else own
        beside = [path for path in sorted(instance.iterdir()) if path not in (xml, own)]
        instance = (xml, [path for path in beside if path.is_file() and not path.name.startswith(".")])
    source, files = instance
    name = source.name if isinstance(source, Path) else "submission.xml"
    first = Part("xml_submission_file", source, name, "text/xml")
    return first, tuple(Part(path.name, path, path.name, _kind(path.name)) for path in files)


def split(xml: Part, files: Sequence[Part], limit: int, most: int | None = None) -> list[list[Part]]:
    """Cut the files of a submission into posts; each repeats the XML, whose bytes count too.

    A post ends when the next file would pass ``limit`` bytes, or when it holds ``most`` files. There is always one.
    """
    posts: list[list[Part]] = [[]]
    size = xml.size
    for file in files:
        if posts[-1] and (size + file.size > limit or len(posts[-1]) >= (most or _MOST_FILES)):
            posts.append([])
            size = xml.size
        posts[-1].append(file)
        size += file.size
    return posts


def read_list(content: bytes) -> tuple[Listed, ...] | None:
    """Return the forms of a list; None when Collect would refuse it whole."""
    root = _root(content)
    if root is None or root.tag != f"{_LIST}xforms":
        return None
    found = []
    for row in root.findall(f"{_LIST}xform"):
        digest = _text(row, f"{_LIST}hash") or ""
        address, manifest = _text(row, f"{_LIST}downloadUrl"), _text(row, f"{_LIST}manifestUrl")
        form_id, name = _text(row, f"{_LIST}formID"), _text(row, f"{_LIST}name")
        if not (form_id and name and address):
            return None
        usable = digest.removeprefix(_HASH) if digest.startswith(_HASH) else None
        found.append(Listed(form_id, name, _text(row, f"{_LIST}version") or "", usable, address, manifest))
    return tuple(found)


def read_manifest(content: bytes) -> tuple[Attached, ...] | None:
    """Return the files of a manifest; None when Collect would install the form without them."""
    root = _root(content)
    if root is None or root.tag != f"{_MANIFEST}manifest":
        return None
    found = []
    for row in root.findall(f"{_MANIFEST}mediaFile"):
        name, digest = _text(row, f"{_MANIFEST}filename"), _text(row, f"{_MANIFEST}hash")
        address = _text(row, f"{_MANIFEST}downloadUrl")
        if not (name and digest and address):
            return None
        found.append(Attached(PurePosixPath(name).name, digest[len(_HASH) :], address))
    return tuple(found)


def read_message(content: bytes) -> str:
    """Return the sentence for the person in an answer; "" where a phone would show its own."""
    if b"OpenRosaResponse" not in content:
        return ""
    root = _root(content)
    texts = () if root is None else (one.text for one in root.iter("{*}message"))
    return "\n".join(text.strip() for text in texts if text)


def phone_date(now: float) -> str:
    """Return the header Date as Collect writes it: with a 12-hour clock, which no server may trust.

    Args:
        now: seconds since 1970, UTC.
    """
    day, clock, zone = formatdate(now, usegmt=True).rsplit(" ", 2)
    hour = (int(clock[:2]) - 1) % 12 + 1
    return f"{day} {hour:02d}{clock[2:]} {zone}"


def md5(content: bytes) -> str:
    """Return the digest by which a phone knows a file again."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _root(content: bytes) -> etree._Element | None:
    try:
        return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return None


def _text(row: etree._Element, tag: str) -> str | None:
    return (row.findtext(tag) or "").strip() or None


def _kind(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _quoted(name: str) -> str:
    """Write a name between quotation marks as OkHttp does."""
    return name.replace("\n", "%0A").replace("\r", "%0D").replace('"', "%22")
