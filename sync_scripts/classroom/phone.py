"""A simulated phone: does over the network what ODK Collect does, step by step. Shares no code with the server.

What a real phone checks, it checks; what a real phone ignores, it ignores. It stands in for one in the demo, in the
tests and in ``dikalo classroom --try``; it never decides whether a server is right, it only says what a phone would.
The steps follow Collect's source of 2026: OkHttpConnection, SubmissionChunker, OpenRosaClient and their parsers.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self, TypeVar

import requests

from sync_scripts.classroom.phone_wire import (
    STILL_MORE,
    Body,
    Instance,
    Listed,
    Part,
    md5,
    parts,
    phone_date,
    read_list,
    read_manifest,
    read_message,
    split,
)
from sync_scripts.clock import seconds
from sync_scripts.errors import DikaloError, Unreachable

__all__ = ["Instance", "ListRefused", "NoAnswer", "Phone", "PhoneForm", "Sent", "Updated"]

_AGENT: Final = "org.odk.collect.android/v2026.3.0 Dalvik/2.1.0 (Linux; U; Android 14; simulated)"
_CONNECT_S, _READ_S = 30, 60
_DEFAULT_LIMIT: Final = 10_000_000
"""Bytes a post may hold where the server does not say."""
_Read = TypeVar("_Read")


NoAnswer: Final = Unreachable.declare(
    "DK-L50",
    "The simulated phone gets no answer from the classroom. Check that it is still running and that the address is "
    "the one it printed.",
)
# A phone would not accept what the server gave; ``status`` is the HTTP answer.
ListRefused: Final = DikaloError.declare(
    "DK-L51",
    "A phone would refuse what this server gives ({why}, HTTP {status}). The server is no OpenRosa server, or one "
    "of its answers is not as phones need it.",
)


@dataclass(frozen=True, slots=True)
class PhoneForm:
    """A blank form on the phone: its file, the folder of its media, and what the list said of it."""

    form_id: str
    version: str
    name: str
    path: Path
    media: Path


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update of the forms did.

    ``downloaded`` are ids of forms fetched now, ``files`` names of media fetched now, ``without_media`` ids of forms
    that were installed although their files did not come, which Collect does in silence.
    """

    forms: tuple[PhoneForm, ...]
    downloaded: tuple[str, ...]
    files: tuple[str, ...]
    without_media: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of sending one filled form.

    ``status`` is the last HTTP answer, 0 when nobody answered; ``message`` what the phone shows; ``posts`` how many
    requests it took; ``retry_after`` what the server says of when to come again, as it stands there, beside its ``date``.
    """

    status: int
    message: str
    posts: int
    retry_after: str | None = None
    date: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the phone takes it as sent: a post was answered 201 or 202, nothing else."""
        return self.posts > 0 and self.status in (201, 202)


class Phone:
    """One phone with one project. Close it, or use it in a ``with`` block."""

    def __init__(
        self,
        base_url: str,
        folder: Path,
        *,
        device_id: str = "collect:simulated0001",
        tries: int = 3,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Set the phone up.

        Args:
            base_url: the server's address, as the scanned code says it.
            folder: the phone's storage; forms go to ``forms/`` in it.
            device_id: what the phone calls itself in every address.
            tries: how often a request is tried when the connection breaks.
            sleep: waits between tries, in seconds.
        """
        self._base = base_url.rstrip("/")
        self._forms = folder / "forms"
        self._device_id = device_id
        self._tries = tries
        self._sleep = sleep
        logging.getLogger("urllib3").setLevel(logging.WARNING)  # below that it prints whole addresses
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.headers.update({"Accept-Encoding": "gzip", "Connection": "Keep-Alive"})

    def __enter__(self) -> Self:
        """Return the phone itself."""
        return self

    def __exit__(self, *_gone: object) -> None:
        """Switch it off."""
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def update_forms(self) -> Updated:
        """Fetch the list, then each form that is new or changed, then those of its files that are.

        Raises:
            NoAnswer: the server cannot be reached.
            ListRefused: a phone would not accept the list or a form.
        """
        forms, downloaded, files, without = [], [], [], []
        for listed in self._list():
            form = self._place(listed)
            if _is_new(listed, form):
                form.path.parent.mkdir(parents=True, exist_ok=True)
                form.path.write_bytes(self._get(listed.address).content)
                downloaded.append(listed.form_id)
            try:
                files += self._update_media(listed, form)
            except ListRefused:
                without.append(listed.form_id)
            forms.append(form)
        return Updated(tuple(forms), tuple(downloaded), tuple(files), tuple(without))

    def send(self, instance: Instance, *, split_after: int | None = None) -> Sent:
        """Send a filled form as Collect does: ask first, then post, in several posts when it is large.

        Args:
            instance: what to send.
            split_after: begin a new post after so many files; None for Collect's own rule.
        """
        xml, files = parts(instance)
        try:
            asked = self._ask("HEAD", f"{self._base}/submission")
            if asked.status_code == 401 or (asked.ok and asked.status_code != 204):
                return Sent(asked.status_code, "", 0)  # 3xx, 4xx and 5xx do not stop Collect from posting
            return self._post_all(xml, split(xml, files, _limit(asked), split_after))
        except NoAnswer:
            return Sent(0, "", 0)

    def _post_all(self, xml: Part, posts: Sequence[Sequence[Part]]) -> Sent:
        """Send one post after the other; the first that is not taken ends it."""
        sent = Sent(0, "", 0)
        for number, files in enumerate(posts, start=1):
            more = (STILL_MORE,) if number < len(posts) else ()
            body = Body((xml, *files, *more))
            answer = self._ask("POST", f"{self._base}/submission", body=body)
            sent = Sent(answer.status_code, read_message(answer.content), number, *_when(answer))
            if not sent.accepted:
                break
        return sent

    def _list(self) -> tuple[Listed, ...]:
        answer = self._get_xml(f"{self._base}/formList")
        return self._believed(read_list, answer)

    def _update_media(self, listed: Listed, form: PhoneForm) -> list[str]:
        """Fetch the files of a form whose bytes are not among those already here, whatever their name."""
        if listed.manifest is None:
            return []
        files = self._believed(read_manifest, self._get_xml(listed.manifest))
        form.media.mkdir(parents=True, exist_ok=True)
        here = {md5(path.read_bytes()) for path in form.media.iterdir() if path.is_file()}
        wanted = [file for file in files if file.digest not in here]
        for file in wanted:
            (form.media / file.name).write_bytes(self._get(file.address).content)
        return [file.name for file in wanted]

    def _place(self, listed: Listed) -> PhoneForm:
        name = re.sub(r"[^\w.-]", "_", f"{listed.form_id}_{listed.version}")
        return PhoneForm(
            form_id=listed.form_id,
            version=listed.version,
            name=listed.name,
            path=self._forms / f"{name}.xml",
            media=self._forms / f"{name}-media",
        )

    def _get_xml(self, address: str) -> requests.Response:
        """Return a document of the protocol; Collect looks at its type and at the header of the protocol."""
        answer = self._get(address)
        kind = answer.headers.get("Content-Type")
        if kind is not None and "text/xml" not in kind.lower():
            raise ListRefused(status=answer.status_code, why="Content-Type")
        if "X-OpenRosa-Version" not in answer.headers:
            raise ListRefused(status=answer.status_code, why="X-OpenRosa-Version")
        return answer

    def _get(self, address: str) -> requests.Response:
        answer = self._ask("GET", address)
        if answer.status_code != 200:
            raise ListRefused(status=answer.status_code, why="GET")
        return answer

    def _ask(self, method: str, address: str, *, body: Body | None = None) -> requests.Response:
        """Do one request with the headers of a phone; when the connection breaks, try again."""
        headers = {"User-Agent": _AGENT, "X-OpenRosa-Version": "1.0", "Date": phone_date(seconds())}
        if body is not None:
            headers["Content-Type"] = body.kind
        for left in reversed(range(self._tries)):
            try:
                return self._session.request(
                    method,
                    address,
                    params={"deviceID": self._device_id},
                    data=body,
                    headers=headers,
                    timeout=(_CONNECT_S, _READ_S),
                )
            except (requests.ConnectionError, requests.Timeout):
                if left:
                    self._sleep(1)
        raise NoAnswer

    @staticmethod
    def _believed(read: Callable[[bytes], _Read | None], answer: requests.Response) -> _Read:
        found = read(answer.content)
        if found is None:
            raise ListRefused(status=answer.status_code, why="XML")
        return found


def _when(answer: requests.Response) -> tuple[str | None, str | None]:
    said = answer.headers.get("Retry-After")
    return (said, answer.headers.get("Date")) if said else (None, None)


def _is_new(listed: Listed, form: PhoneForm) -> bool:
    """Tell whether a form must be fetched; without a digest in the list Collect cannot, and does not."""
    if listed.digest is None:
        raise ListRefused(status=200, why="hash")
    return not form.path.is_file() or md5(form.path.read_bytes()) != listed.digest


def _limit(asked: requests.Response) -> int:
    """Return how many bytes a post may hold; a server that does not say gets Collect's own idea."""
    said = asked.headers.get("X-OpenRosa-Accept-Content-Length", "") if asked.status_code == 204 else ""
    return int(said) if said.isdecimal() else _DEFAULT_LIMIT
