"""``dikalo publish, reviews``: lists of open cases and providers out to the phones; what is decided here, shown to people who look at the server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Final

from sync_scripts.cli.frame.logins import asking, chosen
from sync_scripts.cli.frame.options import AsCode, DryRun, deed, plain
from sync_scripts.cli.frame.shell import Shell, command, option
from sync_scripts.config import forms_of_teams
from sync_scripts.errors import N_, NotAllowed
from sync_scripts.publish.lists import Done
from sync_scripts.publish.reviews import Order as Showing
from sync_scripts.publish.reviews import Pushed
from sync_scripts.publish.reviews import push as show_there
from sync_scripts.publish.rounds import Order, Published
from sync_scripts.publish.rounds import publish as send
from sync_scripts.store.errors import StoreLocked


@command("publish")
def publish(
    shell: Shell,
    *,
    only: Annotated[str, option("--server", "Send to this server alone.", _("SERVER"))] = "",
    hurry: Annotated[
        bool,
        option("--now", "KoboToolbox: do not wait six hours; each sending is a new version of the form."),
    ],
    everywhere: Annotated[
        str | None,
        plain(
            "--all-zones",
            "Send every open case that is not protected to every phone; the reason is kept.",
            _("REASON"),
        ),
    ],
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Send the lists; a second run writes nothing."""
    with ExitStack() as stack:
        locked = None
        try:
            workspace = stack.enter_context(shell.workspace(write=not dry_run, command="publish"))
        except StoreLocked as held:
            # what must leave phones waits for nobody: it needs the register for reading alone
            locked, workspace = held, stack.enter_context(shell.workspace())
        if only:
            chosen(workspace.settings.server, only)
        order = Order(
            root=workspace.root,
            actor=workspace.actor(as_code),
            now=shell.clock(),
            everywhere=everywhere,
            hurry=hurry,
            only=only,
            dry_run=dry_run,
            locked=locked,
        )
        done = send(workspace.register, workspace.settings, order, asking(shell), shell.say)
    document = {
        "schema": "dikalo.publish/2",
        "dry_run": dry_run,
        "refused": [one.code for one in done.refusals],
        "places": [one.document() for one in done.places],
    }
    shell.show(document, (line for one in done.places for line in publish_lines(one, dry_run=dry_run)))
    for refusal in done.refusals:
        shell.warn(f"{refusal.code} · {refusal.words()}")
    shell.exit_code = max(shell.exit_code, _exit(done))


def _exit(done: Published) -> int:
    """Return 3 for what a person must settle, else the code of what stopped a server, 0 when nothing did."""
    failures = [failure for one in done.places for failure in one.failures]
    codes = [3 if isinstance(one, NotAllowed) else one.exit_code for one in (*failures, *done.refusals)]
    if any(one.asks for one in done.places):
        codes.append(3)
    return max(codes, default=0)


def publish_lines(done: Done, *, dry_run: bool) -> Iterator[str]:
    """Yield what became of the lists at one place, for a person."""
    where = done.server or _("Folder")
    yield from _headline(where, done, dry_run=dry_run)
    yield from (f"{where}: {one.code} · {one.words()}" for one in done.failures)
    yield from _kept(done, unsent=dry_run or done.held)


def _headline(where: str, done: Done, *, dry_run: bool) -> Iterator[str]:
    """Yield in one line what became of a place; none where what is said below says all."""
    count = ngettext("{n} open case", "{n} open cases", done.cases).format(n=done.cases)
    if (done.kept_back or (done.changed and done.unfinished)) and not done.held:
        yield _not_all(where, dry_run=dry_run)
    elif done.less or done.held:
        yield from _lessened(where, done, dry_run=dry_run)
    elif done.changed:
        words = _("{where}: {count}; the lists are written, phones fetch them with their next update.")
        yield deed(words, dry_run=dry_run).format(where=where, count=count)
    elif done.waits:
        yield _("{where}: {count}; a change waits until {time} (UTC). With --now it goes at once.").format(
            where=where, count=count, time=done.waits[11:16]
        )
    elif done.failure is None:
        yield _("{where}: {count}; the lists are up to date.").format(where=where, count=count)


def _not_all(where: str, *, dry_run: bool) -> str:
    """Return the line for a place where some form keeps a list that it should not have."""
    if dry_run:
        return _("{where}: not all of it could be done, see below. Nothing was written.").format(where=where)
    return _("{where}: not all of it could be done, see below.").format(where=where)


def _lessened(where: str, done: Done, *, dry_run: bool) -> Iterator[str]:
    """Yield what left a place to which nothing could come."""
    if done.held:
        yield _(
            "{where}: something must leave the lists, and waits until the other command has ended."
        ).format(where=where)
    elif done.changed:
        words = _("{where}: what must leave the lists has left; nothing new came.")
        yield deed(words, dry_run=dry_run).format(where=where)
    elif done.failure is None:
        yield _("{where}: nothing must leave the lists; nothing new came.").format(where=where)


def _kept(done: Done, *, unsent: bool) -> Iterator[str]:
    """Yield what stays here, and the forms with which somebody must do something; ``unsent``: nothing was sent this time."""
    words = {
        "withdrawn": _("  stay here because their people withdrew: {n}"),
        "secret": _("  stay here because they are sealed, to be opened by two (C4): {n}"),
        "owner": _(
            "  stay here because only their owner and the coordination see them (C3), and not all who would get them are of the "
            "owner's team: {n}"
        ),
        "zone": _("  stay here because they lie in no zone of a phone there: {n}"),
    }
    yield from (words[why].format(n=number) for why, number in sorted(done.kept.items()))
    for name, (told, told_unsent) in _OF_FORMS.items():
        if forms := getattr(done, name):
            yield _(told_unsent if unsent and told_unsent else told).format(forms=", ".join(forms))
    if done.foreign:
        yield _("  rows there that this register did not make, left alone: {n}").format(n=done.foreign)


_OF_FORMS: Final[Mapping[str, tuple[str, str]]] = {
    "drafts": (
        N_(
            "  these forms keep the list that they show now, because somebody changed them at the server and did not publish "
            "the change (a draft): {forms}. Publish or remove it there, then run dikalo publish again."
        ),
        "",
    ),
    "stuck": (
        N_(
            "  PHONES STILL SHOW A CASE THAT HAD TO LEAVE with these forms: {forms}. Somebody changed them at the server and did not "
            "give the change to phones (a draft), and the server gives the list only together with it. Look at the change there; "
            "deploy or undo it today, then run dikalo publish again."
        ),
        "",
    ),
    "strangers": (
        N_(
            "  the list of these forms was not the one that this workspace sent last: {forms}. At a KoboToolbox the list of a form is one "
            "file, so it is exchanged whole. If another workspace publishes to them, give each its own form: else they take "
            "each other's cases away."
        ),
        N_(
            "  the list of these forms is not the one that this workspace sent last: {forms}. At a KoboToolbox the list of a form is one "
            "file, so it would be exchanged whole; nothing was sent this time. If another workspace publishes to them, give each its "
            "own form: else they take each other's cases away."
        ),
    ),
    "archived": (
        N_(
            "  these forms are archived at the server, so phones that have them keep their list: {forms}. Take them out of the archive, "
            "then run dikalo publish again; once no phone has them any more, take them out of dikalo.toml. Of a form that it does "
            "not name this is said once."
        ),
        "",
    ),
    "emptied": (
        N_(
            "  nothing in dikalo.toml names these forms any more; phones get an empty list with them: {forms}"
        ),
        N_(
            "  nothing in dikalo.toml names these forms any more; phones would get an empty list with them, but nothing was sent "
            "this time: {forms}"
        ),
    ),
}
"""Forms of a place of which somebody must know, what there is to say of them, and what where nothing was sent, if that differs."""


@command("push")
def push(
    shell: Shell,
    *,
    only: Annotated[str, option("--server", "Write to this server alone.", _("SERVER"))] = "",
    as_code: AsCode,
    dry_run: DryRun,
) -> None:
    """Write the reviews; a second run writes nothing."""
    with shell.workspace(write=not dry_run, command="reviews push") as workspace:
        now = shell.clock()
        workspace.require_proof(now)
        if only:
            chosen(workspace.settings.server, only)
        order = Showing(
            workspace.root,
            workspace.actor(as_code),
            now,
            only=only,
            dry_run=dry_run,
            beside=forms_of_teams(workspace.settings.team),
        )
        done = show_there(workspace.register, workspace.settings.server, order, asking(shell), shell.say)
    document = {
        "schema": "dikalo.reviews/1",
        "dry_run": dry_run,
        "servers": [one.document() for one in done],
    }
    shell.show(document, (line for one in done for line in _review_lines(one, dry_run=dry_run)))
    codes = [one.failure.exit_code for one in done if one.failure is not None]
    shell.exit_code = max([shell.exit_code, *codes])


def _review_lines(done: Pushed, *, dry_run: bool) -> Iterator[str]:
    """Yield what became of it, for a person."""
    counts = done.counts
    written = deed(_("{server}: written {n}, already there {same}."), dry_run=dry_run)
    yield written.format(server=done.server, n=counts["write"], same=counts["same"])
    words = {
        "edited": deed(
            _("  left alone because they were edited after the decision; look at them again: {n}"),
            dry_run=dry_run,
        ),
        "others": deed(_("  left alone because somebody set another word there: {n}"), dry_run=dry_run),
        "absent": _("  no longer shown by the server: {n}"),
    }
    for name in ("edited", "others", "absent"):
        if counts[name]:
            yield words[name].format(n=counts[name])
    for form, code in done.troubles:
        yield _("  not looked at: the form {form} ({code})").format(form=form, code=code)
    if done.failure is not None:
        yield f"{done.server}: {done.failure.code} · {done.failure.words()}"
