"""Somebody guesses the passphrase of a laptop that they took, with the lists and the habits of this country at hand."""

from __future__ import annotations

import re
import secrets
import string
from pathlib import Path

import pytest

from sync_scripts.config import ServerSettings, Settings, TeamSettings
from sync_scripts.secrets import passphrases
from sync_scripts.secrets.errors import PassphrasesEqual, PassphraseWeak
from sync_scripts.secrets.passphrases import For
from sync_scripts.secrets.strength import LONGEST, lines_of, measured
from sync_scripts.store.founding import NewKeys, create_workspace
from sync_scripts.store.seal import demo_keys
from sync_scripts.texts import LANGUAGES, speak
from tests import passphrases as ours
from tests.store.databases import NOW

RANDOM = "xkqjvzwhtpbmrdlqfz"
KEYS: tuple[For, ...] = ("day", "vault", "file")


def why(passphrase: str, key: For = "day", own: tuple[str, ...] = ()) -> str:
    """Return why a passphrase is refused; "" when it is taken."""
    try:
        passphrases.accept(passphrase, key, own)
    except PassphraseWeak as refused:
        return str(refused.fields()["why"])
    return ""


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    ("weak", "reason"),
    [
        ("aaaaaaaaaaaa", "easy"),
        ("aa" * 60, "easy"),
        ("password1234", "easy"),
        ("cameroun2026", "easy"),
        ("Bafoussam-Bamenda-2026", "easy"),
        ("azertyuiopqsdfgh", "easy"),
        ("une autre phrase secrète", "easy"),
        ("la maison de mon père est grande", "easy"),
        ("wahala dey for kontri", "easy"),
        ("", "short"),
    ],
)
def test_what_is_tried_first_is_refused(weak: str, reason: str, key: For) -> None:
    """Repetition, lists of passwords, the country and its years, keys in a row, common words of three languages."""
    assert why(weak, key) == reason


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize(
    "line",
    [
        "Petit à petit, l'oiseau fait son nid !",
        "PETIT A PETIT L OISEAU FAIT SON NID",
        "petit-a-petit-l'oiseau-fait-son-nid-2026",
        "Non, rien de rien... Non, je ne regrette rien",
        "Ô Cameroun, berceau de nos ancêtres",
        "amazing grace how sweet the sound",
        "the lord is my shepherd",
        "Monkey di work, baboon di chop",
        "my dog: une hirondelle ne fait pas le printemps",
    ],
)
def test_lines_that_people_know_by_heart_are_refused(line: str, key: For) -> None:
    """Proverbs, prayers and songs, however they are written, whole or as a long part: no meter of words finds them."""
    assert why(line, key) == "known"


def test_twelve_letters_without_order_are_too_short() -> None:
    """Said as that, and not as if they were common words; fourteen do for every day, eighteen for the vault."""
    assert [why(RANDOM[:12], key) for key in KEYS] == ["short"] * 3
    assert [why(RANDOM[:14], key) for key in KEYS] == ["", "short", "short"]
    assert [why(RANDOM, key) for key in KEYS] == ["", "", ""]


@pytest.mark.parametrize("language", LANGUAGES)
def test_six_drawn_words_are_accepted(language: str) -> None:
    """Each time, however they are typed; no two are alike, and there are enough of them for the vault."""
    drawn = {passphrases.draw(language) for _ in range(200)}
    assert len(drawn) == 200
    for one in drawn:
        assert why(one.title().replace(" ", "-"), "vault") == ""
        assert len(set(one.split())) == passphrases.WORDS
    words = passphrases.word_list(language)
    assert len(words) == len(set(words))
    assert len(words) ** passphrases.WORDS >= passphrases.FLOORS["vault"]
    assert all(re.fullmatch(r"[a-z]{4,9}", word) for word in words)


def test_one_drawn_word_six_times_is_not_drawn() -> None:
    """Nor are five."""
    assert why("agneau " * 6, "vault") == "easy"
    assert why(" ".join(ours.DAY.split()[:5]), "vault") == "easy"


def test_names_of_the_organisation_are_tried_first(tmp_path: Path) -> None:
    """A guesser knows how the server and the teams are called, and the codes of those who work there."""
    name = "zukvaqop"
    phrase = "zukvaqop zukvaqop.rdmk"
    assert measured(phrase, [name]).guesses < measured(phrase).guesses / 1000
    server = ServerSettings(name=name, kind="kobo", url=f"https://{name}.rdmk.example")
    settings = Settings(id="a" * 32, server=(server,), team=(TeamSettings(name="wexqir", people=("JQ-77",)),))
    assert {name, "wexqir", "JQ-77"} <= set(settings.names)
    keys = NewKeys(day="Zukvaqop-Wexqir-JQ-77", recovery=demo_keys.IDENTITIES["R"].public, vault=ours.VAULT)
    with pytest.raises(PassphraseWeak):
        create_workspace(tmp_path / "w", settings=settings, worker="JQ-77", keys=keys, now=NOW)
    assert not (tmp_path / "w").exists()


def test_a_very_long_passphrase_is_measured() -> None:
    """The meter takes 72 signs at once: the strongest piece counts, and nothing is refused for its length."""
    drawn = "".join(secrets.choice(string.ascii_lowercase) for _ in range(3 * LONGEST))
    assert why(drawn, "vault") == ""
    assert why("ab" * 2 * LONGEST, "day") == "easy"
    assert why("petit à petit l'oiseau fait son nid " * 20, "day") == "known"


def test_the_refusal_says_what_to_do_and_never_what_was_typed() -> None:
    """In both languages, for each reason."""
    for weak, language in (
        (weak, language) for weak in ("", "motdepasse1234", "qui vivra verra") for language in LANGUAGES
    ):
        speak(language)
        with pytest.raises(PassphraseWeak) as refused:
            passphrases.accept(weak, "vault")
        said = refused.value.words()
        assert "6" in said
        assert "18" in said
        assert not weak or weak not in said
    speak("fr")


def test_every_line_and_word_of_the_lists_is_plain() -> None:
    """No line twice, none too short to be found as a part; words as they are compared."""
    lines = [*lines_of("proverbs.txt")]
    assert len(lines) == len(set(lines)) > 250
    assert all(why(line, "day") == "known" for line in lines)
    for name in ("frequents.txt", "pidgin.txt"):
        assert all(re.fullmatch(r"[a-z]{2,}", word) for line in lines_of(name) for word in line.split())


def test_the_two_passphrases_differ() -> None:
    """Whoever sees one typed must not have both."""
    with pytest.raises(PassphrasesEqual):
        passphrases.accept_both(ours.VAULT, ours.VAULT + " ")
    passphrases.accept_both(ours.VAULT, None)
