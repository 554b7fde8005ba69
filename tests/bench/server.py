"""The server of the bench: both shapes, on 127.0.0.1, in a process of its own, with all rows encoded beforehand.

``python -m tests.bench.server KIND --count N --kind case|alert|mixed`` prints its address and answers until its
standard input ends. It counts what it is asked and what it sends; ``POST /_bench`` with a small document lets things
happen to the submissions, sets the line's speed and the faults, and hands over the counts.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import re
import sys
import time
from base64 import b64decode, b64encode
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote

from tests.bench.data import submissions
from tests.bench.shapes import survey
from tests.bench.stock import Held, Kind, Stock, head

TOKEN: Final = "banc0123456789abcdef0123456789abcdef0123"  # noqa: S105 - invented
EMAIL: Final = "banc@example.org"
PASSWORD: Final = "phrase-inventee-pour-le-banc"  # noqa: S105 - invented
PROJECT: Final = 7
_STAMPS: Final = {"submissionDate": "created", "updatedAt": "updated", "deletedAt": "deleted"}
_RULE: Final = re.compile(r"__system/(submissionDate|updatedAt|deletedAt) (ge|gt) (\S+)")
_IDS: Final = re.compile(r"__id eq '([^']*)'")
Said = tuple[int, bytes, str]
_MISSING: Final[Said] = (404, b'{"detail":"Not found."}', "application/json")


@dataclass
class Knobs:
    """How the server and its line behave.

    Attributes:
        default: rows of a page when none are asked for (KoboToolbox).
        cap: rows of a page at most.
        packs: whether answers are packed.
        latency_s: before each answer.
        bytes_s: how many bytes a second go out; 0 = as many as can.
        every: each so many-th request fails; 0 = none.
        faults: how they fail, one after the other: a status, or "cut".
    """

    default: int = 100
    cap: int = 1000
    packs: bool = True
    latency_s: float = 0.0
    bytes_s: int = 0
    every: int = 0
    faults: list[str] = field(default_factory=list)


@dataclass
class Counts:
    """What was asked and sent since it was last told."""

    requests: int = 0
    sent: int = 0
    unpacked: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    bytes_of: Counter[str] = field(default_factory=Counter)
    cpu_s: float = field(default_factory=time.process_time)


class Server:
    """Answers for a stock."""

    def __init__(self, stock: Stock, knobs: Knobs) -> None:
        self.stock = stock
        self.knobs = knobs
        self.counts = Counts()
        self.address = ""
        self._lists: dict[tuple[str, str], tuple[int, list[Held], dict[str, int]]] = {}

    # --- the bench itself ---

    def bench(self, body: bytes) -> bytes:
        """Do what a document asks and return the counts of until now."""
        asked: dict[str, Any] = json.loads(body or b"{}")
        done: dict[str, Any] = {}
        for name, value in asked.get("knobs", {}).items():
            setattr(self.knobs, name, value)
        if "plant" in asked:
            done = {"planted": self.stock.plant(**asked["plant"])}
        counts, self.counts = self.counts, Counts()
        said = {
            "requests": counts.requests,
            "sent": counts.sent,
            "unpacked": counts.unpacked,
            "kinds": counts.kinds,
            "bytes_of": counts.bytes_of,
            "server_cpu_s": round(time.process_time() - counts.cpu_s, 2),
            "live": len(self.stock.live()),
        }
        return json.dumps(said | done).encode()

    def answer(self, method: str, target: str, body: bytes) -> tuple[str, Said]:
        """Return what kind of request it was, and its answer."""
        path, _, query = target.partition("?")
        asked = dict(parse_qsl(query, keep_blank_values=True))
        parts = [unquote(one) for one in path.strip("/").split("/")]
        if self.stock.kind == "kobo":
            return self._kobo(parts, asked)
        return self._central(method, parts, asked, body)

    # --- KoboToolbox ---

    def _kobo(self, parts: list[str], asked: dict[str, str]) -> tuple[str, Said]:
        parts = [one.removesuffix(".json") for one in parts]
        match parts:
            case ["me"]:
                return "me", _json({"username": "banc"})
            case ["api", "v2", "assets"]:
                shown = [self._asset(uid) for uid in self.stock.forms][int(asked.get("start", 0)) :]
                return "forms", _json({"count": len(self.stock.forms), "next": None, "results": shown})
            case ["api", "v2", "assets", uid] if uid in self.stock.forms:
                return "forms", _json(self._asset(uid))
            case ["api", "v2", "assets", uid, "data"] if uid in self.stock.forms:
                return self._data(uid, asked)
            case ["api", "v2", "assets", _uid, "data", number, *rest] if int(number) in self.stock.by_number:
                return self._one(self.stock.by_number[int(number)], rest, asked)
        return "?", _MISSING

    def _asset(self, uid: str) -> dict[str, Any]:
        rows = self.stock.forms[uid]
        place = f"{self.address}/api/v2/assets/{uid}/"
        return {
            "uid": uid,
            "name": uid,
            "asset_type": "survey",
            "owner__username": "banc",
            "date_created": "",
            "date_modified": "",
            "version_id": "v1",
            "has_deployment": True,
            "deployment_status": "deployed",
            "deployment__submission_count": len(rows),
            "summary": {"geo": False, "naming_conflicts": []},
            "url": place,
            "data": f"{place}data/",
            "content": {"survey": survey([one.versions[-1][1] for one in rows[:50]]), "choices": []},
        }

    def _data(self, uid: str, asked: dict[str, str]) -> tuple[str, Said]:
        rule = json.loads(asked.get("query", "{}"))
        found = self._matching(uid, rule)
        start = int(asked.get("start", 0))
        limit = min(int(asked.get("limit", self.knobs.default)), self.knobs.cap)
        page = found[start : start + limit]
        if asked.get("format") == "xml":
            inner = b"".join(one.versions[-1][1].removeprefix(b"<?xml version='1.0'?>") for one in page)
            opening = b'<?xml version="1.0"?><root><count>%d</count><results>' % len(found)
            return "xml", (200, opening + inner + b"</results></root>", "application/xml")
        names = json.loads(asked["fields"]) if "fields" in asked else None
        if names is None:
            rows = b",".join(one.full for one in page)
        else:
            rows = b",".join(b"{" + head("kobo", one, names) + b"}" for one in page)
        more = start + limit
        link = f"{self.address}/api/v2/assets/{uid}/data/?format=json&limit={limit}&start={more}"
        onward = json.dumps(link if more < len(found) else None).encode()
        body = b'{"count":%d,"next":%s,"previous":null,"results":[%s]}' % (len(found), onward, rows)
        return ("rows" if names is None else "light"), (200, body, "application/json")

    def _matching(self, uid: str, rule: dict[str, Any]) -> list[Held]:
        rows = self.stock.forms[uid]
        match rule:
            case {"_id": {"$gt": after}}:
                return rows[bisect_right(rows, after, key=lambda one: one.number) :]
            case {"_id": {"$in": numbers}}:
                return [self.stock.by_number[one] for one in sorted(numbers) if one in self.stock.by_number]
            case {"meta/rootUuid": {"$in": roots}}:
                return [self.stock.by_root[one] for one in roots if one in self.stock.by_root]
            case {"_submission_time": {"$gt": after}}:
                return [one for one in rows if one.created > after]
        return rows

    def _one(self, one: Held, rest: list[str], asked: dict[str, str]) -> tuple[str, Said]:
        if rest[:1] == ["attachments"]:
            number = int(rest[1].rpartition("x")[2])
            content = list(one.files.values())[number]
            return "files", (200, content, "image/jpeg") if content is not None else _MISSING
        if asked.get("format") == "xml":
            return "xml", (200, b"<?xml version='1.0' ?>" + one.versions[-1][1], "application/xml")
        return "one", (200, one.full, "application/json")

    # --- Central ---

    def _central(  # noqa: PLR0911 - a table of addresses
        self, method: str, parts: list[str], asked: dict[str, str], body: bytes
    ) -> tuple[str, Said]:
        match parts[1:]:
            case ["sessions"] if method == "POST":
                said = {"token": TOKEN, "csrf": "c", "expiresAt": "2030-01-01T00:00:00.000Z"}
                return "login", _json(said)
            case ["sessions", _token]:
                return "login", _json({"success": True})
            case ["users", "current"]:
                return "me", _json({"id": 5, "type": "user", "displayName": "Banc", "verbs": []})
            case ["projects", _id]:
                return "me", _json({"id": PROJECT, "name": "Banc", "archived": False, "keyId": None})
            case ["projects", _id, "forms"]:
                shown = [{"xmlFormId": one, "version": "1", "state": "open"} for one in self.stock.forms]
                return "forms", _json(shown)
            case ["projects", _id, "forms", name, "Submissions"]:
                return self._feed(name.removesuffix(".svc"), asked)
            case ["projects", _id, "forms", _name, "submissions", root, *rest]:
                return self._of_root(root, rest)
        return "?", _MISSING

    def _feed(self, form: str, asked: dict[str, str]) -> tuple[str, Said]:
        rows, places = self._list(form, asked.get("$filter", ""))
        first = 0
        if token := asked.get("$skiptoken"):
            named = json.loads(b64decode(token[2:]))["instanceId"]
            first = places[named] + 1 if named in places else len(rows)
        first += int(asked.get("$skip", 0))
        top = int(asked["$top"]) if "$top" in asked else len(rows)
        page = rows[first : first + top]
        light = "$select" in asked
        shown = b",".join(b"{" + head("central", one) + b"}" if light else one.full for one in page)
        more = b""
        if page and first + top < len(rows):
            packed = quote("01" + b64encode(json.dumps({"instanceId": page[-1].root}).encode()).decode())
            link = f"{self.address}/v1/x.svc/Submissions?%24skiptoken={packed}"
            more = b',"@odata.nextLink":"%s"' % link.encode()
        count = b',"@odata.count":%d' % len(rows) if asked.get("$count") == "true" else b""
        kind = "light" if light else "rows"
        return kind, (200, b'{"value":[%s]%s%s}' % (shown, count, more), "application/json")

    def _list(self, form: str, wanted: str) -> tuple[list[Held], dict[str, int]]:
        """Return the rows that a filter lets through, newest first, and where each of them stands."""
        known = self._lists.get((form, wanted))
        if known is None or known[0] != self.stock.changed:
            rows = [one for one in reversed(self.stock.forms.get(form, [])) if _passes(one, wanted)]
            known = self.stock.changed, rows, {one.root: number for number, one in enumerate(rows)}
            self._lists[form, wanted] = known
        return known[1], known[2]

    def _of_root(self, root: str, rest: list[str]) -> tuple[str, Said]:
        one = self.stock.by_root.get(root)
        if one is None or one.deleted:
            return "?", _MISSING
        match rest:
            case ["versions"]:
                shown = [{"instanceId": name, "createdAt": at} for name, _xml, at in reversed(one.versions)]
                return "versions", _json(shown)
            case ["versions", named]:
                wanted = named.removesuffix(".xml")
                xml = next(xml for name, xml, _at in one.versions if name == wanted)
                return "xml", (200, xml, "application/xml")
            case ["attachments"] | ["versions", _, "attachments"]:
                said = [{"name": name, "exists": data is not None} for name, data in one.files.items()]
                return "one", _json(said)
            case ["attachments", name] | ["versions", _, "attachments", name] if (
                one.files.get(name) is not None
            ):
                return "files", (200, one.files[name] or b"", "image/jpeg")
        return "?", _MISSING


def _passes(one: Held, wanted: str) -> bool:
    ids = set(_IDS.findall(wanted))
    if ids:
        return one.root in ids
    if one.deleted and "deletedAt" not in wanted:
        return False
    rules = _RULE.findall(wanted)
    return not rules or any((getattr(one, _STAMPS[name]) or "") >= at for name, _sign, at in rules)


def _json(value: object) -> Said:
    return 200, json.dumps(value).encode(), "application/json"


# --- the socket -------------------------------------------------------------------------------------------------------


class Wire(asyncio.Protocol):
    """One connection."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._left = b""
        self._busy: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to answer."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Answer whole requests in their order."""
        self._left += data
        while (end := self._left.find(b"\r\n\r\n")) >= 0:
            lines = self._left[:end].decode("latin-1").split("\r\n")
            fields = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            whole = end + 4 + int(fields.get("content-length", 0))
            if len(self._left) < whole:
                return
            body, self._left = self._left[end + 4 : whole], self._left[whole:]
            method, target, _ = lines[0].split(" ", 2)
            self._say(method, target, body, gzips="gzip" in fields.get("accept-encoding", ""))

    def _say(self, method: str, target: str, body: bytes, *, gzips: bool) -> None:
        server, knobs = self._server, self._server.knobs
        if target == "/_bench":
            self._transport.write(_raw(200, server.bench(body), "application/json"))
            return
        counts = server.counts
        counts.requests += 1
        if knobs.every and counts.requests % knobs.every == 0:
            how = knobs.faults[counts.requests // knobs.every % len(knobs.faults)]
            self._fail(how, server.answer(method, target, body)[1])
            return
        kind, (status, content, media) = server.answer(method, target, body)
        packed = gzip.compress(content, 6) if gzips and knobs.packs and len(content) > 200 else content
        raw = _raw(status, packed, media, packed=packed is not content)
        counts.kinds[kind] += 1
        counts.bytes_of[kind] += len(packed)
        counts.sent += len(packed)
        counts.unpacked += len(content)
        if knobs.latency_s or knobs.bytes_s:
            before = self._busy
            self._busy = asyncio.ensure_future(self._slowly(before, raw))
        else:
            self._transport.write(raw)

    def _fail(self, how: str, said: Said) -> None:
        self._server.counts.kinds["failed"] += 1
        if how == "cut":
            raw = _raw(*said)
            self._transport.write(raw[: len(raw) // 2])
            self._transport.close()
        else:
            self._transport.write(_raw(int(how), b"{}", "application/json"))

    async def _slowly(self, before: asyncio.Task[None] | None, raw: bytes) -> None:
        """Write as a narrow line does."""
        if before is not None:
            await before
        await asyncio.sleep(self._server.knobs.latency_s)
        piece = max(self._server.knobs.bytes_s // 20, 1) if self._server.knobs.bytes_s else len(raw)
        for start in range(0, len(raw), piece):
            self._transport.write(raw[start : start + piece])
            await asyncio.sleep(0.05 if self._server.knobs.bytes_s else 0)


def _raw(status: int, content: bytes, media: str, *, packed: bool = False) -> bytes:
    extra = b"Content-Encoding: gzip\r\n" if packed else b""
    return (
        b"HTTP/1.1 %d x\r\nContent-Type: %s\r\nContent-Length: %d\r\nDate: Wed, 25 Nov 2026 08:00:00 GMT\r\n%s\r\n"
        % (status, media.encode(), len(content), extra)
    ) + content


def stocked(kind: Kind, count: int, forms: str, files: int = 0, size: int = 0) -> Stock:
    """Return a stock of made-up submissions; the first ``files`` alerts announce a photo of so many bytes, 0 = late."""
    stock = Stock(kind)
    left = files
    for form, own, xml in submissions(count, kind=forms):
        beside: dict[str, bytes | None] = {}
        if left and b"<photo />" in xml:
            left -= 1
            name = f"{own[:8]}.jpg"
            xml = xml.replace(b"<photo />", f"<photo>{name}</photo>".encode())  # noqa: PLW2901 - with its photo
            beside = {name: _photo(own, size) if size else None}
        stock.add(form, xml, beside)
    return stock


def _photo(own: str, size: int) -> bytes:
    seed = own.encode()
    return b"\xff\xd8" + (seed * (size // len(seed) + 1))[: size - 2]


async def serve(server: Server) -> None:
    """Answer until standard input ends."""
    loop = asyncio.get_running_loop()
    made = await loop.create_server(lambda: Wire(server), "127.0.0.1", 0)
    server.address = f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}"
    print(server.address, flush=True)  # noqa: T201 - how it says where it is
    await loop.run_in_executor(None, sys.stdin.read)
    made.close()


def main() -> None:
    """Stock and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=("central", "kobo"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--forms", choices=("alert", "case", "mixed"), default="case")
    parser.add_argument("--files", type=int, default=0)
    parser.add_argument("--size", type=int, default=0)
    asked = parser.parse_args()
    stock = stocked(asked.kind, asked.count, asked.forms, asked.files, asked.size)
    asyncio.run(serve(Server(stock, Knobs())))


if __name__ == "__main__":
    main()
