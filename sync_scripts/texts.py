"""The language of everything a person reads, and streams that can carry it. Never holds a sentence itself.

Every sentence is an English message id of the gettext domain ``dikalo``; click asks the same domain for its own
words. The language is chosen once, before any command module is imported, because help texts are translated on
import.
"""

from __future__ import annotations

import gettext
import io
import os
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, TextIO

DOMAIN: Final = "dikalo"
LANGUAGES: Final = ("fr", "en")
LOCALE: Final = Path(__file__).with_name("locale")

_SILENT_LOCALES = frozenset({"", "C", "POSIX", "C.UTF-8", "C.utf8"})
_MARKS: Final = {
    "ok": ("✓", "+"),
    "attention": ("▲", "!"),
    "item": ("•", "-"),
    "arrow": ("→", "->"),
    "cut": ("…", "."),
}


def choose_language(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Return ``fr`` or ``en``: what was asked, else the workspace's, else the machine's, else French.

    The order is ``--lang``, ``DIKALO_LANG``, ``lang`` in the workspace's ``dikalo.toml``, the first of ``LC_ALL``,
    ``LC_MESSAGES`` and ``LANG`` that says something (``C`` and ``POSIX`` say nothing). Never raises: an unreadable
    setting is reported later by the command that needs it.
    """
    asked = option_value(argv, "--lang")
    for found in (asked, environ.get("DIKALO_LANG"), _workspace_language(argv, environ), _locale(environ)):
        short = (found or "")[:2].lower()
        if short in LANGUAGES:
            return short
    return LANGUAGES[0]


def option_value(argv: Sequence[str], *names: str) -> str | None:
    """Return the value that an option has on the command line, read before click does; None if it is not there.

    Of an option that was given several times the last one counts, as it does for click.
    """
    words, found = list(argv), None
    if "--" in words:
        words = words[: words.index("--")]
    for place, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name in names and equals:
            found = value
        elif word in names and place + 1 < len(words):
            found = words[place + 1]
    return found


def speak(chosen: str) -> None:
    """Make ``chosen`` the language of everything printed from now on, click's own words included."""
    os.environ["LANGUAGE"] = chosen
    gettext.bindtextdomain(DOMAIN, str(LOCALE))
    gettext.textdomain(DOMAIN)
    vars(gettext).update(dgettext=_one, dngettext=_counted)


_searched, _searched_counted = gettext.dgettext, gettext.dngettext


def _one(domain: str, message: str) -> str:
    """Say one sentence as Python's own does, which looks for the catalogue's file again for every sentence of every row."""
    return _catalogue(language()).gettext(message) if domain == DOMAIN else _searched(domain, message)


def _counted(domain: str, one: str, many: str, number: int) -> str:
    if domain != DOMAIN:
        return _searched_counted(domain, one, many, number)
    return _catalogue(language()).ngettext(one, many, number)


@cache
def _catalogue(chosen: str) -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, LOCALE, [chosen], fallback=True)


def said_in(chosen: str, message: str) -> str:
    """Return a sentence in a language, whatever was chosen by `speak`; as it stands in one that dikalo does not speak."""
    return _catalogue(chosen).gettext(message)


def language() -> str:
    """Return the language chosen last by `speak`."""
    return os.environ.get("LANGUAGE", LANGUAGES[0])[:2]


def safe_streams(*, utf8: bool = False) -> None:
    """Let standard output and error carry any text: a letter the console lacks is written as an escape.

    Args:
        utf8: write UTF-8 to standard output whatever the console says: a program reads it.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if utf8 and stream is sys.stdout:  # what is said beside the document, a person reads in the console
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        else:
            stream.reconfigure(errors="backslashreplace")


def mark(name: str, stream: TextIO) -> str:
    """Return a small sign such as ``ok``; its plain form where the stream is no terminal or lacks the letter."""
    fine, plain = _MARKS[name]
    try:
        fine.encode(stream.encoding or "ascii")
    except UnicodeEncodeError:
        return plain
    return fine if stream.isatty() else plain


def _workspace_language(argv: Sequence[str], environ: Mapping[str, str]) -> str | None:
    """Return ``lang`` of the workspace's settings, if they can be read."""
    root = option_value(argv, "-C", "--workspace") or environ.get("DIKALO_WORKSPACE") or "."
    try:
        text = Path(root, "dikalo.toml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    import tomllib

    try:
        found = tomllib.loads(text).get("lang")
    except tomllib.TOMLDecodeError:
        return None
    return found if isinstance(found, str) else None


def _locale(environ: Mapping[str, str]) -> str | None:
    """Return the language the machine is set to; None where it says nothing."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        found = environ.get(name, "")
        if found not in _SILENT_LOCALES:
            return found
    return None
