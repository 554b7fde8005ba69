"""``dikalo.toml`` changed by a command: what a person wrote into it stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sync_scripts import config
from sync_scripts.config import FILE, ServerSettings, Settings, SettingUnknown, TeamSettings
from sync_scripts.store.settings_file import amend, amended

WRITTEN = """\
# Notre bureau de Bamenda. Ne pas toucher sans appeler RD-01.
id = "abc"      # ne change jamais
lang = "fr"

# d'abord le serveur
[[server]]
name = "bureau"
kind = "central"
url = "https://central.example"   # celui du siège
project = 3

[publish]
# liste sur la clé USB
path = "out/phones"
"""
BUREAU = ServerSettings(name="bureau", kind="central", url="https://central.example", project=3)
TERRAIN = ServerSettings(name="terrain", kind="kobo", url="https://kf.example")
NORTH = TeamSettings(name="nord", departments=("CM007002",), people=("F12",))


def comments(text: str) -> list[str]:
    """Return every comment."""
    return [line.partition("#")[2] for line in text.splitlines() if "#" in line]


def test_what_is_not_changed_stays_byte_for_byte() -> None:
    """No rewriting for its own sake."""
    data = WRITTEN.encode()

    assert amended(data, config.parse(data)) == data


def test_a_changed_setting_is_changed_in_its_place() -> None:
    """With every comment and every blank line around it."""
    data = WRITTEN.encode()
    moved = replace(BUREAU, project=4, forms=("alert",))
    wanted = replace(config.parse(data), lang="en", server=(moved, TERRAIN), team=(NORTH,))
    made = amended(data, wanted).decode()

    assert config.parse(made.encode()) == wanted
    assert comments(made) == comments(WRITTEN)
    assert 'id = "abc"      # ne change jamais\nlang = "en"\n\n# d\'abord le serveur\n' in made
    assert 'url = "https://central.example"   # celui du siège\nproject = 4\n' in made


def test_a_comment_before_a_table_stays_before_it() -> None:
    """New tables come at the end; what a person wrote above another one is not torn away."""
    data = (WRITTEN + '\n# les équipes, voir le tableau au mur\n[[team]]\nname = "nord"\n').encode()
    now = config.parse(data)
    made = amended(data, replace(now, server=(*now.server, TERRAIN), team=(NORTH,))).decode()

    assert (
        '\n# les équipes, voir le tableau au mur\n[[team]]\nname = "nord"\ndepartments = ["CM007002"]\n'
        in made
    )
    assert made.endswith('\n\n[[server]]\nname = "terrain"\nkind = "kobo"\nurl = "https://kf.example"\n')


def test_a_list_written_on_one_line_is_changed_too() -> None:
    """TOML lets people write tables in a list."""
    data = b'id = "a"\nserver = [{name = "stick", kind = "folder", path = "../stick"}]\n'
    now = config.parse(data)
    wanted = replace(now, server=(replace(now.server[0], path="../other"), TERRAIN))

    assert config.parse(amended(data, wanted)) == wanted


def test_nothing_is_taken_out() -> None:
    """Settings that are wanted without a server leave that server where it is."""
    data = WRITTEN.encode()
    wanted = replace(config.parse(data), server=(TERRAIN,))

    assert config.parse(amended(data, wanted)).server == (BUREAU, TERRAIN)


def test_a_file_is_written_whole_and_only_when_it_must_be(tmp_path: Path) -> None:
    """No file: all settings. The same again: nothing."""
    settings = Settings(id="a", server=(TERRAIN,), team=(NORTH,))

    assert amend(tmp_path, settings)
    assert config.load(tmp_path) == settings
    assert not amend(tmp_path, settings)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_a_file_with_a_fault_is_left_alone(tmp_path: Path) -> None:
    """Its fault is said first."""
    (tmp_path / FILE).write_text('id = "a"\nlnag = "fr"\n', encoding="utf-8")
    with pytest.raises(SettingUnknown):
        amend(tmp_path, Settings(id="a"))

    assert "lnag" in (tmp_path / FILE).read_text(encoding="utf-8")


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=12)
NAMES = st.lists(WORDS, unique_by=config.plain, max_size=3).filter(
    lambda names: not {"", *config.OWN_NAMES} & {config.plain(one) for one in names}
)
SETTINGS = st.builds(
    Settings,
    id=st.just("a"),
    lang=st.sampled_from(["fr", "en"]),
    forms=st.lists(WORDS, max_size=3).map(tuple),
    server=NAMES.flatmap(
        lambda names: st.tuples(
            *(
                st.builds(
                    ServerSettings,
                    name=st.just(name),
                    kind=st.just("central"),
                    url=st.just("https://x.example"),
                    project=st.integers(1, 99),
                    authority=st.none() | WORDS.filter(bool),
                )
                for name in names
            )
        )
    ),
    team=NAMES.flatmap(
        lambda names: st.tuples(
            *(
                st.builds(TeamSettings, name=st.just(name), people=st.lists(WORDS).map(tuple))
                for name in names
            )
        )
    ),
)


@given(SETTINGS, SETTINGS)
def test_whatever_was_there_the_file_says_what_is_wanted(was: Settings, will: Settings) -> None:
    """And keeps what the wanted settings do not name."""
    made = config.parse(amended(config.render(was).encode(), will))
    named = {one.name for one in will.server}

    assert made.lang == will.lang
    assert made.forms == will.forms
    assert [one for one in made.server if one.name in named] == sorted(
        will.server, key=lambda one: [each.name for each in made.server].index(one.name)
    )
    assert [one for one in made.server if one.name not in named] == [
        one for one in was.server if one.name not in named
    ]
    assert {one.name for one in made.team} == {one.name for one in (*was.team, *will.team)}
