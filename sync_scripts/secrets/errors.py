"""What can go wrong with keys and passphrases. Never holds a key, nor what was typed."""

from __future__ import annotations

from typing import Final

from sync_scripts.errors import N_, Damaged, NotAllowed, UsageProblem, When, in_words

KeysMissing: Final = Damaged.declare(
    "DK-K01",
    "The file keys.json is missing from this workspace, so nothing can be opened. Nothing was changed. Put it back "
    "from your last backup; with the recovery key or the organisation's key, dikalo vault open CODE --reason TEXT works without it. "
    "A folder for forms alone (dikalo init --forms-only) has none: make a workspace in another folder.",
)
KeysDamaged: Final = Damaged.declare(
    "DK-K02",
    "The file keys.json is damaged: it does not hold what it must. Nothing was changed. Keep a copy of it, then put "
    "it back from your last backup.",
)
WrongPassphrase: Final = NotAllowed.declare(
    "DK-K03",
    "This passphrase opens nothing here: it is wrong, or keys.json was altered. Nothing was opened. Check accents, "
    "capital letters and the keyboard's language, and try again.",
)
SlotUnreasonable: Final = Damaged.declare(
    "DK-K04",
    "The file keys.json asks for a computation outside the allowed bounds, so somebody may have altered it. "
    "Nothing was tried. Put the file back from your last backup.",
)
PassphraseWeak: Final = UsageProblem.declare(
    "DK-K05",
    "This passphrase is too easy to guess: common words, names, dates, or signs that repeat. Nothing was made. Take {fewest_words} "
    "words drawn by dikalo, or at least {characters} letters and digits in no order.",
    instead=(
        When(
            "why",
            "known",
            "This passphrase is a proverb, a prayer or a line of a song that many know by heart, or has a long part of one: such lines "
            "are tried first. Nothing was made. Take {fewest_words} words drawn by dikalo, or at least {characters} letters and digits "
            "in no order.",
        ),
        When(
            "why",
            "short",
            "This passphrase is too short for {key}. Nothing was made. Take {fewest_words} words drawn by dikalo, or at least "
            "{characters} letters and digits in no order.",
        ),
    ),
    shown={
        "key": in_words(
            {"day": N_("the everyday key"), "vault": N_("the vault"), "file": N_("a file that is shared")}
        )
    },
)
PassphrasesEqual: Final = UsageProblem.declare(
    "DK-K06",
    "The passphrase of the vault must differ from the everyday one: otherwise whoever sees you type the first has "
    "both. Nothing was made. Choose another.",
)
NoSuchSlot: Final = NotAllowed.declare(
    "DK-K07",
    'There is no passphrase for the key "{key}" on this machine. Nothing was opened. Use the recovery key or the '
    "organisation's key instead.",
)
RecoveryKeyWrong: Final = NotAllowed.declare(
    "DK-K08",
    "This is not the whole key: a character is wrong or missing. Nothing was opened. It begins with AGE-SECRET-KEY-1 "
    "and has 74 characters; blanks and small letters do not matter.",
)
CodeUnsuitable: Final = UsageProblem.declare(
    "DK-K09",
    "A worker's code has 2 to 20 letters without accents, digits, hyphens or underscores, and is not dikalo. "
    "Nothing was done. Take a code, never a name.",
)
TooManySlots: Final = NotAllowed.declare(
    "DK-K11",
    "The file keys.json has room for {most} passphrases, and all are taken. Nothing was changed. Whoever works here under a code that "
    "is there already keeps their place: dikalo keys passphrase --for CODE.",
)
OwnSlotStays: Final = NotAllowed.declare(
    "DK-K12",
    "You cannot remove your own passphrase: someone must be able to open the register. Nothing was changed. Another worker can "
    "remove it, using their own passphrase.",
)
NoSlotOfWorker: Final = NotAllowed.declare(
    "DK-K13",
    "{worker} has no everyday passphrase on this computer. Nothing was changed. dikalo doctor says who has one.",
)
ClientKeysDamaged: Final = Damaged.declare(
    "DK-K10",
    "The file client.json is missing or altered; it holds this laptop's keys for the PostgreSQL register. Nothing "
    "was changed. Put it back from your last backup.",
)
