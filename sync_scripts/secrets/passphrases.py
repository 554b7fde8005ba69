"""What a new passphrase must be, and how one is drawn. Stores nothing and never shows what was typed."""

from __future__ import annotations

import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

from sync_scripts.secrets.errors import PassphrasesEqual, PassphraseWeak
from sync_scripts.secrets.strength import folded, lines_of, measured

WORDS: Final = 6
For: TypeAlias = Literal["day", "vault", "file"]
"""What a passphrase is for: the everyday key, the vault, or a file that leaves."""
FLOORS: Final[Mapping[For, int]] = MappingProxyType({"day": 10**14, "vault": 10**18, "file": 10**18})
"""Guesses that a passphrase takes at least."""
_LISTS: Final = MappingProxyType({"fr": "mots.txt", "en": "words.txt"})


@cache
def word_list(language: str = "fr") -> tuple[str, ...]:
    """Return the words that passphrases are drawn from: plain, without accents; the French ones have one meaning each."""
    return tuple(lines_of(_LISTS.get(language, _LISTS["fr"])))


def draw(language: str = "fr") -> str:
    """Return a new passphrase of six different words, 64 bits or more: enough for the vault, too."""
    return " ".join(secrets.SystemRandom().sample(word_list(language), WORDS))


def accept(passphrase: str, key: For, own: Iterable[str] = ()) -> None:
    """Let a new passphrase pass: six words of one list, or as many guesses as its key needs.

    Args:
        passphrase: as typed.
        key: what it is for.
        own: names of the organisation, which are tried first.

    Raises:
        PassphraseWeak: neither.
    """
    if _is_drawn(passphrase):
        return
    found, floor = measured(passphrase, own), FLOORS[key]
    if found.guesses >= floor:
        return
    fewest = len(str(floor)) - 1  # the meter gives ten guesses for each sign in which it sees no order
    short = found.signs < fewest and found.guesses * 100 >= 10**found.signs
    why = "known" if found.known else "short" if short else "easy"
    raise PassphraseWeak(why=why, key=key, fewest_words=WORDS, characters=fewest)


def accept_both(day: str, vault: str | None, own: Iterable[str] = ()) -> None:
    """Let the two new passphrases of a workspace pass.

    Raises:
        PassphraseWeak: one of them is too easy.
        PassphrasesEqual: they are the same.
    """
    accept(day, "day", own)
    if vault is not None:
        accept(vault, "vault", own)
        refuse_equal(day, vault)


def refuse_equal(one: str, other: str) -> None:
    """Refuse a passphrase that is another one already.

    Raises:
        PassphrasesEqual: it is.
    """
    if unicodedata.normalize("NFKC", one).strip() == unicodedata.normalize("NFKC", other).strip():
        raise PassphrasesEqual


def _is_drawn(passphrase: str) -> bool:
    """Tell whether these may be words that were drawn: six different ones, or more, of one list."""
    words = folded(passphrase).replace("-", " ").split()
    return len(set(words)) >= WORDS and any(set(words).issubset(word_list(language)) for language in _LISTS)
