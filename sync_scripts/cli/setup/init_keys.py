"""The keys of a new workspace, made together with the person who will hold them. What is typed is never shown."""

from __future__ import annotations

import sys
from gettext import gettext as _
from typing import Final

import click
import segno

from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.errors import NotAllowed, UsageProblem
from sync_scripts.secrets import passphrases, recovery
from sync_scripts.secrets.errors import PassphrasesEqual, PassphraseWeak, RecoveryKeyWrong
from sync_scripts.store.seal.sealing import Recipients, make_identity

__all__ = [
    "DAY_DESCRIPTOR",
    "VAULT_DESCRIPTOR",
    "NobodyToAsk",
    "new_passphrase",
    "paper_key",
    "second_holder",
]

DAY_DESCRIPTOR: Final = "DIKALO_KEY_FD"
VAULT_DESCRIPTOR: Final = "DIKALO_VAULT_FD"
TRIES: Final = 3


NobodyToAsk: Final = UsageProblem.declare(
    "DK-C20",
    "This is not a terminal, so nobody can be asked. Nothing was made. Say it with {option}. The passphrases are "
    "handed over on descriptors named by DIKALO_KEY_FD and DIKALO_VAULT_FD, and at least two of vault passphrase, "
    "--recovery and --organisation are needed.",
)
TypedDifferently: Final = NotAllowed.declare(
    "DK-C21",
    "What was typed was not the same each time. Nothing was made and nothing was changed. Run the command again and take your "
    "time.",
)


def new_passphrase(
    shell: Shell, what: str, descriptor: str, *, asks: bool, why: str = "", unlike: str = ""
) -> str:
    """Return a new passphrase: handed over, or typed twice at a terminal, where one is proposed.

    Args:
        shell: of the command.
        what: how the passphrase is called.
        descriptor: the variable that names where it comes from without a terminal.
        asks: somebody sits at a terminal.
        why: what it is for, in a sentence.
        unlike: another passphrase, from which it must differ.

    Raises:
        NobodyToAsk: there is neither.
        TypedDifferently: three times it was not the same twice; a weak one is asked for again without end.
    """
    if shell.handed(descriptor):
        return shell.secret(what, descriptor=descriptor)
    if not asks:
        raise NobodyToAsk(option=descriptor)
    say = Questions(shell)
    if why:
        say.tell(why)
    say.tell(_("{what}: five words such as these are easy to keep and hard to guess:").format(what=what))
    shell.warn(f"    {passphrases.draw()}")
    say.tell(_("Nothing shows while you type it. Press Enter at the end."))
    left = TRIES
    while left:
        typed = shell.ask_secret(what, descriptor=descriptor)
        try:
            passphrases.accept_both(typed, unlike or None)
        except (PassphraseWeak, PassphrasesEqual) as refused:
            say.wrong(refused)
            continue
        if typed == shell.ask_secret(_("The same again"), descriptor=descriptor):
            return typed
        left -= 1
        if left:
            shell.warn(_("Not the same. Try again."))
    raise TypedDifferently


def paper_key(shell: Shell) -> str:
    """Show a new recovery key once and have it typed back; return its public key.

    Raises:
        TypedDifferently: it was not typed back.
    """
    made = make_identity()
    Questions(shell).tell(
        _(
            "This is the recovery key. It opens everything when all else is lost, and it is shown only now. Write it on "
            "paper by hand, check it, and keep the paper away from this computer. Make no photo of it."
        )
    )
    shell.warn(f"\n{recovery.in_groups(made.secret)}\n")
    Questions(shell).tell(
        _(
            "The square is the same key, for a code reader that keeps nothing and prints it. No telephone: it would keep "
            "a picture."
        )
    )
    segno.make(made.secret, error="m", micro=False).terminal(out=sys.stderr, compact=True)
    for left in reversed(range(TRIES)):
        typed = click.prompt(
            _("Type it back from the paper (blanks do not matter)"), prompt_suffix=_(": "), err=True
        )
        if _same_key(typed, made.secret):
            click.clear()
            return made.public
        if left:
            shell.warn(_("Not the same. Compare with the paper and try again."))
    raise TypedDifferently


def second_holder(shell: Shell) -> str | None:
    """Ask for the public key of the head office, the second recipient of all that is sealed; None for none."""

    def read(text: str) -> str:
        Recipients.of({"R": make_identity().public, "O": text})
        return text.strip()

    say = Questions(shell)
    say.tell(
        _(
            "Has your head office given you a public key? It begins with age1. What is sealed then opens for it too, "
            "should everything here be lost or seized. It is no secret."
        )
    )
    return say.read(_("Public key of the head office (Enter: none)"), read)


def _same_key(typed: str, secret: str) -> bool:
    try:
        return recovery.typed(typed) == secret
    except RecoveryKeyWrong:
        return False
