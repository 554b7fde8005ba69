"""The settings file: what is read, what is refused, and that it is written whole."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_scripts import config
from sync_scripts.config import (
    PublishSettings,
    RegisterSettings,
    SecretInSettings,
    ServerNameOwn,
    ServerNameTaken,
    ServerSettings,
    Settings,
    SettingsMissing,
    SettingsUnreadable,
    SettingUnknown,
    SettingUnsuitable,
    WorkspaceNewer,
    parse,
    render,
)
from sync_scripts.servers.desk import DESK, LEGACY
from sync_scripts.servers.folder import NAME as FOLDERS

FULL = Settings(
    id="w1",
    lang="en",
    server=(ServerSettings(name="workshop", kind="folder", path="../inbox"),),
    register=RegisterSettings(url="postgresql+psycopg://dikalo@localhost/register"),
    publish=PublishSettings(path="out/liste"),
)


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    """Settings survive the way to the file and back, and no half-written file is left."""
    config.write(tmp_path, FULL)

    assert config.load(tmp_path) == FULL
    assert [path.name for path in tmp_path.iterdir()] == ["dikalo.toml"]


@given(st.text(st.characters(codec="utf-8")))
def test_any_text_survives_the_file(text: str) -> None:
    """A folder named with quotes, backslashes or control characters is read back as it was."""
    settings = Settings(id="w1", server=(ServerSettings(name=text, kind="folder", path=f"x{text}"),))

    assert parse(render(settings).encode()) == settings


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    """Somebody in the wrong folder is told so, as wrong usage."""
    with pytest.raises(SettingsMissing) as caught:
        config.load(tmp_path)

    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("line", "key", "nearest"),
    [
        ('langue = "fr"', "langue", "languages"),
        ('[publish]\npaht = "x"', "publish.paht", "publish.path"),
        ('[[server]]\nname = "a"\nkind = "folder"\npat = "x"', "server.pat", "server.path"),
    ],
)
def test_an_unknown_setting_names_the_nearest(line: str, key: str, nearest: str) -> None:
    """A misspelt key is refused, never silently ignored."""
    with pytest.raises(SettingUnknown) as caught:
        parse(f'id = "w1"\n{line}\n'.encode())

    assert (caught.value.key, caught.value.nearest) == (key, nearest)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        ('[register]\nurl = "postgresql://a:hunter2@h/d"', "register.url"),
        ('[register]\nurl = "postgresql://h/d?password=hunter2"', "register.url"),
        ('[[server]]\nname = "a"\nkind = "folder"\npath = "x"\ntoken = "abc"', "server[1].token"),
        ('password = "hunter2"', "password"),
        ('passphrase = "hunter2"', "passphrase"),
    ],
)
def test_a_secret_is_refused_and_not_repeated(line: str, key: str) -> None:
    """The file travels in the clear: it may hold no secret, and the error does not show it either."""
    with pytest.raises(SecretInSettings) as caught:
        parse(f'id = "w1"\n{line}\n'.encode())

    assert caught.value.key == key
    assert "hunter2" not in caught.value.words() + str(caught.value) + repr(caught.value)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "id"),
        ('id = "w1"\nlang = "de"', "lang"),
        ('id = "w1"\nforms = "alert"', "forms"),
        ('id = "w1"\nserver = "x"', "server"),
        ('id = "w1"\n[[server]]\nname = "a"\nkind = "ftp"\npath = "x"', "server.kind"),
        ('id = "w1"\n[[server]]\nkind = "folder"\npath = "x"', "server.name"),
        ('id = "w1"\n[[server]]\nname = "a"\nkind = "folder"', "server.path"),
        ('id = "w1"\n[[server]]\nname = "a"\nkind = "kobo"', "server.url"),
        ('id = "w1"\n[[server]]\nname = ""\nkind = "kobo"\nurl = "https://x"', "server.name"),
        ('id = "w1"\n[[server]]\nname = "a"\nkind = "central"\nurl = "https://x"', "server.project"),
    ],
)
def test_an_unsuitable_value_names_its_key(text: str, key: str) -> None:
    """A missing or impossible value is named by its key, with what could stand there."""
    with pytest.raises(SettingUnsuitable) as caught:
        parse(text.encode())

    assert caught.value.key == key
    assert caught.value.expected


def _sources(*named: tuple[str, str]) -> Settings:
    """Return settings with these sources: name and kind."""
    return Settings(
        id="w1",
        server=tuple(
            ServerSettings(name=name, kind="folder", path="x")
            if kind == "folder"
            else ServerSettings(name=name, kind="central", url="https://x.example", project=number)
            for number, (name, kind) in enumerate(named, 1)
        ),
    )


@pytest.mark.parametrize(
    "named",
    [
        [("terrain", "central"), ("terrain", "central")],
        [("Terrain", "central"), ("nord", "central"), ("terrain ", "central")],
        [("Été", "central"), ("e\u0301te\u0301", "central")],
        [("terrain", "folder"), ("terrain", "central")],
    ],
)
def test_two_sources_of_one_name_are_refused(named: list[tuple[str, str]], tmp_path: Path) -> None:
    """They share cursor, comparison, raw rows and login: what the second one holds would lie behind the cursor of the first."""
    settings = _sources(*named)

    with pytest.raises(ServerNameTaken) as caught:
        parse(render(settings).encode())
    with pytest.raises(ServerNameTaken):
        config.write(tmp_path, settings)

    assert caught.value.name == named[-1][0]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["folder", "Desk", "LEGACY"])
def test_a_server_is_not_called_as_the_program_calls_something_else(name: str) -> None:
    """A server called ``desk`` would share its rows with what is keyed in at the coordinator's."""
    with pytest.raises(ServerNameOwn):
        parse(render(_sources((name, "central"))).encode())


def test_folders_may_be_called_as_they_are(tmp_path: Path) -> None:
    """They are kept under one name that all share, whatever they are called: no workspace that works is stopped for it."""
    settings = _sources(("folder", "folder"), ("stick", "folder"), ("stick", "folder"), ("desk", "folder"))

    config.write(tmp_path, settings)

    assert config.load(tmp_path) == settings


def test_every_name_of_the_program_itself_is_known_to_the_settings() -> None:
    """The settings stand below the servers and cannot ask them."""
    assert {FOLDERS, DESK, LEGACY} == config.OWN_NAMES


@pytest.mark.parametrize(
    ("data", "line"), [(b'id = "w1"\nlang = fr\n', 2), (b'id = "\xff"\n', 1), (b'a = 1\n\nb = "\xe9"', 3)]
)
def test_an_unreadable_file_names_the_line(data: bytes, line: int) -> None:
    """What is no TOML, or no UTF-8, is reported with its line."""
    with pytest.raises(SettingsUnreadable) as caught:
        parse(data)

    assert caught.value.line == line


def test_a_workspace_of_a_newer_version_is_left_alone() -> None:
    """A newer layout is named as such, even when it holds settings this version does not know."""
    with pytest.raises(WorkspaceNewer):
        parse(b'id = "w1"\nformat = 2\nsomething_new = true\n')


def test_a_byte_order_mark_does_no_harm() -> None:
    """Windows editors put a mark before the first line."""
    assert parse(b'\xef\xbb\xbfid = "w1"\n').id == "w1"


def test_paths_start_at_the_workspace(tmp_path: Path) -> None:
    """Relative folders are counted from the workspace, absolute ones stay."""
    assert FULL.publish.folder(tmp_path) == tmp_path / "out/liste"
    assert ServerSettings(name="a", kind="folder", path=str(tmp_path)).folder(Path("w")) == tmp_path
