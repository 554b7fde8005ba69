"""What is said of an entry that cannot be kept: words that a coordinator can act upon, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from sync_scripts import texts
from sync_scripts.register.decisions.base import deciding
from sync_scripts.register.directory.providers import ProviderField, checked, set_provider
from sync_scripts.store.database import Register
from tests.register.field import COORDINATOR, Field
from tests.register.running import runner

TODAY = date(2026, 11, 25)
CLINIC = {"name": "Clinique de la ville", "services": "pss health"}
RAW = ("provider_code", "verified_on", "on_phones", "a-z", "A-Z", "…", "{")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = texts.language()
    yield
    texts.speak(before)


@pytest.mark.parametrize(
    ("said", "french", "english"),
    [
        ({"name": "=1+1"}, "comme nom d'un prestataire", "as name of a provider"),
        ({"opening": "x" * 201}, "un texte d'au plus 200 caractères", "a text of 200 characters at most"),
        ({"contact": "@x"}, "comme contact d'un prestataire", "as contact of a provider"),
        ({"services": "meals"}, "pss (Appui psychosocial)", "pss (Psychosocial)"),
        ({"department": "mezam"}, "tel que CM007005", "such as CM007005"),
        ({"department": "Atlantis"}, "tel que CM007002", "such as CM007002"),
    ],
    ids=lambda one: next(iter(one.values()))[:9] if isinstance(one, dict) else "",
)
def test_what_can_be_is_said_in_words(said: dict[str, str], french: str, english: str) -> None:
    """Neither a column nor a pattern; the word that has to be typed stands beside its meaning, the code beside no guess."""
    with pytest.raises(ProviderField) as found:
        checked(said, TODAY)
    for lang, words in (("fr", french), ("en", english)):
        texts.speak(lang)
        told = found.value.words()
        assert words in told
        assert [raw for raw in RAW if raw in told] == []


@pytest.mark.parametrize(
    ("lang", "words"), [("fr", "2 à 20 lettres sans accent"), ("en", "2 to 20 letters without accents")]
)
def test_a_code_that_cannot_be_is_said_in_words(sqlite_register: Register, lang: str, words: str) -> None:
    """What it is made of, not how programs write that."""
    field = Field(sqlite_register)
    with (
        pytest.raises(ProviderField) as found,
        deciding(field.register, COORDINATOR, field.later()) as who,
    ):
        set_provider(who, "a b", CLINIC)
    texts.speak(lang)
    told = found.value.words()

    assert words in told
    assert [raw for raw in RAW if raw in told] == []


def test_rows_of_a_file_are_refused_in_words_too(
    sqlite_register: Register,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The column is that of the file; what is wrong with the row, and what could stand there, is said."""
    rows = (
        "code,name,services,on_phones",
        "A-1,=x,health,yes",
        "A-2,Maison,meals,yes",
        "A-3,Maison,health,perhaps",
        "A-4,Maison,health",
        ",Maison,health,yes",
    )
    path = tmp_path / "providers.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    code, told = runner(sqlite_register, monkeypatch, capsys)("providers", "import", str(path))
    lines = [line for line in told.splitlines() if line.startswith("line ")]

    assert code == 3
    assert lines[0] == (
        "line 2: name cannot be so; possible: a text of 200 characters at most that does not begin with = + - or @"
    )
    assert "health (Health / medical), pss (Psychosocial)" in lines[1]
    assert lines[2:] == [
        "line 4: on_phones cannot be so; possible: yes or no",
        "line 5: not as many cells as the heading has columns (4)",
        "line 6: code is missing, or another line has the same",
    ]
