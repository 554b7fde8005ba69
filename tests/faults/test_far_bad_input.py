"""Every kind of bad input from a server, as a person meets it: a sentence, a code, an exit code; the next run completes.

One line of the table a kind, tried at a Central and at a KoboToolbox by the command itself, over a real socket. While
one of the two is in trouble, all that the other holds is pulled. Two pulls at once and a laptop that sleeps for a week
stand in ``test_far_command`` and ``test_far``.
"""

from __future__ import annotations

import gzip
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

import httpx
import pytest
from sqlalchemy import func, select

from sync_scripts import config
from sync_scripts.intake.notes import NoRoots
from sync_scripts.store import engine
from sync_scripts.store.schema import raw
from tests.contract.kobo_world import FORM
from tests.contract.serving import serving
from tests.contract.test_http import certificate
from tests.faults import fulldisk
from tests.faults.far_workspace import Run
from tests.faults.line import (
    Act,
    Answer,
    Line,
    Said,
    Trouble,
    calm,
    cut,
    drip,
    from_then_on,
    instead,
    meanwhile,
    passed,
)
from tests.faults.schedule import circle, empty, listed
from tests.intake.test_commands import opened

Name = Literal["bureau", "terrain"]
BOTH: Final[tuple[Name, ...]] = ("bureau", "terrain")
HELD: Final = {"bureau": 4, "terrain": 3}
"""Versions that each server holds."""
JSON: Final = "application/json"


@dataclass(frozen=True)
class There:
    """The server that is in trouble, and what is around it.

    Attributes:
        name: in the settings; ``bureau`` is a Central, ``terrain`` a KoboToolbox.
        line: how it is reached.
        root: the workspace.
        run: runs a command.
        patch: puts things in the place of others.
    """

    name: Name
    line: Line
    root: Path
    run: Run
    patch: pytest.MonkeyPatch

    @property
    def world(self) -> Any:
        """The stand-in."""
        return self.line.answer.__self__  # type: ignore[attr-defined] # a bound method

    def held(self, name: str) -> int:
        """Return how many versions of a server are here."""
        asked = select(func.count()).select_from(raw.submission).where(raw.submission.c.server == name)
        with opened(self.root) as register, register.reading() as rows:
            return int(rows.execute(asked).scalar_one())

    @contextmanager
    def settings(self, **others: object) -> Iterator[None]:
        """Write something else of this server into the settings."""
        before = (self.root / config.FILE).read_bytes()
        found = config.parse(before)
        servers = [one if one.name != self.name else _with(one, others) for one in found.server]
        config.write(self.root, _with(found, {"server": tuple(servers)}))
        try:
            yield
        finally:
            (self.root / config.FILE).write_bytes(before)


def _with(one: Any, others: dict[str, object]) -> Any:
    import msgspec

    return msgspec.structs.replace(one, **others)


Arranged = Callable[[There], AbstractContextManager[None]]


@dataclass(frozen=True)
class Bad:
    """One kind of bad input.

    Attributes:
        arranged: makes it so while the block runs.
        code: of the sentence, one for both servers or one for each.
        exits: what the command may end with.
        words: what the sentence must tell the person.
        where: servers that can do so.
    """

    arranged: Arranged
    code: str | dict[Name, str]
    exits: int
    words: str
    where: tuple[Name, ...] = BOTH

    def code_of(self, name: Name) -> str:
        """Return the code that is expected of a server."""
        return self.code if isinstance(self.code, str) else self.code[name]


def data(act: Act, *, pages: bool = False) -> Arranged:
    """Let something happen to every answer with rows of submissions; ``pages`` = only behind the first page."""

    def trouble(_number: int, request: httpx.Request) -> Act | None:
        asked = request.url.params
        if pages:
            return act if "$skiptoken" in asked or _behind(asked.get("query", "")) else None
        return act if "$filter" in asked or "$gt" in asked.get("query", "") else None

    return line(trouble)


def _behind(query: str) -> bool:
    return "$gt" in query and json.loads(query)["_id"]["$gt"] > 0


def line(trouble: Trouble) -> Arranged:
    """Let something go wrong on the way; pages hold two rows, so that there are several."""

    @contextmanager
    def arranged(there: There) -> Iterator[None]:
        cap, there.world.cap = there.world.cap, 2
        there.line.calmed(trouble)
        try:
            yield
        finally:
            there.line.calmed(calm)
            there.world.cap = cap

    return arranged


def settings(**others: dict[Name, object]) -> Arranged:
    """Write wrong things into the settings."""
    return lambda there: there.settings(**{key: value[there.name] for key, value in others.items()})


# --- what a server does -----------------------------------------------------------------------------------------------


def stranger(request: httpx.Request, answer: Answer) -> Said:
    """Let the server hear a login that is not the one it knows."""
    headers = dict(request.headers)
    content = request.read()
    if request.url.path == "/v1/sessions":
        content = json.dumps(json.loads(content) | {"password": "une-autre-phrase"}).encode()
    elif kind := headers.get("authorization", "").partition(" ")[0]:
        headers["authorization"] = f"{kind} {'f' * 40}"
    headers.pop("content-length", None)
    return passed(httpx.Request(request.method, request.url, headers=headers, content=content), answer)


@contextmanager
def forgotten(there: There) -> Iterator[None]:
    """Let the login end in the middle, and every one that is made after it at once; a token of Kobo is taken back."""
    deed = meanwhile(there.world.tokens.clear) if there.name == "bureau" else stranger
    with line(from_then_on(deed)(3))(there):
        yield


@contextmanager
def no_right(there: There) -> Iterator[None]:
    """Let the account see the form no more: a Kobo says 404, a Central 403."""
    refused = instead(403, b'{"message": "x", "code": 403.1}', content_type=JSON)
    if there.name == "bureau":
        with data(refused)(there):
            yield
        return
    there.world.foreign.add(FORM)
    with there.settings(forms=(FORM,)):
        yield
    there.world.foreign.clear()


def deaf(request: httpx.Request, answer: Answer) -> Said:
    """Answer with the first page whatever is asked, as a relay does that keeps answers and overlooks the query."""
    if "$skiptoken" in request.url.params:
        return circle(request, answer)
    bare = httpx.Request("GET", request.url.copy_remove_param("query"), headers=request.headers)
    return passed(bare, answer)


@cache
def bomb() -> bytes:
    """Return what unpacks to more than any list may be."""
    return gzip.compress(bytes(70_000_000), 9)


@contextmanager
def self_signed(there: There) -> Iterator[None]:
    """Let the server show a certificate for which nobody vouches."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(there.root.parent))
    with serving(there.line.answer, context) as address:
        url = address.replace("http://", "https://")
        with there.settings(url=url):
            yield


@contextmanager
def full_disk(there: There) -> Iterator[None]:
    """Let the disk take some bytes of the first sealed file, and no more."""
    with there.patch.context() as here:
        here.setattr("os.write", fulldisk.stingy(100))
        yield


@contextmanager
def full_database(there: There) -> Iterator[None]:
    """Let the register grow by some pages, and no further."""
    rule = f"max_page_count={(there.root / 'register.db').stat().st_size // 4096 + 6}"
    with there.patch.context() as here:
        here.setattr(engine, "PRAGMAS", (*engine.PRAGMAS, rule))
        yield


BAD_INPUT: Final[dict[str, Bad]] = {
    "wrong token": Bad(line(lambda _n, _r: stranger), "DK-I76", 4, "does not accept the login"),
    "expired login": Bad(forgotten, "DK-I76", 4, "does not accept the login"),
    "no permission": Bad(no_right, {"bureau": "DK-I77", "terrain": "DK-I78"}, 4, "account"),
    "wrong project": Bad(settings(project={"bureau": 99}), "DK-I78", 4, "shows nothing there", ("bureau",)),
    "wrong form": Bad(
        settings(forms={"bureau": ("alerte",), "terrain": ("aNulleForme0000000001",)}),
        "DK-I78",
        4,
        "shows nothing there",
    ),
    "HTML page in place of data": Bad(
        data(instead(200, b"<html>portail</html>", content_type="text/html")), "DK-I85", 5, "meant for people"
    ),
    "HTML error page": Bad(
        data(instead(502, b"<html>nginx</html>", content_type="text/html")), "DK-I80", 5, "out of order"
    ),
    "HTML page for what is not there": Bad(
        data(instead(404, b"<html>404</html>", content_type="text/html")), "DK-I78", 4, "shows nothing there"
    ),
    "truncated JSON": Bad(
        data(instead(200, b'{"count": 3, "value": [{"__id": "u', content_type=JSON)),
        "DK-I86",
        5,
        "incomplete",
    ),
    "connection cut": Bad(data(cut(200)), "DK-I82", 5, "did not arrive whole"),
    "repeated cursor": Bad(data(deaf, pages=True), "DK-I51", 5, "again and again"),
    "empty page before the count": Bad(
        data(listed(empty), pages=True), {"bureau": "DK-I50", "terrain": "DK-I54"}, 5, "showed 2"
    ),
    "gzip bomb": Bad(
        data(lambda _r, _a: Said(200, bomb(), {"content-type": JSON, "content-encoding": "gzip"})),
        "DK-I88",
        5,
        "more than expected",
    ),
    "dripping server": Bad(data(drip(0.01)), "DK-I83", 5, "did not answer in time"),
    "redirect to another host": Bad(
        data(instead(302, location="http://127.0.0.2:9/x")), "DK-I90", 5, "to another server"
    ),
    "self-signed TLS": Bad(self_signed, "DK-I92", 5, "put its certificate authority"),
    "disk full in the middle": Bad(full_disk, "DK-S03", 1, "The disk is full"),
    "register full in the middle": Bad(full_database, "DK-S03", 1, "The disk is full"),
}
TRIED: Final = [(name, where) for name, bad in BAD_INPUT.items() for where in bad.where]


@pytest.fixture
def there(
    request: pytest.FixtureRequest,
    root: Path,
    lines: dict[str, tuple[Line, str]],
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
) -> There:
    """Give the server that gets into trouble, in a workspace with both."""
    where: Name = request.param
    return There(where, lines[where][0], root, run, monkeypatch)


@pytest.mark.spread(3)
@pytest.mark.parametrize(("name", "there"), TRIED, indirect=["there"])
def test_it_is_said_and_the_next_run_completes(name: str, there: There) -> None:
    """Code, sentence and exit code; the other server is pulled unless the disk is full; then everything is here."""
    bad = BAD_INPUT[name]
    other = BOTH[1 - BOTH.index(there.name)]
    with bad.arranged(there):
        code, _out, said = there.run("pull")
    assert code == bad.exits, said
    assert bad.code_of(there.name) in said
    assert bad.words in " ".join(said.split())
    assert bad.exits == 1 or there.held(other) == HELD[other]

    assert there.run("pull")[0] in {0, 3}
    assert {one: there.held(one) for one in BOTH} == HELD
    assert there.run("verify")[0] == there.run("rebuild", "--check")[0] == 0


# --- what is no error, and is said all the same -------------------------------------------------------------------------


@pytest.mark.parametrize("days", [-400, 3])
@pytest.mark.parametrize("there", BOTH, indirect=True)
def test_a_wrong_clock_loses_nothing_and_doctor_names_it(there: There, days: int) -> None:
    """Its stamps are compared with its own only; how far it is off is said by the command that looks."""
    there.world.now += timedelta(days=days)
    assert there.run("pull")[0] in {0, 3}
    assert there.held(there.name) == HELD[there.name]

    _code, out, _said = there.run("doctor", "--json")
    found = {one["code"]: one for one in json.loads(out)["findings"] if one.get("server") == there.name}
    assert found["server-clock"]["level"] == "warn"


@pytest.mark.parametrize("there", ["terrain"], indirect=True)
def test_a_very_old_kobo_is_pulled_and_its_gaps_are_said(there: There) -> None:
    """No root, no history, no uid of a file: everything comes, and what cannot be known for sure is noted."""
    with line(lambda _number, _request: very_old)(there):
        code, out, said = there.run("pull")
        assert (code, there.held("terrain")) == (0, 3), said
        assert NoRoots.code in out
        assert there.run("verify")[0] == 0
    there.line.calmed(lambda _number, _request: very_old)
    assert json.loads(there.run("pull", "--json")[1])["new"] == 0


def very_old(request: httpx.Request, answer: Answer) -> Said:
    """Leave out what a KoboToolbox of years ago does not say."""
    if "/history/" in request.url.path:
        return Said(404, b"<html>404</html>", {"content-type": "text/html"})
    if "meta/rootUuid" in request.url.params.get("query", ""):
        return Said(200, b'{"count": 0, "results": []}', {"content-type": JSON})
    if "/data/" not in request.url.path:
        return passed(request, answer)
    return without("meta/rootUuid", "uid", within=("results", "_attachments"))(request, answer)


@pytest.mark.parametrize("there", ["bureau"], indirect=True)
def test_a_central_without_managed_features_is_pulled(there: There) -> None:
    """No keys of its own, no rights shown, no ETag, no size: what is not said is not known, and nothing is missing."""
    with line(lambda _number, _request: plain)(there):
        assert there.run("pull")[0] in {0, 3}
        assert there.held("bureau") == 4
        assert there.run("verify")[0] == there.run("verify", "--deep")[0] == 0


def plain(request: httpx.Request, answer: Answer) -> Said:
    """Leave out what only a newer Central says."""
    if request.url.path.endswith("/keys"):
        return Said(404, b'{"message": "x", "code": 404.1}', {"content-type": JSON})
    said = without("keyId", "verbs", "size", "hash", "managed", "blobExists", "datasetExists")(
        request, answer
    )
    return replace(said, headers={name: value for name, value in said.headers.items() if name != "etag"})


def without(*names: str, within: tuple[str, ...] = ()) -> Act:
    """Leave these names out of every object of an answer, or of those in lists of some names only."""

    def less(value: Any, *, here: bool) -> Any:
        if isinstance(value, list):
            return [less(one, here=here) for one in value]
        if not isinstance(value, dict):
            return value
        kept = {key: one for key, one in value.items() if not (here and key in names)}
        return {key: less(one, here=here or key in within) for key, one in kept.items()}

    def act(request: httpx.Request, answer: Answer) -> Said:
        said = passed(request, answer)
        if not said.headers.get("content-type", "").startswith(JSON):
            return said
        return replace(said, content=json.dumps(less(json.loads(said.content), here=not within)).encode())

    return act
