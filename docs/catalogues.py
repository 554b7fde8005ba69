"""Gather every sentence into the gettext catalogues and compile them: ``nox -s catalogues``. Translates nothing itself.

The template holds the sentences of both packages, of their pages, and of the installed click, because click looks its own
sentences up in our domain. An English catalogue repeats the message ids; a French sentence is written by a person in
``sync_scripts/locale/fr/LC_MESSAGES/dikalo.po``. No place, date or order of the code is kept, so that a catalogue
changes only when a sentence does.
"""

from __future__ import annotations

import ast
import io
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment
from jinja2.ext import extract_from_ast

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "sync_scripts" / "locale"
LANGUAGES = ("fr", "en")
PLACES = (ROOT / "xlsform", ROOT / "sync_scripts")
CLICK = Path(click.__file__).parent
KEYWORDS = {
    **dict.fromkeys(("_", "N_", "gettext"), (0,)),
    "ngettext": (0, 1),
    **dict.fromkeys(("declare", "Entry", "option", "plain", "switch"), (1,)),
    "When": (2,),
}
"""What takes a sentence, and as which of its arguments: gettext's own names, and how errors, commands and options are declared."""
PAGES = Environment(autoescape=True)
"""Reads templates."""


class Plain(Catalog):
    """A catalogue whose header holds no date and no tool, so that it changes only when a sentence does."""

    def __init__(self, language: str | None) -> None:
        super().__init__(
            locale=language,
            header_comment="# The sentences of dikalo; kept in step by: nox -s catalogues",
            fuzzy=False,
        )

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """Return what gettext needs: the encoding, the language, and how plurals are formed."""
        first = [("MIME-Version", "1.0"), ("Content-Type", "text/plain; charset=utf-8")]
        return [*first, ("Content-Transfer-Encoding", "8bit"), *self._of_language()]

    @mime_headers.setter
    def mime_headers(self, headers: Iterable[tuple[str, str]]) -> None:
        raise NotImplementedError  # newer versions of Babel can set it; here it is made

    @property
    def num_plurals(self) -> int:
        """Return how many forms a sentence with a number has: two in both languages, whatever the tool's tables say.

        French of millions ("2 millions de …") has a third in newer ones; no sentence of ours counts so far.
        """
        return 2

    @property
    def plural_expr(self) -> str:
        """Return which form a number takes: in French nought is one."""
        return "(n > 1)" if self.locale_identifier == "fr" else "(n != 1)"

    def _of_language(self) -> list[tuple[str, str]]:
        return (
            [("Language", self.locale_identifier), ("Plural-Forms", self.plural_forms)]
            if self.locale_identifier
            else []
        )


def sentences(*places: Path) -> Iterator[Message]:
    """Yield every message id that code and templates under ``places`` ask for, each with its plural where it has one."""
    for path in (path for place in places for path in sorted(place.rglob("*.py"))):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and (found := _sentence(call)):
                yield Message(found)
    for path in (path for place in places for path in sorted(place.rglob("templates/*.html"))):
        for _line, _call, said in extract_from_ast(PAGES.parse(path.read_text(encoding="utf-8"))):
            texts = tuple(filter(None, (said,) if isinstance(said, str) else said or ()))
            yield Message(texts if len(texts) > 1 else texts[0])


def _sentence(call: ast.Call) -> str | tuple[str, ...]:
    """Return the sentence that a call names, with its plural; empty when it names none."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    said = [call.args[place] for place in KEYWORDS.get(name, ()) if place < len(call.args)]
    texts = tuple(one.value for one in said if isinstance(one, ast.Constant) and isinstance(one.value, str))
    return texts if len(texts) > 1 else "".join(texts)


def gather() -> Plain:
    """Return the template: the sentences of both packages and of click."""
    template = Plain(None)
    for message in sentences(*PLACES, CLICK):
        template.add(message.id, context=message.context)
    return template


def current(language: str) -> Plain:
    """Return the committed catalogue of a language; empty when there is none yet."""
    kept = Plain(language)
    if po_path(language).exists():
        with po_path(language).open("rb") as stream:
            for message in read_po(stream, locale=language):
                if message.id:
                    kept.add(message.id, message.string, flags=message.flags, context=message.context)
    return kept


def updated(language: str, template: Catalog) -> Plain:
    """Return the catalogue with exactly the template's sentences, keeping the translations there are."""
    before, after = current(language), Plain(language)
    for message in template:
        if message.id:
            known = message if language == "en" else before.get(message.id, context=message.context)
            after.add(message.id, _words(message, known), context=message.context)
    return after


def _words(message: Message, known: Message | None) -> str | tuple[str, ...]:
    """Return the translation; a message that stands for its own translation is repeated."""
    if known is message:
        return tuple(message.id) if message.pluralizable else str(message.id)
    words = None if known is None or known.fuzzy else known.string
    return tuple(words or ("", "")) if message.pluralizable else str(words or "")


def as_po(catalogue: Catalog) -> str:
    """Return the text of a catalogue, sorted by message id."""
    stream = io.BytesIO()
    write_po(stream, catalogue, width=118, sort_output=True, no_location=True)
    return stream.getvalue().decode("utf-8")


def as_mo(catalogue: Catalog) -> bytes:
    """Return the compiled catalogue."""
    stream = io.BytesIO()
    write_mo(stream, catalogue)
    return stream.getvalue()


def po_path(language: str) -> Path:
    """Return where the catalogue of a language is written by people."""
    return LOCALE / language / "LC_MESSAGES" / "dikalo.po"


def main() -> int:
    """Write template, catalogues and compiled catalogues; say what French is missing."""
    template = gather()
    (LOCALE / "dikalo.pot").write_text(as_po(template), encoding="utf-8", newline="\n")
    for language in LANGUAGES:
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_po(updated(language, template)), encoding="utf-8", newline="\n")
        path.with_suffix(".mo").write_bytes(as_mo(current(language)))
    missing = [message.id for message in current("fr") if message.id and not all(_texts(message))]
    for sentence in missing:
        print("without French:", sentence)
    return 1 if missing else 0


def _texts(message: Message) -> list[str]:
    return list(message.string) if isinstance(message.string, (list, tuple)) else [message.string or ""]


if __name__ == "__main__":
    sys.exit(main())
