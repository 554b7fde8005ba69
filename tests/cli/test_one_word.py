"""One thing has one word: in French, in English, on the screens, in the workbook and on the pages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from sync_scripts.followup.columns import sheets
from tests.cli.test_docs import DOCS, ROOT

FRENCH = ROOT / "sync_scripts/locale/fr/LC_MESSAGES/dikalo.po"
PAGES = sorted(
    path for path in DOCS.glob("*.md") if path.name not in {"architecture.md", "essai-d-arrivee.md"}
)
"""The French pages; one is English, one quotes the words that were mended."""
OTHER_AGREEMENTS = re.compile(
    r"[dD]'accord\b(?! [{(])|accord (d'un enfant|d'une seconde personne|de \{second\}|du receveur)|\$\{accord\}"
)
"""Somebody agrees, a child assents, a second person or a receiver agrees: none of these is a person's consent."""
PAPER = {"Sheet no.", "Given on the phone when this sheet is entered."}
"""A sheet of paper is a « fiche » in French."""


def french() -> Iterator[tuple[str, str]]:
    """Yield each sentence of the program in English and in French, each form of a plural for itself."""
    with FRENCH.open("rb") as file:
        for message in read_po(file):
            told = message.string if isinstance(message.string, tuple) else (message.string,)
            english = message.id[0] if isinstance(message.id, tuple) else message.id
            yield from ((str(english), str(words)) for words in told if message.id)


def other_word_for_consent(text: str) -> bool:
    """Tell whether a French text names a consent « accord »."""
    return re.search(r"\baccord\b", OTHER_AGREEMENTS.sub("", text)) is not None


def test_a_consent_is_a_consentement_on_every_screen() -> None:
    """« Accord » is left for a second person's agreement; of a person it would be read as another thing than the consent."""
    assert [told for _english, told in french() if other_word_for_consent(told)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_speaks_as_the_screens_do(page: Path) -> None:
    """Neither « accord » for a consent nor « fiche » for a submission."""
    text = page.read_text(encoding="utf-8")

    assert [line for line in text.splitlines() if other_word_for_consent(line)] == []
    assert re.findall(r"(?i)\bfiches?\b", text) == []


def test_what_a_phone_sends_is_a_soumission_on_every_screen() -> None:
    """A « fiche » is a sheet of paper, and an « envoi » the sending itself."""
    assert {english for english, told in french() if re.search(r"(?i)\bfiches?\b", told)} <= PAPER
    sent = (told for english, told in french() if re.search(r"(?i)\bsubmissions?\b", english))
    assert [
        told for told in sent if re.search(r"(?i)\benvois?\b", told) and "soumission" not in told.lower()
    ] == []


def test_no_french_sentence_shows_a_backslash() -> None:
    """An apostrophe needs none in a catalogue; whoever types one there shows it to everybody."""
    assert [told for english, told in french() if "\\" in told and "\\" not in english] == []


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_the_workbook_speaks_as_the_screens_do(lang: str) -> None:
    """A coordinator finds the department, the subdivision, the consent and the referrals under the screens' names."""
    words = {english: told if lang == "fr" else english for english, told in french()}
    found = {column.key: getattr(column, lang) for sheet in sheets("T3")[1:] for column in sheet.columns}
    named = {sheet.marker: getattr(sheet, lang) for sheet in sheets("T3")}

    assert found["department"] == words["Department"]
    assert found["arrondissement"] == words["Subdivision"]
    assert found["consent"] == words["Consent"]
    assert found["note"].startswith(words["Work note"] + " (")
    assert named["dk:referrals"].casefold().startswith(words["referral, no. {name}"].split()[0].strip(","))


SAID_ALOUD = "le droit de dire non, de sauter une question, d'arrêter et de revenir sur son accord"
"""Read to a person before an interview, in everyday words."""


@pytest.mark.parametrize("source", sorted((ROOT / "forms/src").rglob("*.yaml")), ids=lambda path: path.stem)
def test_a_form_speaks_as_the_screens_do_but_for_what_is_said_aloud(source: Path) -> None:
    """What a documenter reads says « consentement », and no record is a « fiche »; a victim hears « d'accord » and « accord »."""
    lines = [line.partition("#")[0] for line in source.read_text(encoding="utf-8").splitlines()]
    said = [line.replace(SAID_ALOUD, "") for line in lines]

    assert [line for line in said if other_word_for_consent(line)] == []
    assert [line for line in said if re.search(r"(?i)\bfiches?\b", line)] == []
