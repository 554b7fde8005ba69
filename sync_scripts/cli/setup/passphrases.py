"""Passphrases: ``dikalo unlock``, and the keys of a workspace made together with the person who will hold them.

What is typed is never shown; a key is kept in memory only, unless told.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import timedelta
from gettext import gettext as _
from typing import Annotated, Final

import click
import segno

from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.errors import NotAllowed, UsageProblem
from sync_scripts.register.rules.clocks import span
from sync_scripts.secrets import agent, kept_key, passphrases, recovery
from sync_scripts.secrets.errors import PassphrasesEqual, PassphraseWeak, RecoveryKeyWrong
from sync_scripts.secrets.passphrases import For
from sync_scripts.secrets.slots import Unwrapped
from sync_scripts.store.seal.sealing import Recipients, make_identity
from sync_scripts.store.workspace import open_unlocked, read_slots
from sync_scripts.store.workspace import unlock as open_keys
from sync_scripts.texts import language

LONGEST: Final = timedelta(hours=12)


DurationUnclear: Final = UsageProblem.declare(
    "DK-N22",
    "{given} is no length of time that can be used here. Nothing was done. Write minutes or hours, such as 30m, 2h or "
    "1h30, and no more than 12 hours.",
)
KeyringRefused: Final = UsageProblem.declare(
    "DK-N23",
    "The keyring keeps the key until dikalo lock takes it out, so it knows no time. Nothing was done. Use --for without "
    "--keyring, or --keyring alone.",
)


def duration(text: str) -> timedelta:
    """Return a length of time: ``30m``, ``2h``, ``1h30``; a bare number is minutes.

    Raises:
        DurationUnclear: it is none, or is nothing, or is too long.
    """
    found = re.fullmatch(r"(?:(\d{1,3})h)?(?:(\d{1,4})(?:m(?:in)?)?)?", "".join(text.lower().split()))
    if found is None or not any(found.groups()):
        raise DurationUnclear(given=text.strip()[:20])
    made = timedelta(hours=int(found[1] or 0), minutes=int(found[2] or 0))
    if not timedelta(0) < made <= LONGEST:
        raise DurationUnclear(given=text.strip()[:20])
    return made


@command("unlock")
def unlock(
    shell: Shell,
    *,
    length: Annotated[
        str | None,
        option("--for", "For how long: 30m (if not given), 2h, 1h30; 12 hours at most.", _("TIME")),
    ],
    keyring: Annotated[
        bool,
        option(
            "--keyring",
            "Keep the key in the keyring of this computer instead, until dikalo lock. Then an unlocked computer is an open "
            "register: not where a computer may be taken.",
        ),
    ],
) -> None:
    """Keep the everyday key for a while."""
    if keyring and length:
        raise KeyringRefused
    wanted = duration(length or "30m")

    opened = shell.again_when_wrong(lambda: open_keys(shell.root, secret=shell.secret))
    document = {"schema": "dikalo.unlock/1", "worker": opened.worker, "keyring": keyring, "demo": opened.demo}
    if opened.demo:
        shell.show(
            document | {"minutes": 0}, _("A demonstration is always open: there is nothing to unlock.")
        )
        return
    open_unlocked(opened).close()  # a key that does not open the register is worth nothing
    key = Unwrapped(opened.day_key, opened.worker, opened.demo, opened.settings.id, opened.pinned)
    held = kept_key.held_of(key, read_slots(shell.root))
    if keyring:
        kept_key.into_keyring(shell.root, held)
    else:
        agent.start(held, wanted.total_seconds())
    minutes = 0 if keyring else int(wanted.total_seconds()) // 60
    shell.show(document | {"minutes": minutes}, _unlocked(wanted, opened.worker, keyring=keyring))


def _unlocked(wanted: timedelta, worker: str, *, keyring: bool) -> Iterator[str]:
    if keyring:
        yield _("The key of {worker} is in the keyring of this computer until dikalo lock.").format(
            worker=worker
        )
    else:
        yield _("Unlocked for {worker}: {span}. dikalo lock ends it.").format(
            worker=worker, span=span(wanted)
        )


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
    shell: Shell, what: str, descriptor: str, *, asks: bool, key: For, why: str = "", unlike: str = ""
) -> str:
    """Return a new passphrase: handed over, or typed twice at a terminal, where one is proposed.

    Args:
        shell: of the command.
        what: how the passphrase is called.
        descriptor: the variable that names where it comes from without a terminal.
        asks: somebody sits at a terminal.
        key: what it will open.
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
    say.tell(_("{what}: six words such as these are easy to keep and hard to guess:").format(what=what))
    shell.warn(f"    {passphrases.draw(language())}")
    say.tell(_("Nothing shows while you type it. Press Enter at the end."))
    left = TRIES
    while left:
        typed = shell.ask_secret(what, descriptor=descriptor)
        try:
            passphrases.accept(typed, key)
            passphrases.refuse_equal(typed, unlike)
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
