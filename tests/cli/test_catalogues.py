"""Every sentence a person reads exists in French and English, click's own included, and can be put together."""

from __future__ import annotations

import importlib.util
import re
import string
import sys
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]


def _load() -> ModuleType:
    """Import the script that makes the catalogues."""
    spec = importlib.util.spec_from_file_location("dikalo_catalogues", ROOT / "docs" / "catalogues.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


catalogues = _load()


def ids(message: Message) -> tuple[str, ...]:
    """Return a message's id, and its plural id where it has one."""
    return tuple(message.id) if message.pluralizable else (str(message.id),)


def words(message: Message) -> tuple[str, ...]:
    """Return a message's translations, one for each form of the plural."""
    return tuple(message.string or ()) if message.pluralizable else (str(message.string or ""),)


def asked() -> dict[tuple[str, ...], Message]:
    """Return everything that the code and the installed click ask the catalogues for."""
    return {ids(message): message for message in catalogues.gather() if message.id}


def held(language: str) -> dict[tuple[str, ...], Message]:
    """Return what the catalogue of a language holds."""
    return {ids(message): message for message in catalogues.current(language) if message.id}


def fields(text: str) -> set[str]:
    """Return the names in braces of a sentence."""
    return {name for _before, name, _spec, _conversion in string.Formatter().parse(text) if name is not None}


FRENCH, ENGLISH = held("fr"), held("en")


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_sentence_is_in_every_catalogue(language: str) -> None:
    """No sentence of ours or of the installed click lacks its words (if so: ``nox -s catalogues``, then translate)."""
    catalogue = held(language)

    assert [key for key in asked() if key not in catalogue or not all(words(catalogue[key]))] == []
    assert [key for key, message in catalogue.items() if message.fuzzy] == []


def test_the_template_holds_what_the_code_asks() -> None:
    """Whoever translates into a third language starts from everything (an older click may ask less)."""
    with (catalogues.LOCALE / "dikalo.pot").open("rb") as stream:
        template = {ids(message) for message in read_po(stream)}

    assert set(asked()) - template == set()


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language: str) -> None:
    """What the program reads is what people wrote: an editable install compiles nothing."""
    compiled = catalogues.po_path(language).with_suffix(".mo").read_bytes()

    assert catalogues.as_mo(catalogues.current(language)) == compiled


def test_english_says_its_own_message_ids() -> None:
    """The message ids are the English sentences; a second English would only drift."""
    assert [key for key, message in ENGLISH.items() if words(message) != key] == []


def test_translations_name_the_same_fields() -> None:
    """A field that a sentence lacks or invents would fail while an error is being told."""
    wrong = []
    for key, message in FRENCH.items():
        known = set().union(*map(fields, key))
        for text, original in zip(words(message), key, strict=True):
            if fields(text) - known or (not message.pluralizable and fields(text) != fields(original)):
                wrong.append(key)

    assert wrong == []


def test_a_french_singular_counts() -> None:
    """French uses the singular for nought too: where the plural counts, the singular does not say a fixed "one"."""
    ours = {ids(message) for message in catalogues.sentences(*catalogues.PLACES)}
    plurals = {key: words(message) for key, message in FRENCH.items() if message.pluralizable and key in ours}

    assert [key for key, (one, many) in plurals.items() if fields(one) != fields(many)] == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_sentence_can_be_put_together(language: str) -> None:
    """Each sentence is formatted once, as it will be the night it is needed."""
    for key, message in held(language).items():
        for text in words(message):
            made = text.format_map(
                {name: _Any(name) for name in set().union(*map(fields, key)) | fields(text)}
            )
            assert made or not text


class _Any(str):
    """A value that accepts any way of being written."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return str(self)


def test_french_has_its_own_spaces_and_no_letter_that_windows_lacks() -> None:
    """A non-breaking space stands before high punctuation, and an old console can show every letter."""
    wrong = []
    for message in FRENCH.values():
        for text in words(message):
            bare = re.sub(r"\{[^}]*\}|\w+://\S+|DK-\S+", "x", text)
            if re.search(r"[^\s\u00a0!?:][!?;](\s|$)|\w:(\s|$)| [:;!?»]|« |«\w|\w»", bare):
                wrong.append(text)
            text.encode("cp1252")

    assert wrong == []


def test_to_pull_is_one_word_in_french() -> None:
    """Relever, un relevé: never tirer, which is what is done with passwords, and which nobody says of letters."""
    pulls = re.compile(r"\b(?:pull|pulls|pulled|pulling)\b", re.IGNORECASE)
    draws = re.compile(r"\b(?:tirage|tir(?:er|é|ée|és|ées|e|ez|ent))s?\b", re.IGNORECASE)
    found = [
        said
        for message in FRENCH.values()
        if any(pulls.search(one) for one in ids(message))
        for said in words(message)
        if draws.search(said)
    ]

    assert found == []


def test_the_session_that_is_named_everywhere_is_this_program() -> None:
    """Another road would wrap every line anew, and leave the compiled catalogue behind."""
    session = (catalogues.ROOT / "noxfile.py").read_text(encoding="utf-8").split("def catalogues(", 1)[1]
    assert '"python", "docs/catalogues.py"' in session.split("@nox.session", 1)[0]


def test_no_list_is_joined_with_the_separator_of_one_language() -> None:
    """French wants a blank before a semicolon: what joins a list is a sentence of the catalogues, too."""
    joined = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "sync_scripts" / "cli").glob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"""(?<!_\()["']; ["']\.join""", line)
    ]

    assert joined == []
