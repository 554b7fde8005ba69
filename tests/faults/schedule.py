"""The faults of a server and of the way to it, by name: each is given the number of the request that it strikes.

What a server can do to a client and what lies between them can do to both: lines that are cut, answers that are late,
refusals, pages for people, lists that end early, lists that go round in a circle. A server that changes while it is
read stands in ``test_far_living``, since it ends up holding something else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

import httpx

from tests.faults.line import Act, Answer, Said, Trouble, changed, cut, drip, from_then_on, instead, once

Strike = Callable[[int], Trouble]

_PAGE: Final = instead(200, b"<!DOCTYPE html><html><body>portail</body></html>", content_type="text/html")
_MISSING: Final = instead(404, b"<html>404</html>", content_type="text/html")
_DATE: Final = "Wed, 25 Nov 2026 08:00:02 GMT"


def listed(change: Callable[[dict[str, Any], str], object]) -> Act:
    """Change an answer that is a list; ``change`` is given the document and the name of its rows."""

    def each(document: dict[str, Any]) -> None:
        for name in ("value", "results"):
            if isinstance(document.get(name), list):
                change(document, name)

    return changed(each)


def empty(document: dict[str, Any], name: str) -> None:
    """Show nothing and name no next page: what a Central answers to a token it does not know."""
    document[name] = []
    document.pop("@odata.nextLink", None)


def _short(document: dict[str, Any], name: str) -> None:
    """Leave out the last row, and go on as if it had been shown."""
    document[name] = document[name][:-1]


def _more(document: dict[str, Any], _name: str) -> None:
    """Promise a row that there is not."""
    for count in ("@odata.count", "count"):
        if count in document:
            document[count] += 1


def circle(request: httpx.Request, answer: Answer) -> Said:
    """Say "go on here" about the present page."""
    token = request.url.params.get("$skiptoken", "")
    link = f"http://x.example/Submissions?%24skiptoken={quote(token)}"
    return changed(lambda said: "value" in said and said.update({"@odata.nextLink": link}))(request, answer)


def its_address(act: Act) -> Strike:
    """Strike the address of a request, for good: all others answer."""

    def at(struck: int) -> Trouble:
        paths: set[str] = set()

        def trouble(number: int, request: httpx.Request) -> Act | None:
            if number == struck:
                paths.add(request.url.path)
            return act if request.url.path in paths else None

        return trouble

    return at


def versions(act: Act) -> Strike:
    """Strike every question for the versions of a submission, from a request on: only a Central is asked."""

    def at(first: int) -> Trouble:
        return lambda number, request: (
            act if number >= first and request.url.path.endswith("/versions") else None
        )

    return at


def tokens(act: Act) -> Strike:
    """Strike every further page of a list, from a request on, until the list is begun anew: its tokens are not known any more."""

    def at(first: int) -> Trouble:
        anew: set[str] = set()

        def trouble(number: int, request: httpx.Request) -> Act | None:
            if number < first or request.url.path in anew:
                return None
            if "$skiptoken" in request.url.params:
                return act
            anew.add(request.url.path)
            return None

        return trouble

    return at


FAULTS: Final[dict[str, Strike]] = {
    "closed before a byte": once(cut(0)),
    "cut in the head": once(cut(30)),
    "cut in the body": once(cut(200)),
    "cut before the last byte": once(cut(-1)),
    "dripping": once(drip(0.01)),
    "423": once(instead(423)),
    "429, seconds": once(instead(429, retry_after="1")),
    "429, a date": once(instead(429, retry_after=_DATE)),
    "502": once(instead(502)),
    "503, seconds": once(instead(503, retry_after="1")),
    "504": once(instead(504)),
    "501": once(instead(501)),
    "401": once(instead(401, b"{}", content_type="application/json")),
    "403": once(instead(403, b"{}", content_type="application/json")),
    "404, a page": once(_MISSING),
    "a page for people": once(_PAGE),
    "broken JSON": once(instead(200, b'{"count": 3, "results": [', content_type="application/json")),
    "other JSON": once(instead(200, b'{"count": "x", "value": {}}', content_type="application/json")),
    "an empty page": once(listed(empty)),
    "a short page": once(listed(_short)),
    "a count too high": once(listed(_more)),
    "a circle": once(circle),
    "elsewhere": once(instead(302, location="http://127.0.0.2:9/x")),
    "closed from then on": from_then_on(cut(0)),
    "502 from then on": from_then_on(instead(502)),
    "401 from then on": from_then_on(instead(401, b"{}", content_type="application/json")),
    "404 from then on": from_then_on(instead(404, b"{}", content_type="application/json")),
    "pages for people from then on": from_then_on(_PAGE),
    "empty pages from then on": from_then_on(listed(empty)),
    "500 of one address for good": its_address(instead(500)),
    "403 of one address for good": its_address(instead(403, b"{}", content_type="application/json")),
    "cut of one address for good": its_address(cut(0)),
    "400 of tokens from before": tokens(instead(400, b'{"code": 400.35}', content_type="application/json")),
    "no versions, 500": versions(instead(500)),
    "no versions, 404": versions(_MISSING),
}
