"""Into which forms of a KoboToolbox ``dikalo phones add`` lets an account: its team's and those for all, no others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sync_scripts.publish.kobo_forms import FormSeen, of_phone
from tests.contract.kobo_forms import Asset
from tests.contract.kobo_rights import ME
from tests.publish.scene import Run
from tests.publish.test_phones import FORMS, SEND, named, root, run, workbook, worlds

__all__ = ["root", "run", "workbook", "worlds"]


def test_kobo_lets_an_account_send_and_nothing_else(run: Run, worlds: dict[str, tuple[Any, str]]) -> None:
    """The account must be there; its interface makes none, and we say who does."""
    code, said, _talk = run("phones", "add", "F12", "--server", "terrain", "--json")
    run("phones", "add", "F12", "--server", "terrain")
    missing = run("--lang", "en", "phones", "add", "F77", "--server", "terrain")
    asset = worlds["terrain"][0].deployed.assets["a1"]

    assert (code, said["servers"][0]["forms"]) == (0, ["a1"])
    assert list(asset.rights.values()) == [("f12", "add_submissions")]
    assert missing[0] == 2
    assert "DK-C45" in missing[2]


def test_kobo_lets_a_phone_into_no_other_teams_form(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]], workbook: bytes
) -> None:
    """Its team's, and what the server names for all; an old right on another team's is told, with what ends it."""
    assets = worlds["terrain"][0].deployed.assets
    for uid, form in (("b2", "followup"), ("b3", "followup"), ("c1", "alert")):
        assets[uid] = Asset(uid, book(form), form, "v1", "v1")
    del assets["a1"]
    named(root, server="[]", team='["b2"]')
    with (root / "dikalo.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            '\n[[team]]\nname = "sud"\ndepartments = ["CM010001"]\npeople = ["F20"]\nforms = ["b3"]\n'
        )
    assets["b3"].rights["p1"] = ("f12", SEND)
    dry = run("phones", "add", "F12", "--server", "terrain", "--dry-run", "--json")
    before = [list(asset.rights.values()) for asset in assets.values()]
    code, said, _talk = run("phones", "add", "F12", "--server", "terrain", "--json")
    told = run("--lang", "en", "phones", "add", "F12", "--server", "terrain")
    named(root, server='["b2", "b3", "c1"]', team='["b2"]')
    again = run("phones", "add", "F12", "--server", "terrain", "--json")
    stranger = run("phones", "add", "enum9", "--server", "terrain", "--json")

    assert dry[1]["servers"][0]["forms"] == ["c1", "b2"]
    assert before == [[], [("f12", SEND)], []]
    assert (code, said["servers"][0]["forms"], said["servers"][0]["beyond"]) == (0, ["c1", "b2"], ["b3"])
    assert [list(asset.rights.values()) for asset in assets.values()] == [
        [("f12", SEND)],
        [("f12", SEND)],
        [("f12", SEND), ("enum9", SEND)],
    ]
    assert "forms of other teams too: b3" in told[1]
    assert again[1]["servers"][0]["forms"] == []
    assert stranger[1]["servers"][0]["forms"] == ["c1"]


def test_kobo_lets_a_phone_in_nowhere_when_nothing_says_where(
    run: Run, root: Path, worlds: dict[str, tuple[Any, str]]
) -> None:
    """Two of one form, and no team's: one may be another team's. Nor into what is no form of the organisation."""
    assets = worlds["terrain"][0].deployed.assets
    assets["a2"] = Asset("a2", assets["a1"].workbook, "followup", "v1", "v1")
    code, _said, talk = run("--lang", "en", "phones", "add", "F12", "--server", "terrain")
    none = [dict(asset.rights) for asset in assets.values()]
    assets["a2"].owner = "inconnu"
    own = run("phones", "add", "F12", "--server", "terrain", "--json")
    assets["a1"].owner = "inconnu"
    strange = run("phones", "add", "F12", "--server", "terrain", "--json")
    assets["a1"].owner = assets["a2"].owner = ME
    del assets["a2"]
    settings = root / "dikalo.toml"
    text = settings.read_text()
    settings.write_text(
        'forms = ["alert"]\n' + re.sub(r"^forms = .*\n", "", text, count=1, flags=re.MULTILINE)
    )
    unknown = run("phones", "add", "F12", "--server", "terrain", "--json")
    settings.write_text(text)
    named(root, server='["a1"]', team="[]")
    assets["a1"].owner = "inconnu"
    said = run("phones", "add", "F12", "--server", "terrain", "--json")

    assert (code, none) == (2, [{}, {}])
    assert "DK-C47" in talk
    assert "(a1, a2)" in talk
    assert own[1]["servers"][0]["forms"] == ["a1"]
    assert (strange[0], strange[1]["failures"]) == (2, {"terrain": "DK-C47"})
    assert (unknown[0], unknown[1]["failures"]) == (2, {"terrain": "DK-C47"})
    assert said[1]["failures"] == {}


def test_only_what_the_settings_name_is_for_all() -> None:
    """Pure: a form that is there and not named is nobody's, whoever owns it."""
    seen = [FormSeen(uid, "alert", own=True) for uid in ("c1", "c2")]

    assert of_phone(seen, ("c1",), (), ("alert",), "F12") == (("c1",), ())
    assert of_phone(seen, (), (), ("alert",), "F12")[1] == ("c1", "c2")


def book(form: str) -> bytes:
    """Give the workbook of a form."""
    return (FORMS / f"{form}.xlsx").read_bytes()
