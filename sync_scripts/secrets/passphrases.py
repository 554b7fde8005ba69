"""What a new passphrase must be, and how one is drawn. Stores nothing and never shows what was typed."""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache
from pathlib import Path
from typing import Final

from sync_scripts.secrets.errors import PassphrasesEqual, PassphraseWeak

WORDS: Final = 6
CHARACTERS: Final = 12


@cache
def word_list() -> tuple[str, ...]:
    """Return the French words that passphrases are drawn from: plain, without accents, one meaning each."""
    return tuple((Path(__file__).parent / "mots.txt").read_text(encoding="ascii").split())


def draw() -> str:
    """Return a new passphrase of six words, about 64 bits: enough for the vault, too."""
    return " ".join(secrets.choice(word_list()) for _ in range(WORDS))


def accept(passphrase: str) -> None:
    """Let a new passphrase pass: six words of the list, or twelve characters.

    Raises:
        PassphraseWeak: neither.
    """
    text = unicodedata.normalize("NFKC", passphrase).strip()
    words = _plain(text).split()
    known = set(word_list())
    drawn = len(words) >= WORDS and all(word in known for word in words)
    if not drawn and len(text) < CHARACTERS:
        raise PassphraseWeak(fewest_words=WORDS, characters=CHARACTERS)


def accept_both(day: str, vault: str | None) -> None:
    """Let the two new passphrases of a workspace pass.

    Raises:
        PassphraseWeak: one of them is too easy.
        PassphrasesEqual: they are the same.
    """
    accept(day)
    if vault is None:
        return
    accept(vault)
    if unicodedata.normalize("NFKC", day).strip() == unicodedata.normalize("NFKC", vault).strip():
        raise PassphrasesEqual


def _plain(text: str) -> str:
    """Return the text in small letters without accents, hyphens as blanks."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return bare.replace("-", " ")
