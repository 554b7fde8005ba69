"""What tests of messages share: destinations, an outbox, notices, and a post office that only counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sync_scripts.config import NotifySettings, Settings
from sync_scripts.notify.sending import Outcome
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import logins, outbox
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Register
from sync_scripts.store.outbox import Notice, Waiting
from tests.register.field import ALERT, changed

ZONE = load().zone
NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 25, 22, 0, tzinfo=UTC)  # eleven in the evening at Douala
NIGHT_DESK = NotifySettings(name="night", level="high", lang="en")
DEPUTY = NotifySettings(name="deputy", level="low", role="deputy_coordinator")
ALL = NotifySettings(name="all", level="low")
DANGER = changed(ALERT, {"danger": {"danger_now": "yes"}})
GONE_SINCE = changed(ALERT, {"what": {"alert_icon": "missing"}, "when": {"when_rel": "month"}})


def settings(*destinations: NotifySettings) -> Settings:
    """Return the settings of a workspace with some destinations."""
    return Settings(id="0" * 32, notify=destinations)


def listening(
    register: Register, *destinations: NotifySettings, address: str = "json://127.0.0.1:9/"
) -> Settings:
    """Let some destinations be told, each with an address."""
    register.destinations = tuple(destinations)
    for one in destinations:
        logins.keep(register, one.name, "notify", logins.Kept(token=address))
    return settings(*destinations)


def held(register: Register) -> list[Waiting]:
    """Return the whole outbox."""
    with register.reading() as rows:
        return outbox.listed(rows)


def put(register: Register, *notices: Notice, at: datetime = NOON) -> int:
    """Write notices down."""
    with register.writing() as rows:
        return outbox.put(rows, notices, at)


def alert(number: int, level: str = "critical", region: str | None = "CM007") -> Notice:
    """Return a notice of an alert."""
    return Notice("alert", level, f"alert:alert/r{number}", region, instant(NOON + timedelta(hours=3)))


class Post:
    """Takes messages instead of Apprise; ``says`` answers by address."""

    def __init__(self, says: Callable[[str], Outcome] = lambda _address: "delivered") -> None:
        self.says = says
        self.sent: list[tuple[str, str]] = []

    def __call__(self, address: str, title: str, text: str) -> Outcome:
        """Keep one message."""
        self.sent.append((address, f"{title}\n{text}"))
        return self.says(address)
