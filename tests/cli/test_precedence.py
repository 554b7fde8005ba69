"""Settings that can be said in several places: which place wins, for every pair of them, as docs/sans-ecran.md says it."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from sync_scripts import texts
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.config import ServerSettings
from sync_scripts.intake import connections
from sync_scripts.intake.connections import LoginMissing, login_for
from sync_scripts.store import logins
from sync_scripts.store.logins import Kept
from tests.cli.conftest import Run

Place = Callable[[str], None]
"""Says a value in one place."""

OTHER = {"en": "fr", "fr": "en"}


def pairs(places: Iterable[str]) -> list[tuple[str, str]]:
    """Return every pair of places, the one that wins first."""
    return list(itertools.combinations(places, 2))


# --- the language ----------------------------------------------------------------------------------------------------

LANGUAGE = ("--lang", "DIKALO_LANG", "dikalo.toml", "LC_ALL", "LC_MESSAGES", "LANG")
"""From the strongest; where none says anything, French."""
MACHINE = LANGUAGE[3:]


def spoken(root: Path, said: dict[str, str]) -> str:
    """Return the language that is chosen when these places say what they say."""
    settings = root / "dikalo.toml"
    settings.unlink(missing_ok=True)
    if "dikalo.toml" in said:
        settings.write_text(f'lang = "{said["dikalo.toml"]}"\n', encoding="utf-8")
    words = ["-C", str(root), *(["--lang", said["--lang"]] if "--lang" in said else [])]
    machine = {name: f"{said[name]}_CM.UTF-8" for name in MACHINE if name in said}
    environ = machine | ({"DIKALO_LANG": said["DIKALO_LANG"]} if "DIKALO_LANG" in said else {})
    return texts.choose_language([*words, "pull"], environ)


@pytest.mark.parametrize(("strong", "weak"), pairs(LANGUAGE))
@pytest.mark.parametrize("language", ["en", "fr"])
def test_of_two_places_that_say_a_language_the_stronger_wins(
    tmp_path: Path, strong: str, weak: str, language: str
) -> None:
    """Whichever language it says."""
    assert spoken(tmp_path, {strong: language, weak: OTHER[language]}) == language


@pytest.mark.parametrize("place", LANGUAGE)
def test_any_place_that_says_a_language_wins_over_french(tmp_path: Path, place: str) -> None:
    """The default; it is what nobody else says anything against."""
    assert spoken(tmp_path, {place: "en"}) == "en"
    assert spoken(tmp_path, {}) == "fr"


@pytest.mark.parametrize(("strong", "weak"), pairs(LANGUAGE))
def test_a_place_that_says_no_language_of_ours_is_passed_over(tmp_path: Path, strong: str, weak: str) -> None:
    """A setting mistyped: the next one counts. A machine set to German speaks French, whatever a weaker variable says."""
    assert spoken(tmp_path, {strong: "de", weak: "en"}) == ("fr" if strong in MACHINE else "en")


# --- the workspace ---------------------------------------------------------------------------------------------------

WORKSPACE = ("-C behind", "-C before", "DIKALO_WORKSPACE")
"""From the strongest; where none says anything, the current folder. Behind the command's name it is typed last."""


def entered(run: Run, monkeypatch: pytest.MonkeyPatch, said: Iterable[str]) -> str:
    """Return the workspace that a command enters when these places name one each."""
    monkeypatch.delenv("DIKALO_WORKSPACE", raising=False)
    if "DIKALO_WORKSPACE" in said:
        monkeypatch.setenv("DIKALO_WORKSPACE", "DIKALO_WORKSPACE")
    before = ["-C", "-C before"] if "-C before" in said else []
    behind = ["-C", "-C behind"] if "-C behind" in said else []
    roots: list[Path] = []
    assert run(lambda shell: roots.append(shell.root), *before, "pull", *behind) == 0
    return str(roots[0])


@pytest.mark.parametrize(("strong", "weak"), pairs(WORKSPACE))
def test_of_two_places_that_name_a_workspace_the_stronger_wins(
    run: Run, monkeypatch: pytest.MonkeyPatch, strong: str, weak: str
) -> None:
    """Nobody decides in another register than the one they named."""
    assert entered(run, monkeypatch, (strong, weak)) == strong


@pytest.mark.parametrize("place", WORKSPACE)
def test_any_place_that_names_a_workspace_wins_over_the_current_folder(
    run: Run, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """The default."""
    assert entered(run, monkeypatch, (place,)) == place
    assert entered(run, monkeypatch, ()) == "."


@pytest.mark.parametrize(("strong", "weak"), pairs(WORKSPACE))
def test_the_language_is_that_of_the_workspace_that_is_entered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strong: str, weak: str
) -> None:
    """It is chosen before the options are read, and by the same rule."""
    for name, language in ((strong, "en"), (weak, "fr")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "dikalo.toml").write_text(f'lang = "{language}"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    said = {strong, weak}
    words = [
        *(["-C", "-C before"] if "-C before" in said else []),
        "pull",
        *(["-C", "-C behind"] if "-C behind" in said else []),
    ]
    environ = {"DIKALO_WORKSPACE": "DIKALO_WORKSPACE"} if "DIKALO_WORKSPACE" in said else {}

    assert texts.choose_language(words, environ) == "en"


# --- secrets ---------------------------------------------------------------------------------------------------------

SECRET = ("DIKALO_KEY_FD", "DIKALO_KEY_FILE", "typed")
"""From the strongest: what a program hands over, on a descriptor or in a file, before what a person types."""


@pytest.mark.parametrize(("strong", "weak"), pairs(SECRET))
def test_of_two_places_that_hold_a_secret_the_stronger_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strong: str, weak: str
) -> None:
    """And nobody is asked for what is handed over."""
    for name in SECRET[:2]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(
        "sync_scripts.cli.frame.handed.typed", lambda _prompt, *, descriptor: f"typed {descriptor}"
    )
    if "DIKALO_KEY_FD" in {strong, weak}:
        monkeypatch.setenv("DIKALO_KEY_FD", str(_pipe("DIKALO_KEY_FD")))
    if "DIKALO_KEY_FILE" in {strong, weak}:
        path = tmp_path / "secret"
        path.write_text("DIKALO_KEY_FILE\n", encoding="utf-8")
        path.chmod(0o600)
        monkeypatch.setenv("DIKALO_KEY_FILE", str(path))

    assert Shell().secret("?") == strong


def test_without_any_other_place_a_secret_is_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No default, and never out of a variable itself."""
    for name in SECRET[:2]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DIKALO_KEY", "a passphrase in the clear")
    monkeypatch.setattr(
        "sync_scripts.cli.frame.handed.typed", lambda _prompt, *, descriptor: f"typed {descriptor}"
    )

    assert Shell().secret("?") == "typed DIKALO_KEY_FD"


def _pipe(text: str) -> int:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
    return reading


# --- the login of a server -------------------------------------------------------------------------------------------

LOGIN = ("workspace", "user file", "asked")
"""From the strongest: kept in the workspace (or the keyring), the user's own file of pyodk, asked for; else refused."""
BUREAU = ServerSettings(name="bureau", kind="central", url="https://central.example", project=7)


def logged_in(home: Path, monkeypatch: pytest.MonkeyPatch, said: Iterable[str]) -> str:
    """Return whose login is taken to pull when these places hold one each."""
    kept = Kept(account="workspace", password="x")  # noqa: S106 - invented
    monkeypatch.setattr(logins, "find", lambda _register, _name, _role: kept if "workspace" in said else None)
    monkeypatch.delenv(connections.PYODK_VARIABLE, raising=False)
    file = home / connections.PYODK
    file.unlink(missing_ok=True)
    if "user file" in said:
        table = f'[central]\nbase_url = "{BUREAU.url}"\nusername = "user file"\npassword = "x"\n'
        file.write_text(table, encoding="utf-8")
    answer = Kept(account="asked", password="x") if "asked" in said else None  # noqa: S106 - invented
    return login_for(None, BUREAU, "pull", lambda _settings, _role: answer, home=home).account  # type: ignore[arg-type]


@pytest.mark.parametrize(("strong", "weak"), pairs(LOGIN))
def test_of_two_places_that_hold_a_login_the_stronger_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strong: str, weak: str
) -> None:
    """What was given to dikalo, before what another program keeps in the clear, before a question."""
    assert logged_in(tmp_path, monkeypatch, (strong, weak)) == strong


@pytest.mark.parametrize("place", LOGIN)
def test_any_place_that_holds_a_login_is_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    """Without any, nothing is asked of the server."""
    assert logged_in(tmp_path, monkeypatch, (place,)) == place
    with pytest.raises(LoginMissing):
        logged_in(tmp_path, monkeypatch, ())
