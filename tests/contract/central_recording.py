"""Record a real Central anew: ``python -m tests.contract.central_recording URL FOLDER [--purge COMMAND]``.

Asks it every recorded question in the same order, with invented data, and writes its answers in the form of the recordings: all of
them, or with ``--beside`` only those that say something else than the recordings here do. The account of an administrator is that of
the live tests (``DIKALO_CENTRAL_EMAIL``, ``DIKALO_CENTRAL_PASSWORD``). Take a server that was just migrated.

What would be another at each recording is replaced by what is the same: the address, tokens, keys, instants, and the ids that the
server makes. What is left of them: ids inside of page tokens, and digests of what holds an instant.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from tests.contract import central_calls, central_far
from tests.contract import central_story as story
from tests.contract.central_room import Room, Site, answers
from tests.contract.central_same import HERE, differences, recorded
from tests.contract.central_story import ROOMS

_LEFT_OUT: Final = {
    "date",
    "connection",
    "keep-alive",
    "set-cookie",
    "content-length",
    "transfer-encoding",
    "server",
}
_TEXT: Final = ("text/", "application/json", "application/xml", "application/geo+json")
_STAMP: Final = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_WORDS: Final = (
    (re.compile(r"(?<![A-Za-z0-9!$])[A-Za-z0-9!$]{64}(?![A-Za-z0-9!$])"), "TOKEN"),
    (re.compile(r"(?:%24|%21|[A-Za-z0-9!$]){64,}(?=/projects/)"), "TOKEN"),
    (re.compile(r"MII[A-Za-z0-9+/=]{300,}"), "PUBLIC"),
    (re.compile(r"\[encrypted:[A-Za-z0-9+/=]+\]"), "[encrypted:AaIR7U95]"),
    (re.compile(r'W/\\?"[0-9a-f]+-[A-Za-z0-9+/]{27}\\?"'), 'W/\\"0-0\\"'),
)
"""What is replaced by a word."""
_DIGEST: Final = re.compile(r"eventhash:[0-9a-f]{32}")
_ACTORS: Final = {"actorId", "submitterId", "creatorId", "createdBy", "updatedBy"}


@dataclass
class Stable:
    """What the server said once and would say otherwise next time, with what stands in its place.

    Attributes:
        begun: the first instant of this recording: earlier ones are ours.
        ours: what our questions hold, which stays.
    """

    site: Site
    ours: str
    instants: dict[str, str] = field(default_factory=dict)
    made: dict[str, str] = field(default_factory=dict)
    numbers: dict[tuple[str, int], int] = field(default_factory=dict)

    def learn(self, texts: list[str]) -> None:
        """Number all instants in their order."""
        found = {one for text in texts for one in _STAMP.findall(text) if one not in self.ours}
        for number, one in enumerate(sorted(found)):
            minutes, seconds = divmod(number, 60)
            self.instants[one] = f"2026-11-25T{9 + minutes // 60:02}:{minutes % 60:02}:{seconds:02}.000Z"

    def text(self, text: str) -> str:
        """Return a text with what stays the same."""
        text = text.replace(self.site.base, "http://central.example").replace(
            self.site.email, "admin@example.org"
        )
        for pattern, word in _WORDS:
            text = pattern.sub(word.replace("\\", "\\\\"), text)
        for ours, theirs in self.site.projects.items():
            text = re.sub(rf"(projects/){theirs}(?=[/?\"]|$)", rf"\g<1>{ours}", text)
        text = _STAMP.sub(lambda found: self.instants.get(found[0], found[0]), text)
        text = _DIGEST.sub("eventhash:" + "0" * 32, text)
        return _UUID.sub(lambda found: found[0] if found[0] in self.ours else self._uuid(found[0]), text)

    def _uuid(self, told: str) -> str:
        return self.made.setdefault(told, f"00000000-0000-4000-8000-{len(self.made) + 1:012}")

    def value(self, value: Any, name: str = "") -> Any:
        """Return a value of JSON with numbers of things counted in the order in which they were said."""
        if isinstance(value, list):
            return [self.value(one, name) for one in value]
        if isinstance(value, dict):
            return {key: self.value(one, key) for key, one in value.items()}
        if isinstance(value, int) and not isinstance(value, bool) and (name == "id" or name.endswith("Id")):
            return self.number("actor" if name in _ACTORS else name, value)
        return value

    def number(self, kind: str, told: int) -> int:
        """Return the number of a thing."""
        if kind == "projectId":
            return next((ours for ours, theirs in self.site.projects.items() if theirs == told), 1)
        seen = sum(1 for one, _number in self.numbers if one == kind)
        return self.numbers.setdefault((kind, told), seen + 1)


def kept(stable: Stable, said: httpx.Response) -> dict[str, Any]:
    """Return an answer as it is written down."""
    headers = {name: value for name, value in said.headers.items() if name not in _LEFT_OUT}
    kind = said.headers.get("content-type", "")
    body: Any = f"<{len(said.content)} bytes {kind}>"
    if said.content and kind.startswith(_TEXT):
        body = said.text
        if "json" in kind:
            body = stable.value(said.json())
    answer = {"status": said.status_code, "headers": headers, "body": body}
    found: dict[str, Any] = json.loads(stable.text(json.dumps(answer, ensure_ascii=False)))
    return found


def asked(
    base: str, email: str, password: str, purging: list[str]
) -> Iterator[tuple[Site, dict[str, httpx.Response]]]:
    """Ask everything: the calls of our client, then each room; each in projects of its own."""
    site = Site(base, email, password, {})
    far, told = central_far.Far(site, purging), dict[str, str]()
    yield site, central_calls.told_of(far.answer, central_far.before(far, told), site, told)
    tell(far)
    for begin, asks in ROOMS.values():
        site = Site(base, email, password, {})
        far = central_far.Far(site, purging)
        yield site, answers(begin(Room(world=far, site=site)), asks)
        tell(far)


def tell(far: central_far.Far) -> None:
    """Say what could not be brought about."""
    for one in far.failed:
        sys.stderr.write(f"not done: {one}\n")


def main() -> None:
    """Record."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--purge", default="", help="the command that purges the trash of that server")
    parser.add_argument("--beside", action="store_true", help="keep only what is said otherwise here")
    parser.add_argument("--note", default="", help="version and how it ran; kept with each answer")
    given = parser.parse_args()
    account = (os.environ["DIKALO_CENTRAL_EMAIL"], os.environ["DIKALO_CENTRAL_PASSWORD"])
    given.folder.mkdir(parents=True, exist_ok=True)
    ours = json.dumps([recorded(path.stem).request for path in HERE.glob("*.json")]) + Path(
        story.__file__
    ).read_text("utf-8")
    for site, found in asked(given.url.rstrip("/"), *account, shlex.split(given.purge)):
        stable = Stable(site, ours)
        stable.learn([said.text for said in found.values()])
        for name, said in found.items():
            told = kept(stable, said)
            whole = {"name": name, "note": given.note, "request": recorded(name).request, "response": told}
            if not given.beside or differences(recorded(name).response, said):
                path = given.folder / f"{name}.json"
                path.write_text(json.dumps(whole, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
