"""Where no destination is for a region, or none has an address, everybody who looks is told that nobody is told."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from sync_scripts.cli.setup import doctor
from sync_scripts.config import NotifySettings, Settings
from sync_scripts.register.queries.messages import Unheard, nobody_told, unheard
from sync_scripts.store import logins
from sync_scripts.store.database import Register
from tests import clock
from tests.daily.telling import DANGER
from tests.register.beginnings import played_once
from tests.register.field import ALERT, Field
from tests.register.running import Opened, Ran, over

ADDRESS = "json://127.0.0.1:9/"
NW, LT = "CM007", "CM005"
NORTH_WEST = NotifySettings(name="nw", level="low", regions=(NW,))
LITTORAL = NotifySettings(name="lt", level="critical", regions=(LT,))
DEPUTY = NotifySettings(name="deputy", role="deputy_coordinator")
EVERYBODY = NotifySettings(name="all", level="critical")


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give a register with an alert of the north-west that is not critical."""
    made = Field(sqlite_register)
    made.send("alert", "r1", ALERT)
    return made


def left(field: Field, *settings: NotifySettings, days: float = 0, addressed: bool = True) -> Unheard:
    """Return of what nobody is told, some days later."""
    for one in settings:
        if addressed:
            logins.keep(field.register, one.name, "notify", logins.Kept(token=ADDRESS))
    with field.register.reading() as rows:
        return unheard(field.register, rows, settings, field.now + timedelta(days=days))


def test_what_is_late_in_a_region_that_nobody_has(field: Field) -> None:
    """Counted is each alert or case once, and only where no coordinator is for its region, or for all."""
    assert left(field, LITTORAL) == Unheard()
    assert left(field, LITTORAL, days=30) == Unheard(1, (NW,))
    assert left(field, LITTORAL, NORTH_WEST, days=30) == Unheard()
    assert left(field, LITTORAL, EVERYBODY, days=30) == Unheard()


def test_a_deputy_of_every_region_hears_of_no_alert_that_came(field: Field) -> None:
    """He is told of what the coordinator did not do in time, and nobody tells the coordinator."""
    field.send("alert", "r2", DANGER)

    assert left(field, LITTORAL, DEPUTY) == Unheard(1, (NW,))


def test_what_is_critical_counts_as_it_comes(field: Field) -> None:
    """Not only once it is late."""
    field.send("alert", "r2", DANGER)

    assert left(field, LITTORAL) == Unheard(1, (NW,))


def test_a_destination_without_an_address_hears_nothing(field: Field) -> None:
    """Nor does no destination."""
    assert left(field, NORTH_WEST, days=30, addressed=False) == Unheard(1, (NW,))
    assert left(field, days=30) == Unheard(1, (NW,))
    with field.register.reading() as rows:
        now = field.now + timedelta(days=30)
        assert nobody_told(field.register, rows, (), now) == "no_destination"
        assert nobody_told(field.register, rows, (NORTH_WEST,), now) == "no_address"
        logins.keep(field.register, "lt", "notify", logins.Kept(token=ADDRESS))
        assert nobody_told(field.register, rows, (LITTORAL,), now) == "no_region"


def test_the_page_doctor_and_the_list_say_so(
    run: Ran, field_: Field, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how many and of which regions, and what helps."""
    opened: Any = Opened(field_.register, settings=Settings(id="0" * 32, notify=(LITTORAL,)))
    run = over(opened, monkeypatch, capsys)
    logins.keep(field_.register, "lt", "notify", logins.Kept(token=ADDRESS))
    words = "Nobody is told of"
    assert json.loads(run("--json")[1])["nobody_told"] == "no_region"
    assert words in run()[1]
    found = json.loads(run("notify", "list", "--json")[1])
    assert (found["nobody_told"], found["unheard"] > 0) == ("no_region", True)
    assert words in " ".join(run("notify", "list")[2].split())
    told = {one.code: one for one in doctor.of_open(opened, clock.now(), offline=True)}
    assert words in told["notify-region"].words
    assert "NW" in told["notify-region"].words
