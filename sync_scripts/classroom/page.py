"""The start page (how many forms came in, which there are), and the codes to join: the long one is scanned, the short one is typed.

A short code can be guessed only slowly. Shows no answer, ever; holds no secret.
"""

from __future__ import annotations

import hmac
import re
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from sync_scripts.classroom.desk import Arrival, Desk
from sync_scripts.classroom.errors import CodeRests, NotFound, in_language, sentences
from sync_scripts.classroom.protocol import PREFIX
from sync_scripts.errors import N_
from sync_scripts.phones.code import draw_svg, encode
from sync_scripts.texts import LANGUAGES
from xlsform import pages

POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_UNSEALED: Final = N_("came unsealed")


def choose_language(asked: str | None, accepted: str) -> str:
    """Return the language asked for in the address, else the first that the browser wants and we speak, else French."""
    wanted = [asked or "", *(piece.split(";")[0].strip() for piece in accepted.split(","))]
    return next((word[:2].lower() for word in wanted if word[:2].lower() in LANGUAGES), LANGUAGES[0])


def live(desk: Desk, language: str) -> dict[str, Any]:
    """Return what the page's script refreshes: numbers, and texts that are ready to show."""
    tally = desk.tally()
    counts = dict(tally.by_title)
    return {
        "count": tally.count,
        "full": desk.inbox.full,
        "forms": ", ".join(f"{form.form_id} {form.version}" for form in desk.shelf.forms),
        "by_form": {form.form_id: counts.get(form.title, 0) for form in desk.shelf.forms},
        "last": [_row(arrival, language) for arrival in tally.last],
    }


def render(desk: Desk, language: str) -> str:
    """Return the page in one language."""
    return pages.page(
        "sync_scripts",
        "classroom.html",
        _=sentences(language),
        desk=desk,
        language=language,
        now=live(desk, language),
        code=pages.Markup(draw_svg(join_text(desk.addresses[0]))),  # noqa: S704 - a drawing of ours, no text in it
        plain_title=_plain_title,
    )


def _row(arrival: Arrival, language: str) -> dict[str, str]:
    """Return one line of the list: the time on this computer's clock, the form, and what is odd about it."""
    at = arrival.at.astimezone()
    return {
        "at": f"{at:%H:%M:%S}",
        "form": _plain_title(arrival.title),
        "note": in_language(language, _UNSEALED) if arrival.in_clear else "",
    }


def _plain_title(title: str) -> str:
    """Return a form's title without the mark that everything on this page has in common."""
    return title.removeprefix(PREFIX)


PER_MINUTE: Final = 20
"""Wrong codes that a minute may see from one address: at this pace 30 bits are guessed in fifty years."""
ADDRESSES: Final = 256
"""Addresses whose wrong codes are counted apart: a whole Wi-Fi. What is more rests together, as one."""
_MINUTE_S: Final = 60.0
_ADDRESS: Final = re.compile(r"(/t/[^/]+)(.*)", re.DOTALL)


@dataclass
class SlowDoor:
    """What lets a request through to the classroom.

    Attributes:
        path: secret path of the address that is scanned.
        short_path: that of the one that is typed.
        beat: seconds of a clock that only goes forward.
    """

    path: str
    short_path: str
    beat: Callable[[], float] = time.monotonic
    _wrong: dict[str, deque[float]] = field(default_factory=dict, repr=False)

    def straight(self, asked: str, client: str) -> str:
        """Return the path of a request under the long code; who guesses makes nobody else's code rest.

        Args:
            asked: the path of the request.
            client: the address it comes from.

        Raises:
            NotFound: its code is wrong, or it has none.
            CodeRests: it is none of the long code, and too many wrong ones came from there.
        """
        found = _ADDRESS.fullmatch(asked)
        if found is None:
            raise NotFound
        code, below = found[1], found[2]
        if _same(code, self.path):
            return asked
        wrong = self._of(client)
        if len(wrong) >= PER_MINUTE:
            raise CodeRests
        if not _same(code, self.short_path):
            wrong.append(self.beat())
            raise NotFound
        return self.path + below

    def _of(self, client: str) -> deque[float]:
        """Return when wrong codes came from an address within this minute."""
        now = self.beat()
        for times in self._wrong.values():
            while times and now - times[0] >= _MINUTE_S:
                times.popleft()
        self._wrong = {one: times for one, times in self._wrong.items() if times}
        if client not in self._wrong and len(self._wrong) >= ADDRESSES:
            client = ""
        return self._wrong.setdefault(client, deque())


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


PROJECT: Final = "FORMATION"


def join_settings(address: str) -> dict[str, Any]:
    """Return Collect's settings: where the classroom is, and that the phone follows its list of forms; all else as it comes."""
    return {
        "admin": {},
        "general": {"form_update_mode": "match_exactly", "server_url": address},
        "project": {"color": "#F2C14E", "icon": "F", "name": PROJECT},
    }


def join_text(address: str) -> str:
    """Return the text of the code that a phone scans to join; it holds no secret."""
    return encode(join_settings(address))
