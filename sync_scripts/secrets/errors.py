"""What can go wrong with keys and passphrases. Never holds a key, nor what was typed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sync_scripts.errors import N_, Damaged, NotAllowed, UsageProblem


@dataclass(eq=False, kw_only=True)
class KeysMissing(Damaged):
    """The workspace has no ``keys.json``."""

    code: ClassVar[str] = "DK-K01"
    message: ClassVar[str] = N_(
        "The file keys.json is missing from this workspace, so nothing can be opened. Nothing was changed. Put it back "
        "from your last backup; with the recovery key or the organisation's key, dikalo vault open CODE --reason TEXT works without it."
    )


@dataclass(eq=False, kw_only=True)
class KeysDamaged(Damaged):
    """``keys.json`` cannot be read as what it should be."""

    code: ClassVar[str] = "DK-K02"
    message: ClassVar[str] = N_(
        "The file keys.json is damaged: it does not hold what it must. Nothing was changed. Keep a copy of it, then put "
        "it back from your last backup."
    )


@dataclass(eq=False, kw_only=True)
class WrongPassphrase(NotAllowed):
    """No slot opens with what was given; a changed slot looks the same."""

    code: ClassVar[str] = "DK-K03"
    message: ClassVar[str] = N_(
        "This passphrase opens nothing here: it is wrong, or keys.json was altered. Nothing was opened. Check accents, "
        "capital letters and the keyboard's language, and try again."
    )


@dataclass(eq=False, kw_only=True)
class SlotUnreasonable(Damaged):
    """A slot asks for a derivation that would eat the memory of the machine, or for far too little work."""

    code: ClassVar[str] = "DK-K04"
    message: ClassVar[str] = N_(
        "The file keys.json asks for a computation outside the allowed bounds, so somebody may have altered it. "
        "Nothing was tried. Put the file back from your last backup."
    )


@dataclass(eq=False, kw_only=True)
class PassphraseWeak(UsageProblem):
    """A new passphrase is too easy to guess."""

    fewest_words: int
    characters: int
    code: ClassVar[str] = "DK-K05"
    message: ClassVar[str] = N_(
        "This passphrase is too short. Nothing was made. Take {fewest_words} words drawn by dikalo, or at least {characters} "
        "characters of your own."
    )


@dataclass(eq=False, kw_only=True)
class PassphrasesEqual(UsageProblem):
    """The everyday passphrase and that of the vault are the same."""

    code: ClassVar[str] = "DK-K06"
    message: ClassVar[str] = N_(
        "The passphrase of the vault must differ from the everyday one: otherwise whoever sees you type the first has "
        "both. Nothing was made. Choose another."
    )


@dataclass(eq=False, kw_only=True)
class NoSuchSlot(NotAllowed):
    """``keys.json`` holds no slot for that key."""

    key: str
    code: ClassVar[str] = "DK-K07"
    message: ClassVar[str] = N_(
        'There is no passphrase for the key "{key}" on this machine. Nothing was opened. Use the recovery key or the '
        "organisation's key instead."
    )


@dataclass(eq=False, kw_only=True)
class RecoveryKeyWrong(NotAllowed):
    """What was typed is no age identity; a single wrong character is noticed."""

    code: ClassVar[str] = "DK-K08"
    message: ClassVar[str] = N_(
        "This is not the whole key: a character is wrong or missing. Nothing was opened. It begins with AGE-SECRET-KEY-1 "
        "and has 74 characters; blanks and small letters do not matter."
    )


@dataclass(eq=False, kw_only=True)
class CodeUnsuitable(UsageProblem):
    """A worker's code has characters that it cannot have."""

    code: ClassVar[str] = "DK-K09"
    message: ClassVar[str] = N_(
        "A worker's code has 2 to 20 letters without accents, digits, hyphens or underscores, and is not dikalo. "
        "Nothing was done. Take a code, never a name."
    )


@dataclass(eq=False, kw_only=True)
class ClientKeysDamaged(Damaged):
    """The wrapped keys beside a PostgreSQL register are missing or altered."""

    code: ClassVar[str] = "DK-K10"
    message: ClassVar[str] = N_(
        "The file client.json is missing or altered; it holds this laptop's keys for the PostgreSQL register. Nothing "
        "was changed. Put it back from your last backup."
    )
