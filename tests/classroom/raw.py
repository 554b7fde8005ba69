"""What goes over the wire, written by hand: no line here comes from the simulated phone or from an HTTP library."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

BOUNDARY = "6b9d2a3e-8d0f-4a51-9f5e-2b7f0c1d9e44"
PHONE = (
    "User-Agent: org.odk.collect.android/v2026.3.0 Dalvik/2.1.0",
    "X-OpenRosa-Version: 1.0",
    "Date: Wed, 25 Nov 2026 03:04:05 GMT",
)
DEVICE = "deviceID=collect%3ACANARY0device"


@dataclass(frozen=True)
class Answer:
    """One HTTP answer as it came."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def filled(form: str = "mini", *, instance: str | None = None, inner: str = "<place>Kumba</place>") -> bytes:
    """Return a filled form as JavaRosa writes it."""
    identity = instance or f"uuid:{uuid.uuid4()}"
    return (
        "<?xml version='1.0' encoding='UTF-8' ?>"
        f'<data id="{form}" version="2026112501" xmlns:orx="http://openrosa.org/xforms">'
        f"{inner}<orx:meta><orx:instanceID>{identity}</orx:instanceID></orx:meta></data>"
    ).encode()


def part(name: str, content: bytes, filename: str | None = None, kind: str | None = None) -> bytes:
    """Return one part as OkHttp writes it, names as raw UTF-8."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"'
    head += f'; filename="{filename}"' if filename is not None else ""
    head += f"\r\nContent-Type: {kind}" if kind else ""
    return f"{head}\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content + b"\r\n"


def body(xml: bytes | None, *files: tuple[str, bytes], incomplete: bool = False) -> bytes:
    """Return a whole multipart body as Collect sends it."""
    parts = [] if xml is None else [part("xml_submission_file", xml, "Alerte_2026-11-25.xml", "text/xml")]
    parts += [part(name, content, name, "image/jpeg") for name, content in files]
    parts += [part("*isIncomplete*", b"yes")] if incomplete else []
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Wire:
    """One connection to a classroom."""

    def __init__(self, base_url: str) -> None:
        """Connect."""
        address = urlsplit(base_url)
        self.path = address.path
        self.host = address.netloc
        self.socket = socket.create_connection((address.hostname, address.port), timeout=20)
        self._file = self.socket.makefile("rb")

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_gone: object) -> None:
        """Hang up."""
        self.close()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self.socket.close()

    def head(self, method: str, path: str, headers: Sequence[str] = ()) -> bytes:
        """Return request line and headers."""
        lines = [f"{method} {self.path}{path} HTTP/1.1", f"Host: {self.host}", *PHONE, *headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def ask(self, method: str, path: str, headers: Sequence[str] = (), content: bytes = b"") -> Answer:
        """Send one request and read its answer."""
        self.socket.sendall(self.head(method, path, headers) + content)
        return self.read(method)

    def read(self, method: str = "GET") -> Answer:
        """Read one answer."""
        status = int(self._file.readline().split()[1])
        headers: dict[str, str] = {}
        while (line := self._file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        length = 0 if method == "HEAD" or status == 204 else int(headers.get("content-length", "0"))
        return Answer(status, headers, self._file.read(length))

    def post(
        self, content: bytes, *, path: str = f"/submission?{DEVICE}", extra: Sequence[str] = ()
    ) -> Answer:
        """Post a multipart body of known length."""
        headers = [
            f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
            f"Content-Length: {len(content)}",
            *extra,
        ]
        return self.ask("POST", path, headers, content)

    def post_chunked(self, content: bytes, size: int = 7) -> Answer:
        """Post a multipart body in chunks of ``size`` bytes."""
        pieces = [content[start : start + size] for start in range(0, len(content), size)]
        coded = b"".join(f"{len(piece):x}\r\n".encode() + piece + b"\r\n" for piece in pieces) + b"0\r\n\r\n"
        kind = f"Content-Type: multipart/form-data; boundary={BOUNDARY}"
        return self.ask("POST", f"/submission?{DEVICE}", [kind, "Transfer-Encoding: chunked"], coded)
