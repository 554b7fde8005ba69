"""A form that cannot be looked at hides nothing that ``dikalo doctor`` sees at the others, and is named.

Servers fail with 501 here: it is not asked again, so that no test waits.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract import central_world, kobo_world
from tests.publish.scene import Run
from tests.publish.test_doctor import UID, at, central, kobo, root, run, workbook
from tests.publish.test_phones import named

__all__ = ["central", "kobo", "root", "run", "workbook"]
GONE = "aGone"
FAILS: dict[str, Callable[[httpx.Request], httpx.Response | None]] = {
    "not there": lambda _request: None,
    "fails": lambda request: httpx.Response(501, text="x") if GONE in request.url.path else None,
}


@pytest.mark.parametrize("name", FAILS)
def test_a_form_that_cannot_be_looked_at_hides_no_open_door(
    name: str, run: Run, root: Path, kobo: kobo_world.World
) -> None:
    """At a KoboToolbox: misnamed in the settings, taken away, or one at which the server fails."""
    kobo.deployed.assets[UID].rights = {"p1": ("AnonymousUser", "add_submissions")}
    named(root, server=f'["{GONE}", "{UID}"]', team="[]")
    kobo.knob = FAILS[name]
    code, said, _talk = run("doctor", "--open", "--json")
    found = at(said, "terrain")
    words = [one["words"] for one in said["findings"] if one["code"] == "server-form"]

    assert (code, found["server-anonymous"], found["server-old"]) == (3, "bad", "ok")
    assert (found["server-form"], len(words)) == ("bad", 1)
    assert GONE in words[0]
    assert "server-reach" not in found


def words_of(said: Any, code: str) -> list[str]:
    """Return what is said under a code of the Central."""
    return [one["words"] for one in said["findings"] if (one["code"], one.get("server")) == (code, "bureau")]


def test_a_form_whose_rows_fail_is_named_and_the_others_are_counted(
    run: Run, central: central_world.World
) -> None:
    """At a Central: what lies there of the others is said, and that all is looked at is not."""
    central.send("case", central_world.instance(11))
    now, central.now = central.now, central.now - timedelta(days=40)
    central.send("alert", central_world.instance(12))
    central.now = now
    central.knob = lambda request: (
        httpx.Response(501, text="x") if "/forms/case.svc" in request.url.path else None
    )
    code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")
    (lost,) = words_of(said, "server-form")
    (old,) = words_of(said, "server-old")

    assert code == 3
    assert "form case" in lost
    assert "1 in the clear" in old
    assert words_of(said, "server-reach") == []


def test_nothing_is_called_free_of_old_submissions_that_was_not_seen(
    run: Run, central: central_world.World
) -> None:
    """One form fails and the others hold nothing old: "nothing older lies there" would not be true."""
    central.knob = lambda request: (
        httpx.Response(501, text="x") if "/forms/alert.svc" in request.url.path else None
    )
    _code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")

    assert len(words_of(said, "server-form")) == 1
    assert words_of(said, "server-old") == []


def test_a_form_of_the_settings_that_is_not_published_is_named(
    run: Run, root: Path, central: central_world.World
) -> None:
    """It was not looked at, and that is said; the one that is there is."""
    settings = root / "dikalo.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace(
            f"project = {central_world.PROJECT}\n",
            f'project = {central_world.PROJECT}\nforms = ["alert", "absent"]\n',
        ),
        encoding="utf-8",
    )
    _code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")
    (found,) = words_of(said, "server-form")

    assert "absent" in found
    assert len(words_of(said, "server-old")) == 1


def test_a_form_whose_public_links_cannot_be_seen_hides_nothing_of_the_others(
    run: Run, central: central_world.World
) -> None:
    """At a Central: the link of the other form, phones of no team and what lies there for long are said all the same."""
    central.send("case", central_world.instance(11))
    central.published.public |= {"alert", "case"}
    central.knob = lambda request: (
        httpx.Response(501, text="x") if "/forms/alert/public-links" in request.url.path else None
    )
    code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")
    (lost,) = words_of(said, "server-form")

    assert code == 3
    assert "form alert" in lost
    assert ["form case" in one for one in words_of(said, "server-anonymous")] == [True]
    assert len(words_of(said, "server-old")) == 1
    assert words_of(said, "server-reach") == []


def test_keys_that_cannot_be_seen_are_of_one_form(run: Run, central: central_world.World) -> None:
    """At a Central with managed encryption: that something of this form was not seen is said, and the rest is looked at."""
    central.people.key = {"hint": "h"}
    central.knob = lambda request: (
        httpx.Response(501, text="x") if request.url.path.endswith("/forms/alert/submissions/keys") else None
    )
    _code, said, _talk = run("--lang", "en", "doctor", "--open", "--json")

    assert "form alert" in words_of(said, "server-form")[0]
    assert len(words_of(said, "server-old")) == 1


DOORS = ("permission-assignments", "paired-data", "hooks", "history", "data")


@pytest.mark.parametrize("door", DOORS)
def test_one_door_of_a_form_that_cannot_be_seen_hides_no_other(
    door: str, run: Run, kobo: kobo_world.World
) -> None:
    """At a KoboToolbox: which form it is is said, and every other door is looked at."""
    asset = kobo.deployed.assets[UID]
    asset.rights = {"p1": ("AnonymousUser", "add_submissions")}
    asset.sharing = {"enabled": True, "fields": []}
    asset.pairs = ["alertes.xml"]
    asset.hooks = [{"active": True, "auth_level": "no_auth", "endpoint": "https://x.example", "settings": {}}]
    asset.own_rights = ("view_asset", "view_submissions", "manage_asset")
    expected = {
        "server-sharing": "permission-assignments",
        "server-anonymous": "permission-assignments",
        "server-paired": "paired-data",
        "server-hook": "hooks",
        "server-history": "",
        "server-old": "data",
    }
    kobo.knob = lambda request: (
        httpx.Response(501, text="x") if request.url.path.endswith(f"/{UID}/{door}/") else None
    )
    _code, said, _talk = run("doctor", "--open", "--json")
    found = at(said, "terrain")

    assert found["server-form"] == "bad"
    assert "server-reach" not in found
    for name, of in expected.items():
        assert (name in found) == (of != door or name == "server-sharing"), name
