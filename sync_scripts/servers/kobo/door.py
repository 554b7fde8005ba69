"""A whole KoboToolbox before anybody has logged in, and what phones see there: forms and files, as ODK Collect asks for them. Reads only.

Addresses are taken from the server's own list, never built; the client is bound to the address of the settings, and an
address that leads elsewhere is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

import msgspec

from sync_scripts.errors import DikaloError
from sync_scripts.servers.http import Call, Client
from sync_scripts.servers.http.errors import ShapeUnknown

WAITS: Final = 30
"""How often, a second apart, it is asked whether files are there."""
_HEADERS: Mapping[str, str] = {"Accept": "text/xml", "X-OpenRosa-Version": "1.0"}


@dataclass(frozen=True, slots=True)
class Door:
    """The address that phones use, with the token of an account that may see the forms."""

    client: Client
    sleep: Callable[[float], None] = time.sleep

    def shows(self, uid: str, files: Mapping[str, str]) -> bool | None:
        """Tell whether phones get these files, by name and MD5 ("" = any content); None: their list does not name the form."""
        there = self.files(uid)
        if there is None:
            return None
        return all(name in there and md5 in {"", there[name]} for name, md5 in files.items())

    def comes_to_show(self, uid: str, files: Mapping[str, str]) -> bool | None:
        """Wait until phones get these files: the server lists a form, and hands its files on, some time after it took them.

        None: the form was not in the list until the end.
        """
        for _time in range(WAITS):
            if self.shows(uid, files):
                return True
            self.sleep(1.0)
        return self.shows(uid, files)

    def files(self, uid: str) -> dict[str, str] | None:
        """Return the MD5 of each file that phones get with a form, by name; None where the list does not name the form.

        Raises what `Client.answer` raises.
        """
        for form in self._records("/formList", "xforms", "xform"):
            if form.get("formID") == uid:
                where = form.get("manifestUrl", "")
                return self._manifest(where) if where else {}
        return None

    def _manifest(self, url: str) -> dict[str, str]:
        found = self._records(self.client.path_of(url), "manifest", "mediaFile")
        return {one.get("filename", ""): one.get("hash", "").removeprefix("md5:") for one in found}

    def _records(self, path: str, root: str, name: str) -> list[dict[str, str]]:
        """Return the records of a list. A page that is another thing, such as one to log in, is an error, never an empty list."""
        content = self.client.answer(Call(path, headers=_HEADERS)).content
        try:
            return list(_read(content, root, name))
        except expat.ExpatError:
            raise ShapeUnknown(server=self.client.server) from None


def _read(content: bytes, root: str, name: str) -> Iterator[dict[str, str]]:
    """Yield the texts of the children of each element of a name below this root; no entity is ever expanded.

    Raises:
        ExpatError: it is no XML, or its root has another name.
    """
    parser: Any = expat.ParserCreate(namespace_separator=" ")
    found: list[dict[str, str]] = []
    path: list[str] = []

    def opened(tag: str, _attributes: Mapping[str, str]) -> None:
        path.append(tag.rpartition(" ")[2])
        if path[0] != root:
            raise expat.ExpatError
        if path[-1] == name:
            found.append({})

    def closed(_tag: str) -> None:
        path.pop()

    def said(text: str) -> None:
        if len(path) > 1 and path[-2] == name:
            found[-1][path[-1]] = found[-1].get(path[-1], "") + text

    def refused(*_given: object) -> None:
        raise expat.ExpatError

    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = said, refused
    parser.Parse(content, True)
    yield from found


class _Said(msgspec.Struct, frozen=True):
    """What the server says of itself to strangers; the address is missing where something else answers."""

    open_rosa_server: str = ""


def is_kobo(client: Client) -> bool:
    """Tell whether the API of a KoboToolbox answers there; no credential is sent.

    Raises:
        Unreachable: nothing answers, or not so that anything could be told.
    """
    return bool(openrosa(client))


def openrosa(client: Client) -> str:
    """Return the address that phones use, "" where no KoboToolbox says one; no credential is sent.

    Raises:
        Unreachable: nothing answers.
    """
    answer = client.answer(Call("/api/v2/environment/", accept=(400, 401, 403, 404, 405), anonymous=True))
    if answer.status != 200:
        return ""
    try:
        return answer.json(_Said).open_rosa_server
    except DikaloError:
        return ""
