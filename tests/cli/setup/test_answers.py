"""``dikalo init --answers``: a workspace set up by a program, with secrets that come apart from the answers."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from sync_scripts import cli, config
from sync_scripts.cli.setup.init_answers import Answers
from sync_scripts.config import FILE, TeamSettings
from sync_scripts.register.model.codes import active_workers
from sync_scripts.register.model.places import departments_of
from sync_scripts.register.rules import own_deadlines
from sync_scripts.register.rules.own_deadlines import suitable_deadlines
from sync_scripts.secrets import slots
from sync_scripts.store import logins
from sync_scripts.store.logins import Kept
from sync_scripts.store.seal import demo_keys
from tests.cli.setup.scene import HEAD_OFFICE, Servers, kept, opened, refusing, two_servers, writing
from tests.contract.central_world import EMAIL, PASSWORD, PROJECT
from tests.contract.kobo_world import TOKEN
from tests.store.commands import DAY, VAULT, pipe

Init = Callable[..., tuple[int, Any, str]]

ANSWERS = """
language = "fr"
worker = "RD-01"
organisation = "{head}"
forms = ["alert", "case"]

[[server]]
name = "bureau"
url = "{central}/#/projects"

[[server]]
name = "terrain"
url = "{kobo}"
files_from = ["files.example"]
reviews = true

[[server]]
name = "cle"
path = "../cle"

[[person]]
code = "F12"
roles = ["documenter", "case_owner"]

[[team]]
name = "nord"
departments = ["Mezam", "CM007001"]
people = ["F12"]

[deadlines.critical]
first_contact_h = 2
"""
ADDRESS = "json://127.0.0.1:9/"
LOGINS = f"bureau\tpull\t{EMAIL}\t{PASSWORD}\nterrain\tpull\t{TOKEN}\nterrain\tpublish\t{TOKEN}\n"


@pytest.fixture
def servers() -> Iterator[Servers]:
    """Give both servers."""
    with two_servers() as made:
        yield made


@pytest.fixture
def init(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Init:
    """Run init with answers in a file and secrets on descriptors; returns exit code, document and talk."""
    monkeypatch.setattr(slots, "usual_work", lambda: demo_keys.WORK)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)

    def go(answers: str, *words: str, secrets: str = LOGINS, new: bool = True) -> tuple[int, Any, str]:
        path = tmp_path / "reponses.toml"
        path.write_text(answers, encoding="utf-8")
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
        if new:
            monkeypatch.setenv("DIKALO_VAULT_FD", str(pipe(VAULT)))
        monkeypatch.delenv("DIKALO_LOGINS_FD", raising=False)
        if secrets:
            monkeypatch.setenv("DIKALO_LOGINS_FD", str(pipe(secrets)))
        capsys.readouterr()
        code = cli.main(["-C", str(tmp_path / "w"), "init", "--answers", str(path), "--json", *words])
        out, err = capsys.readouterr()
        return code, json.loads(out), err

    return go


def filled(servers: Servers) -> str:
    """Return the answers for these servers."""
    return ANSWERS.format(head=HEAD_OFFICE, central=servers.central_url, kobo=servers.kobo_url)


def test_everything_at_once(init: Init, servers: Servers, tmp_path: Path) -> None:
    """Kind and project are asked of the servers, logins are tried, each role has its own."""
    code, said, _talk = init(filled(servers))
    root, settings = tmp_path / "w", config.load(tmp_path / "w")

    assert (code, said["made"], said["missing"]) == (0, True, ["languages"])
    assert said["next"] == ["forms deploy", "pull"]
    assert [(one.name, one.kind, one.project) for one in settings.server] == [
        ("bureau", "central", PROJECT),
        ("terrain", "kobo", None),
        ("cle", "folder", None),
    ]
    assert [one.files_from for one in settings.server] == [(), ("files.example",), ()]
    assert [one.reviews for one in settings.server] == [False, True, False]
    assert settings.lang == "fr"
    assert settings.forms == ("alert", "case")
    assert settings.team == (
        TeamSettings(name="nord", departments=("CM007005", "CM007001"), people=("F12",)),
    )
    assert kept(root, "bureau", "pull") == Kept(account=EMAIL, password=PASSWORD)
    assert kept(root, "terrain", "publish") == Kept(token=TOKEN)
    assert kept(root, "bureau", "publish") is None
    with opened(root) as workspace, workspace.register.reading() as rows:
        assert active_workers(rows) == {"F12": "case_owner documenter", "RD-01": "coordinator"}
        assert own_deadlines.own_deadlines(rows) == {"critical": {"first_contact_h": 2}}
    assert writing(servers.central.log) == writing(servers.kobo.log) == []


@pytest.mark.parametrize("page", ["sans-ecran.md", "en/unattended.md"])
def test_the_page_shows_a_file_that_works(page: str) -> None:
    """What people copy from the documentation is read as it stands."""
    text = (Path(__file__).parents[3] / "docs" / page).read_text(encoding="utf-8")
    shown = text.partition("```toml\n")[2].partition("```")[0]
    answers = msgspec.toml.decode(shown, type=Answers)

    assert [one.code for one in answers.person] == ["F12"]
    assert suitable_deadlines(answers.deadlines or {}) == {"critical": {"first_contact_h": 2}}
    assert len(departments_of(",".join(answers.team[0].departments))) == 2


def test_the_same_again_changes_nothing(init: Init, servers: Servers, tmp_path: Path) -> None:
    """And a comment that a person wrote stays; a changed answer changes that alone."""
    init(filled(servers))
    path = tmp_path / "w" / FILE
    path.write_text("# au mur\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    before = path.read_bytes()
    later = filled(servers).replace(f'organisation = "{HEAD_OFFICE}"\n', "")
    code, said, _talk = init(later, secrets="", new=False)
    same = path.read_bytes()
    _code, more, _talk = init(
        later.replace('people = ["F12"]', 'people = ["F12", "RD-01"]'), secrets="", new=False
    )

    assert (code, said["changes"], same) == (0, [], before)
    assert [(one["section"], one["name"], one["what"]) for one in more["changes"]] == [
        ("zones", "nord", "changed")
    ]
    assert path.read_text(encoding="utf-8").startswith("# au mur\n")


def test_a_trial_writes_nothing_and_asks_for_no_key(init: Init, servers: Servers, tmp_path: Path) -> None:
    """A new workspace and one that is there."""
    code, said, _talk = init(filled(servers), "--dry-run")

    assert (code, said["dry_run"], said["made"]) == (0, True, False)
    assert {one["section"] for one in said["changes"]} == {"server", "people", "zones", "forms", "deadlines"}
    assert not (tmp_path / "w").exists()


@pytest.mark.spread(3)
@pytest.mark.parametrize(
    ("change", "secrets", "error"),
    [
        (("worker =", "workr ="), LOGINS, "DK-J12"),
        (('language = "fr"', 'language = "de"'), LOGINS, "DK-J12"),
        (('language = "fr"', "language = "), LOGINS, "DK-J12"),
        (("first_contact_h = 2", "first_contact_h = 4"), LOGINS, "DK-J10"),
        (('"Mezam"', '"Mezzam"'), LOGINS, "DK-J21"),
        (('code = "F12"', 'code = "Jean Dupont"'), LOGINS, "DK-K09"),
        (("", ""), f"bureau\tpull\t{EMAIL}\tfaux\n", "DK-I76"),
        (("", ""), f"bureau\tadmin\t{EMAIL}\t{PASSWORD}\n", "DK-J13"),
        (("", ""), f"ailleurs\tpull\t{TOKEN}\n" + LOGINS, "DK-J13"),
        (("", ""), f"{LOGINS}terrain\tpull\t{EMAIL}\t{PASSWORD}\n", "DK-J13"),
        (("", ""), "\n", "DK-J12"),
    ],
)
def test_a_wrong_answer_is_named_and_never_repeated(
    init: Init, servers: Servers, change: tuple[str, str], secrets: str, error: str
) -> None:
    """Its place, its code, and nothing of a secret."""
    code, said, talk = init(filled(servers).replace(*change, 1), secrets=secrets)

    assert code != 0
    assert said["code"] == error
    assert all(one not in json.dumps(said) + talk for one in (PASSWORD, TOKEN, "faux"))


def test_rights_too_wide_are_said_and_need_somebody(init: Init, servers: Servers) -> None:
    """Nobody can be asked: the login is kept, and the document says what to mend."""
    (asset,) = servers.kobo.deployed.assets.values()
    asset.own_rights = ("view_asset", "view_submissions", "manage_asset")
    _code, said, _talk = init(filled(servers))

    assert any(one["code"] == "server-rights" and "manage_asset" in one["words"] for one in said["findings"])


def test_an_account_that_may_not_read_is_no_login_for_pulling(init: Init, servers: Servers) -> None:
    """It sees the forms, as a Data Collector does; that is not enough, and nothing of it is kept."""
    servers.central.knob = refusing("Submissions")
    code, said, _talk = init(filled(servers))

    assert (code, said["code"]) == (4, "DK-I77")


def test_a_trial_in_a_workspace_leaves_it_as_it_is(init: Init, servers: Servers, tmp_path: Path) -> None:
    """It says what would change; settings, people, logins and deadlines are what they were."""
    init(filled(servers))
    root, path = tmp_path / "w", tmp_path / "w" / FILE
    before, was = path.read_bytes(), kept(root, "terrain", "deploy")
    later = filled(servers).replace(f'organisation = "{HEAD_OFFICE}"\n', "").replace("F12", "F13")
    later = later.replace("first_contact_h = 2", "first_contact_h = 1")
    code, said, _talk = init(later, "--dry-run", secrets=f"terrain\tdeploy\t{TOKEN}\n", new=False)

    assert code == 0
    assert {one["section"] for one in said["changes"]} == {"server", "people", "zones", "deadlines"}
    assert path.read_bytes() == before
    assert kept(root, "terrain", "deploy") == was
    with opened(root) as workspace, workspace.register.reading() as rows:
        assert "F13" not in active_workers(rows)
        assert own_deadlines.own_deadlines(rows) == {"critical": {"first_contact_h": 2}}


def test_keys_are_never_replaced(init: Init, servers: Servers, tmp_path: Path) -> None:
    """Options that make keys are refused where there are keys; nothing is touched."""
    init(filled(servers))
    before = (tmp_path / "w" / "keys.json").read_bytes()
    code, said, _talk = init(filled(servers), "--organisation", HEAD_OFFICE)

    assert (code, said["code"]) == (2, "DK-J11")
    assert (tmp_path / "w" / "keys.json").read_bytes() == before


def test_a_server_that_is_down_is_no_kind(init: Init, servers: Servers, tmp_path: Path) -> None:
    """What answers 501 is said to be out of order, not taken for something; what needs no server is kept, the rest goes on later."""
    servers.central.knob = lambda _request: httpx.Response(501)
    code, said, _talk = init(filled(servers))
    settings = config.load(tmp_path / "w")
    servers.central.knob = lambda _request: None
    again = init(filled(servers), new=False)[1]["changes"]

    assert (code, said["code"]) == (5, "DK-I79")
    assert ([one.name for one in settings.team], settings.server) == (["nord"], ())
    assert {one["section"] for one in again} == {"server"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such rights")
def test_logins_come_from_a_file_of_ones_own(
    init: Init, servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For a service manager that lays secrets into files."""
    path = tmp_path / "comptes"
    path.write_text(LOGINS, encoding="utf-8")
    path.chmod(0o600)
    monkeypatch.setenv("DIKALO_LOGINS_FILE", str(path))
    code, _said, _talk = init(filled(servers), secrets="")

    assert code == 0
    assert kept(tmp_path / "w", "terrain", "pull") == Kept(token=TOKEN)


def test_a_second_round_gives_no_role_to_who_does_not_coordinate(
    init: Init, servers: Servers, tmp_path: Path
) -> None:
    """One takes the coordination over from another at once, in whatever order they stand; afterwards the first gives none."""
    init(filled(servers))
    later = filled(servers).replace(f'organisation = "{HEAD_OFFICE}"\n', "")
    alone = later + '\n[[person]]\ncode = "RD-01"\nroles = ["trainer"]\n'
    last, why, _talk = init(alone, secrets="", new=False)
    trial, _said, _talk = init(
        alone + '\n[[person]]\ncode = "CO-02"\nroles = ["coordinator"]\n', "--dry-run", secrets="", new=False
    )
    others = (
        '\n[[person]]\ncode = "SU-09"\nroles = ["supervisor"]\n'
        '\n[[person]]\ncode = "CO-02"\nroles = ["coordinator"]\n'
    )
    done, said, _talk = init(alone + others, secrets="", new=False)
    again, refused, _talk = init(
        later + '\n[[person]]\ncode = "RD-01"\nroles = ["coordinator"]\n', secrets="", new=False
    )

    assert (last, why["code"], trial, done) == (1, "DK-B07", 0, 0)
    assert [one["name"] for one in said["changes"]] == ["RD-01", "SU-09", "CO-02"]
    assert (again, refused["code"]) == (4, "DK-B06")
    with opened(tmp_path / "w") as workspace, workspace.register.reading() as rows:
        found = active_workers(rows)
        assert (found["RD-01"], found["CO-02"]) == ("trainer", "coordinator")


def test_it_ends_with_whom_nobody_tells_of_what_is_critical(init: Init, tmp_path: Path) -> None:
    """Without a destination, and with one that has no address; with the command that helps."""

    def told(said: Any) -> list[tuple[str, str]]:
        found = said["findings"]
        return [(one["code"], one["level"]) for one in found if one["code"].startswith("notify")]

    words = ANSWERS.partition("forms")[0].format(head=HEAD_OFFICE)
    _code, said, _talk = init(words, secrets="")
    assert told(said) == [("notify", "warn")]
    with (tmp_path / "w" / FILE).open("a", encoding="utf-8") as file:
        file.write('\n[[notify]]\nname = "nuit"\n')
    _code, said, _talk = init("", secrets="", new=False)
    assert told(said) == [("notify", "note"), ("notify-address", "warn")]
    assert any("nuit" in one["words"] and "dikalo notify test" in one["words"] for one in said["findings"])
    with opened(tmp_path / "w") as workspace:
        logins.keep(workspace.register, "nuit", "notify", Kept(token=ADDRESS))
    _code, said, _talk = init("", secrets="", new=False)
    assert told(said) == [("notify", "note")]
