"""``dikalo notify``: who is told of what is urgent, what waits to be told, a message to try it out, and the first destination.

Holds no address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Final

import msgspec

from sync_scripts.cli.frame import handed
from sync_scripts.cli.frame.listing import show_list, unheard_in_words
from sync_scripts.cli.frame.options import DryRun, deed
from sync_scripts.cli.frame.questions import Questions
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.config import NotifySettings
from sync_scripts.errors import N_, Attention, DikaloError, UsageProblem, When, in_words
from sync_scripts.notify import Flushed, revive, try_out
from sync_scripts.notify import flush as send
from sync_scripts.notify.sending import AddressOfSeveral, AddressUnsuitable, receivers
from sync_scripts.register.building.notices import codes_of, escalate, escalations
from sync_scripts.register.history.visibility import case_meant, sealed_from
from sync_scripts.register.model.listings import REGION, Column, Listing, one_of
from sync_scripts.register.queries.messages import unheard
from sync_scripts.register.rules.notice_kinds import KINDS
from sync_scripts.register.rules.ruleset import local
from sync_scripts.store import logins, outbox
from sync_scripts.store.database import Register
from sync_scripts.store.outbox import silence
from sync_scripts.store.settings_file import amend
from sync_scripts.store.workspace import Workspace
from sync_scripts.texts import language

DESCRIPTOR = "DIKALO_NOTIFY_FD"


DestinationUnknown: Final = UsageProblem.declare(
    "DK-N13",
    "dikalo.toml names no destination {name} (it has: {known}). Nothing was sent. Correct the name, or add a [[notify]] "
    "with that name.",
    instead=(
        When(
            "known",
            "",
            "dikalo.toml names no destination for messages yet, so there is nobody to send one to. Nothing was sent. At a "
            "terminal dikalo notify test offers to name the coordination; or write one under [[notify]] (dikalo guide messages shows how).",
        ),
    ),
)
TestNotDelivered: Final = Attention.declare(
    "DK-N14",
    "The test message could not be handed over for {name}. Its address was not kept if it was new. Check the network and "
    "the address (service, account, password, receiver), and run the command again.",
    __test__=False,
)


@command("test")
def test(
    shell: Shell,
    *,
    name: Annotated[str, place(_("[DESTINATION]"), default="")],
    change: Annotated[bool, option("--change", "Ask for a new address.")],
    forget: Annotated[bool, option("--forget", "Remove the address from this register; send nothing.")],
    dry_run: DryRun,
) -> None:
    """Try destinations out, and keep their addresses."""
    with shell.workspace(write=not dry_run, command="notify test") as workspace:
        if not (forget or dry_run or name not in {"", NAME}):
            begin(shell, workspace)
        chosen = _chosen(workspace.settings.notify, name)
        if forget:
            kept = [one.name for one in chosen if logins.where(workspace.register, one.name, "notify")]
            gone = [one for one in kept if dry_run or logins.forget(workspace.register, one, "notify")]
            told = deed(_("Addresses removed: {names}."), dry_run=dry_run)
            shell.show(
                {"schema": "dikalo.notify.test/1", "forgotten": gone, "dry_run": dry_run},
                told.format(names=", ".join(gone) or "-"),
            )
            return
        found = [_tried(shell, workspace, one, change=change, dry_run=dry_run) for one in chosen]
    document = {"schema": "dikalo.notify.test/1", "tried": found, "dry_run": dry_run}
    if not dry_run and any(one["status"] != "delivered" for one in found) and not shell.json:
        raise TestNotDelivered(name=", ".join(one["name"] for one in found if one["status"] != "delivered"))
    shell.show(document, _tried_lines(found, dry_run=dry_run))
    if any(one["status"] not in {"delivered", "not sent"} for one in found):
        shell.attention()


def _tried(
    shell: Shell, workspace: Workspace, one: NotifySettings, *, change: bool, dry_run: bool
) -> dict[str, str]:
    """Send one test message; ask for the address when there is none, and keep it when the message went through."""
    there = logins.where(workspace.register, one.name, "notify") is not None
    if dry_run:
        return {"name": one.name, "status": "not sent", "reference": ""}
    typed = ""
    if change or not there:
        question = _("Address for {name} (as Apprise writes it; it is not shown)")
        if not shell.handed(DESCRIPTOR):
            shell.say(
                _(
                    "For e-mail, for example: mailtos://user:password@example.org?to=night@example.org (other services: "
                    "dikalo guide messages). Nothing shows while you type it."
                )
            )
        typed = shell.secret(question.format(name=one.name), descriptor=DESCRIPTOR).strip()
        reached = receivers(typed)
        if not reached:
            raise AddressUnsuitable
        if reached > 1:
            raise AddressOfSeveral(count=reached)
    status, reference = try_out(workspace.register, one, shell.clock(), address=typed)
    if status == "delivered" and typed:
        logins.keep(workspace.register, one.name, "notify", logins.Kept(token=typed))
        with workspace.register.writing() as rows:
            outbox.hasten(rows, one.name, shell.clock())
        revive(workspace.register, one.name, shell.clock())
    return {"name": one.name, "status": status, "reference": reference}


def _tried_lines(found: Sequence[dict[str, str]], *, dry_run: bool) -> Iterator[str]:
    if dry_run:
        yield _("Nothing was sent: this only shows to whom a test message would go.")
        yield from (one["name"] for one in found)
        return
    for one in found:
        yield _(
            "{name}: the test message was handed over (ref {reference}). Ask the receiver whether it came."
        ).format(**one)


@command("list")
def list_(
    shell: Shell,
    *,
    everything: Annotated[bool, option("--all", "Show those that were sent or cancelled, too.")],
) -> None:
    """List the outbox; who is told of what, without any address."""
    with shell.reading() as (workspace, rows):
        found = [one for one in outbox.listed(rows) if everything or one.state in {"waiting", "given_up"}]
        codes = codes_of(rows, [one.subject for one in found])
        sealed = sealed_from(rows, workspace.actor())
        found = [
            replace(
                one,
                subject=codes.get(one.subject, ""),
                region=None if case_meant(rows, codes.get(one.subject, "")) in sealed else one.region,
            )
            for one in found
        ]
        known = workspace.settings.notify
        quiet = silence(workspace.register, known)
        left = unheard(workspace.register, rows, known, shell.clock())
    show_list(
        shell,
        MESSAGES,
        found,
        destinations=[one.name for one in known],
        nobody_told=quiet or ("no_region" if left.count else None),
        unheard=left.count,
    )
    if quiet is not None:
        shell.warn(_("Nobody is told of a critical alert; dikalo doctor says what to do."))
    elif left.count:
        shell.warn(unheard_in_words(left.count, left.regions))


_STATES: Final = {
    "waiting": N_("waits"),
    "sent": N_("sent"),
    "given_up": N_("given up"),
    "cancelled": N_("taken back"),
}
MESSAGES: Final = Listing(
    "dikalo.notify.list/1",
    "messages",
    (
        Column("created_at", N_("written"), local),
        Column("destination", N_("to")),
        Column("reason", N_("reason"), lambda reason: KINDS[reason].name.said(language())),
        Column("level", N_("urgency"), one_of("urgency")),
        REGION(),
        Column("state", N_("state"), in_words(_STATES)),
        Column("attempts", N_("tries")),
        Column("reference", N_("ref")),
        Column("subject", N_("about")),
    ),
    N_("No message waits."),
    narrow="reference region attempts destination:12 reason:8 level",
)


@command("flush")
def flush(shell: Shell, *, dry_run: DryRun) -> None:
    """Send what waits, and what is late by now; exit code 3 when a destination is wrong or was given up."""
    with shell.workspace(write=not dry_run, command="notify flush") as workspace:
        go = partial(send, workspace.register, workspace.settings, shell.clock, dry_run=dry_run)
        try:
            undone = _undone(workspace.register, shell.clock(), dry_run=dry_run)
        except DikaloError:
            go()  # what waits goes all the same
            raise
        done = go()
    told = [*_undone_lines(undone, dry_run=dry_run), *flushed_lines(done, dry_run=dry_run)]
    shell.show(done.document() | {"undone": undone, "dry_run": dry_run}, told)
    if done.needs_person:
        shell.attention()


def _undone(register: Register, now: datetime, *, dry_run: bool) -> int:
    """Write down who is to be told of what is undone by now; return how many messages are new, or would be."""
    if dry_run:
        with register.reading() as rows:
            return escalations(rows, now)
    with register.writing() as rows:
        return escalate(rows, now)


def _undone_lines(undone: int, *, dry_run: bool) -> Iterator[str]:
    if dry_run and undone:
        would = ngettext(
            "Message about what is still undone that would be written first, and is not counted below: {n}.",
            "Messages about what is still undone that would be written first, and are not counted below: {n}.",
            undone,
        )
        yield would.format(n=undone)


def flushed_lines(done: Flushed, *, dry_run: bool = False) -> Iterator[str]:
    """Yield what a flush did, for a person."""
    if dry_run:
        yield _("Nothing was sent: this only shows how many messages would go now.")
    told = ngettext("Message sent: {n}.", "Messages sent: {n}.", done.sent)
    yield deed(told, dry_run=dry_run).format(n=done.sent)
    if done.waiting:
        yield _("Waiting for their time: {n}.").format(n=done.waiting)
    if done.failed:
        yield _("Not delivered, tried again later: {n}.").format(n=done.failed)
    if done.given_up:
        yield _("Not delivered after ten tries and given up: {n}. See them with: dikalo notify list.").format(
            n=done.given_up
        )
    for name in done.misconfigured:
        yield _(
            "{name} has no address that can be used. Give it one with: dikalo notify test {name} --change."
        ).format(name=name)


def _chosen(settings: Sequence[NotifySettings], name: str) -> list[NotifySettings]:
    """Return the destinations asked for.

    Raises:
        DestinationUnknown: there is none, or none of that name.
    """
    found = [one for one in settings if name in {"", one.name}]
    if not found:
        raise DestinationUnknown(name=name, known=", ".join(one.name for one in settings))
    return found


NAME: Final = "coordination"
"""Under which it stands in ``dikalo.toml``."""


def begin(shell: Shell, workspace: Workspace) -> None:
    """Offer to name the coordination where the settings do not and a person sits there; else change nothing."""
    named = workspace.settings.notify
    if (
        any(one.role == "coordinator" or one.name == NAME for one in named)
        or shell.json
        or not handed.somebody_types()
    ):
        return
    say = Questions(shell)
    say.tell(
        _(
            "The coordination is not told of urgent alerts yet. It can be: of whatever is critical or high, in every region. "
            "dikalo.toml then says so, without the address."
        )
    )
    if not say.yes(_("Tell the coordination?"), default=True):
        return
    first = NotifySettings(name=NAME, level="high", lang="en" if workspace.settings.lang == "en" else "fr")
    wanted = msgspec.structs.replace(workspace.settings, notify=(*named, first))
    amend(workspace.root, wanted)
    workspace.settings = wanted
