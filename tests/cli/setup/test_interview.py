"""``dikalo init`` as a coordinator meets it: asked part by part, each answer kept, and only what is missing asked again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sync_scripts import config
from sync_scripts.config import FILE, ServerSettings, TeamSettings
from sync_scripts.register.model.codes import active_workers
from sync_scripts.register.rules import own_deadlines
from sync_scripts.store.logins import Kept
from tests.cli.setup.scene import (
    ASSET,
    HEAD_OFFICE,
    Servers,
    kept,
    keys_at_a_terminal,
    opened,
    two_servers,
    writing,
)
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.kobo_world import TOKEN
from tests.store.commands import DAY
from tests.store.terminal import Terminal

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such terminals")


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Give both servers."""
    with two_servers() as made:
        yield made


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give an empty folder."""
    return tmp_path / "w"


def at(root: Path, *words: str) -> Terminal:
    """Sit down in front of init, with a home folder of one's own."""
    return Terminal("-C", str(root), "init", *words, env={"HOME": str(root.parent), "COLUMNS": "80"})


SKIPPED = [
    ("Numbers", ""),
    ("Numbers", ""),
    ("Code, then numbers", ""),
    ("Name of a team", ""),
    ("Keep them", ""),
]


def test_the_first_day(root: Path, servers: Servers) -> None:
    """Both servers, people, a team with its zone, a shorter deadline: all of it is there, nothing was written anywhere else."""
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE) as person:
        person.answers(*keys_at_a_terminal())
        person.answers(
            ("Address or folder", f"{servers.central_url}/#/projects"),
            ("Short name", "bureau"),
            ("E-mail", EMAIL),
            ("Its password", "faux"),
            ("E-mail", EMAIL),
            ("Its password", PASSWORD),
            ("Numbers of those to pull", "1"),
            ("Keep such a login", "n"),
            ("Keep a login for it", ""),
            ("Another address", f"{servers.kobo_url}/#/forms/x/summary"),
            ("Short name", "terrain"),
            ("API token", TOKEN),
            ("Keep such a login", "y"),
            ("API token", TOKEN),
            ("Keep a login for it", ""),
            ("Another address", ""),
        )
        person.answers(("Numbers", "1 2"), ("Numbers", ""))
        person.answers(
            ("Code, then numbers", "F12 2"), ("Code, then numbers", "Jean Dupont"), ("Code, then numbers", "")
        )
        person.answers(
            ("Name of a team", "nord"),
            ("Its departments", "mezzam"),
            ("Its departments", "Mezam, CM007001"),
            ("Codes of its people", "F12 F1 F77"),
            ("Is F12 meant?", "y"),
            ("Somebody new?", "y"),
            ("Name of a team", ""),
        )
        person.answers(
            ("Keep them", "n"),
            ("Number of a level", "1"),
            ("first contact", "4"),
            ("first contact", "2"),
            ("first action", ""),
            ("supervision", ""),
            ("assessment", ""),
            ("next follow-up", ""),
            ("Number of a level", ""),
        )
        assert person.end() == 0
        seen = person.all

    settings = config.load(root)
    assert settings.server == (
        ServerSettings(
            name="bureau", kind="central", url=servers.central_url, project=PROJECT, forms=("alert",)
        ),
        ServerSettings(name="terrain", kind="kobo", url=servers.kobo_url, openrosa="https://kc.example"),
    )
    assert settings.forms == ("alert", "case")
    assert settings.team == (
        TeamSettings(name="nord", departments=("CM007005", "CM007001"), people=("F12", "F77")),
    )
    assert kept(root, "bureau", "pull") == Kept(account=EMAIL, password=PASSWORD)
    assert kept(root, "bureau", "publish") is None
    assert kept(root, "terrain", "publish") == Kept(token=TOKEN)
    assert kept(root, "terrain", "deploy") is None
    with opened(root) as workspace, workspace.register.reading() as rows:
        assert active_workers(rows) == {"F12": "documenter", "F77": "documenter", "RD-01": "coordinator"}
        assert own_deadlines.own_deadlines(rows) == {"critical": {"first_contact_h": 2}}
    assert all(secret not in seen for secret in (DAY, TOKEN, PASSWORD))
    assert "jeton" not in seen
    assert writing(servers.central.log) == writing(servers.kobo.log) == []


def test_again_it_asks_only_what_is_missing(root: Path, servers: Servers) -> None:
    """A person who stops goes on where he stopped; a comment in the settings stays; a whole workspace is asked nothing."""
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE) as person:
        person.answers(*keys_at_a_terminal())
        person.answers(("Address or folder", ""), ("Numbers", ""))
        person.wait_for("Numbers")
        person.type("\x04")
        assert person.end() == 130
        assert "What was answered is kept" in person.all
    path = root / FILE
    path.write_text("# au mur : le plan de garde\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    with at(root) as person:
        person.answers(
            ("Everyday passphrase", DAY),
            ("Address or folder", servers.kobo_url),
            ("Short name", "terrain"),
            ("API token", TOKEN),
            ("Keep such a login", ""),
            ("Keep a login for it", ""),
            ("Another address", ""),
            ("Numbers", ""),
            ("Code, then numbers", ""),
            ("Name of a team", "nord"),
            ("Its departments", "NW"),
            ("Codes of its people", "RD-01"),
            ("Name of a team", ""),
            ("Keep them", ""),
        )
        assert person.end() == 0
    with at(root) as person:
        person.answer("Everyday passphrase", DAY)
        assert person.end() == 0
        assert "Nothing to change." in person.all

    assert config.load(root).server[0].name == "terrain"
    assert path.read_text(encoding="utf-8").startswith("# au mur : le plan de garde\n")


def test_a_part_can_be_asked_again(root: Path) -> None:
    """What it says now is shown; nothing else is asked."""
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE, "--source", str(root.parent)) as person:
        person.answers(*keys_at_a_terminal())
        person.answers(("Address or folder", ""), *SKIPPED)
        assert person.end() == 0
    with at(root, "--again", "people") as person:
        person.answers(
            ("Everyday passphrase", DAY), ("Code, then numbers", "F12 2 3"), ("Code, then numbers", "")
        )
        person.answer("Name of a team", "")
        assert person.end() == 0
        assert "RD-01: Coordinator" in person.all

    with opened(root) as workspace, workspace.register.reading() as rows:
        assert active_workers(rows)["F12"] == "case_owner documenter"


def test_rights_too_wide_are_said_before_a_login_is_kept(root: Path, servers: Servers) -> None:
    """The person decides; the usual answer is no, and then nothing is kept and nothing stands in the settings."""
    servers.kobo.deployed.assets[ASSET].own_rights = ("view_asset", "view_submissions", "manage_asset")
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE) as person:
        person.answers(*keys_at_a_terminal())
        person.answers(("Address or folder", servers.kobo_url), ("Short name", ""))
        for _attempt in range(3):
            person.answers(("API token", TOKEN), ("Keep this login", ""))
        person.answers(("Address or folder", ""), *SKIPPED)
        assert person.end() == 0
        assert "manage_asset" in person.all
        assert "Still missing" in person.all

    assert config.load(root).server == ()


def test_what_answers_and_is_no_server_of_forms_is_said(root: Path, servers: Servers) -> None:
    """Neither a Central nor a KoboToolbox; nothing listening; an address with a name in it: each its sentence, and on."""
    servers.central.knob = lambda _request: httpx.Response(200, text="<html>portail</html>")
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE) as person:
        person.answers(*keys_at_a_terminal())
        person.answers(
            ("Address or folder", servers.central_url),
            ("Address or folder", "http://127.0.0.1:9"),
            ("Proxy", ""),
            ("Address or folder", "https://moi:secret@central.example"),
            ("Address or folder", "http://central.example"),
            ("Address or folder", ""),
            *SKIPPED,
        )
        assert person.end() == 0
        seen = person.all

    for code in ("DK-J20", "DK-I81", "DK-I71", "DK-I72"):
        assert code in seen
    assert config.load(root).server == ()


def test_a_trial_writes_nothing(root: Path, servers: Servers) -> None:
    """Neither a workspace nor a login; it says what it would be."""
    with at(root, "--dry-run", "--worker", "RD-01", "--language", "en") as person:
        person.answers(
            ("Address or folder", servers.kobo_url),
            ("Short name", "terrain"),
            ("API token", TOKEN),
            ("Keep such a login", ""),
            ("Keep a login for it", ""),
            ("Another address", ""),
            *SKIPPED,
        )
        assert person.end() == 0

    assert not root.exists()


def test_a_login_that_pyodk_keeps_in_the_clear_is_taken_over(root: Path, servers: Servers) -> None:
    """Asked first; then it is kept encrypted, and the file is still said to lie there."""
    text = f'[central]\nbase_url = "{servers.central_url}"\nusername = "{EMAIL}"\npassword = "{PASSWORD}"\n'
    (root.parent / ".pyodk_config.toml").write_text(text, encoding="utf-8")
    with at(root, "--no-paper", "--organisation", HEAD_OFFICE) as person:
        person.answers(*keys_at_a_terminal())
        person.answers(
            ("Address or folder", servers.central_url),
            ("Short name", "bureau"),
            ("Take that login?", ""),
            ("Numbers of those to pull", ""),
            ("Keep such a login", ""),
            ("Keep a login for it", ""),
            ("Another address", ""),
            *SKIPPED,
        )
        assert person.end() in {0, 3}

    assert kept(root, "bureau", "pull") == Kept(account=EMAIL, password=PASSWORD)
    assert PASSWORD not in (root / FILE).read_text(encoding="utf-8")
