"""Pages are written as a manual: the field's own words, and none of those that only the program's makers understand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.cli.test_docs import DOCS, ROOT, WORK_PAGES

ENGLISH_ALONE: Final = {"architecture.md"}
FRENCH: Final = [ROOT / "LISEZMOI.md", ROOT / "CHANGELOG.md", *sorted(DOCS.glob("*.md"))]
ENGLISH: Final = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *(DOCS / name for name in sorted(ENGLISH_ALONE)),
    *sorted((DOCS / "en").glob("*.md")),
    *sorted((DOCS / "decisions").glob("*.md")),
    *sorted((DOCS / "reference").glob("rules.md")),
]
AVOIDED: Final = {
    "en": (
        (r"\b(?:a|her|their|the last|latest) no\b(?! [a-z])", "refusal"),
        (r"\b(?:a|her|guardian's) yes\b(?!/)", "consent"),
        (r"\b(?:she|her|hers|herself)\b", "the person, they"),
        (r"\b(?:closeness|closely kept|less closely|more closely|as closely)\b", "confidentiality"),
        (r"\blimits? of (?:the )?law\b", "legal limit"),
        (r"\bremarks?\b", "flag"),
        (r"\bput aside\b", "in quarantine"),
        (r"\b(?:set|sets|setting) aside\b", "inactive, dismissed, a duplicate"),
        (r"\bproved (?:person|persons|people)\b", "signed in with a passphrase"),
        (r"\bproves? (?:nobody|no one)\b", "does not identify anyone"),
        (r"\b(?:laid|lays|lies) over\b", "a correction is applied"),
        (r"\bsent again\b", "edited"),
        (r"\bmade anew\b", "rebuilt"),
        (r"\b(?:is|are) recalled\b", "has a reminder"),
        (r"\bwhoever is in charge\b", "the owner"),
        (r"\btellers?\b", "focal point"),
        (r"\btold late\b", "earlier interview"),
        (r"\brecovery paper\b", "recovery key"),
        (r"\bgoes? the (?:whole )?round\b", "runs all steps"),
        (r"\bwhose hand\b", "who typed it"),
    ),
    "fr": (
        (r"\b(?:un|le dernier|son|même) non\b(?! prouvé)", "refus"),
        (r"\b(?:un|son) oui\b", "consentement"),
        (r"\bremarques?\b", "point à vérifier"),
        (r"\bmis(?:e|es)? de côté\b", "inactif, en quarantaine, doublon"),
        (r"\b(?:personne|personnes|quelqu'un de) prouvée?s?\b", "connectée avec sa phrase de passe"),
        (r"\bne prouve(?:nt)? personne\b", "n'identifie personne"),
        (r"\bchaîne de garde\b", "chaîne de possession"),
        (r"\breceveurs?\b", "destinataire"),
        (r"\bréférencements?\b", "orientation"),
        (r"\bportables?\b", "ordinateur"),
        (r"\b(?:fut|furent)\b", "passé composé"),
        (r"\bs'en v(?:a|ont)\b", "est supprimé"),
        (r"\b(?:est|sont) rappelée?s?\b", "a un rappel"),
        (r"\btout le tour\b", "toutes les étapes"),
        (r"\bpapier de secours\b", "clé de secours"),
        (r"\bgardée?s? (?:plus |moins |aussi )?(?:de près|étroitement)\b", "confidentialité"),
        (r"\bà qui raconte\b|\bqui raconte\b", "point focal"),
    ),
}
"""Patterns that no page may hold, each with what to write in its place."""


LONGEST: Final = 40
"""Words of a sentence; a good one has half as many. What was tried once (the arrival) may list it all in one."""
TRIED: Final = {"arrival-trial.md", "essai-d-arrivee.md"}


def sentences(page: Path) -> Iterator[str]:
    """Yield each sentence of a page, or point of a list; tables, headings and code are left out."""
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    lines = ["" if line.lstrip().startswith(("|", "#", "![")) else line for line in text.splitlines()]
    for paragraph in re.split(r"\n\s*\n|\n\s*(?=[-*>] |\d+\. )", "\n".join(lines)):
        yield from re.split(r"(?<=[.!?:;])\s+", " ".join(paragraph.split()))


@pytest.mark.parametrize("page", WORK_PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_a_sentence_has_an_end(page: Path) -> None:
    """One idea a sentence; what has several parts is a list."""
    if page.name not in TRIED:
        assert [one for one in sentences(page) if len(one.split()) > LONGEST] == []


def found(page: Path, language: str) -> Iterator[str]:
    """Yield each avoided word of a page with its line; code and commands are left out."""
    text = re.sub(
        r"```.*?```", lambda code: "\n" * code[0].count("\n"), page.read_text("utf-8"), flags=re.DOTALL
    )
    for number, line in enumerate(text.splitlines(), 1):
        bare = re.sub(r"`[^`]*`", "", line)
        for pattern, instead in AVOIDED[language]:
            for hit in re.finditer(pattern, bare, re.IGNORECASE):
                yield f"{page.name}:{number}: {hit[0]} -> {instead}"


@pytest.mark.parametrize("page", ENGLISH, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_an_english_page_has_none_of_the_words_to_avoid(page: Path) -> None:
    """One concept, one word: that of the glossary."""
    assert list(found(page, "en")) == []


@pytest.mark.parametrize(
    "page",
    [page for page in FRENCH if page.name not in ENGLISH_ALONE],
    ids=lambda page: page.relative_to(ROOT).as_posix(),
)
def test_a_french_page_has_none_of_the_words_to_avoid(page: Path) -> None:
    """Un concept, un mot : celui du glossaire."""
    assert list(found(page, "fr")) == []


@pytest.mark.parametrize(
    ("language", "line", "instead"),
    [
        ("en", "Of several she said a no.", "refusal"),
        ("en", "The remark is set aside.", "flag"),
        ("fr", "Une personne prouvée le fait.", "connectée avec sa phrase de passe"),
        ("fr", "Ce qui fut mis de côté.", "passé composé"),
    ],
)
def test_a_word_to_avoid_is_found(tmp_path: Path, language: str, line: str, instead: str) -> None:
    """The list finds what it is made for, and nothing in a command."""
    page = tmp_path / "page.md"
    page.write_text(f"{line}\n`{line}`\n", "utf-8")

    assert any(one.endswith(f"-> {instead}") for one in found(page, language))
    assert all(":1:" in one for one in found(page, language))
