"""The errors of sync_scripts, drawn as a tree. Never words with values in ``str()``; see ``xlsform.errors``.

    Worded (xlsform.errors)
    +-- DikaloError
        +-- UsageProblem      exit 2   the command was asked wrongly
        |   +-- UnknownCode            with a code that nothing here has
        +-- Attention         exit 3   done, but a person must look
        |   +-- Declined       exit 1   what was asked for was refused; nothing was done
        +-- NotAllowed        exit 4   passphrase, key, authentication
        +-- Unreachable       exit 5   network, server, source folder
        +-- Damaged           exit 6   integrity

Codes: DK-C config and usage, DK-K keys, DK-S store, DK-I intake and sources, DK-R register, DK-W workbook,
DK-L classroom, DK-F forms, DK-G groups of links, DK-J setting up and logins, DK-U what could not be
built, DK-V backups. A code is never reused and never changes its meaning.
"""

from __future__ import annotations

from typing import ClassVar

from xlsform.errors import N_, When, Worded, in_words

__all__ = [
    "N_",
    "Attention",
    "Damaged",
    "Declined",
    "DikaloError",
    "NotAllowed",
    "UnknownCode",
    "Unreachable",
    "UsageProblem",
    "When",
    "Worded",
    "in_words",
]


class DikaloError(Worded):
    """The root of everything that sync_scripts raises on purpose; exit code 1."""


class UsageProblem(DikaloError):
    """The command was asked wrongly; nothing was done."""

    exit_code: ClassVar[int] = 2


class UnknownCode(UsageProblem, nearest=""):
    """Nothing here has the code that was typed; ``nearest`` is the one that was perhaps meant, or empty."""

    also: ClassVar[tuple[When, ...]] = (When("nearest", bool, "The nearest code is {nearest}."),)


class Attention(DikaloError):
    """Work was done, and a person must look: at what came of it, or at a part of it that was held back."""

    exit_code: ClassVar[int] = 3


class Declined(Attention):
    """What was asked for was refused, and nothing was done: whoever asked for it has to ask otherwise, or later.

    A program that runs a list of decisions must not take it for "done": code 3 would say so.
    """

    exit_code: ClassVar[int] = 1


class NotAllowed(DikaloError):
    """A passphrase, key or right is missing or wrong."""

    exit_code: ClassVar[int] = 4


class Unreachable(DikaloError):
    """A source did not answer; never to be read as "nothing new"."""

    of_one_answer: ClassVar[bool] = False
    """Whether it may be about one thing that was asked for, while the server answers everything else."""
    exit_code: ClassVar[int] = 5


class Damaged(DikaloError):
    """Stored data are not what they were when they were stored."""

    exit_code: ClassVar[int] = 6
