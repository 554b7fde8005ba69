"""``dikalo verify``: whether everything that was sent is here, and everything here is what it was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from gettext import gettext as _

import click

from sync_scripts.cli.frame.listing import first_of, form_name
from sync_scripts.cli.frame.logins import asking
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.cli.inflow.set_apart import count_line
from sync_scripts.errors import Damaged
from sync_scripts.intake.completeness.verify import RegisterNotWhole, ShortOfServer
from sync_scripts.intake.completeness.verify import verify as check
from sync_scripts.intake.places.skipped_files import words as left_words
from sync_scripts.intake.pull import NoSource, sources
from sync_scripts.intake.report import FormTotals, FormTrouble, Verified
from sync_scripts.servers.base import Server
from sync_scripts.store.seal.sealing import grouped


@command("verify")
@click.option("--offline", is_flag=True, help=_("Check the register only; look at no source."))
@click.option(
    "--deep", is_flag=True, help=_("Fetch every version from the servers again and compare it; takes long.")
)
@pass_shell
def verify(shell: Shell, offline: bool, deep: bool) -> None:
    """Verify; damage ends with exit code 6, a source that cannot be read with 5 or 4, what is not pulled yet with 3."""
    with shell.workspace(any_holders=True) as workspace, ExitStack() as stack:
        servers: list[Server] = []
        if not offline:
            with suppress(NoSource):
                servers = stack.enter_context(sources(workspace, ask=asking(shell)))
        progress = stack.enter_context(shell.progress(_("Submissions"), None))
        found = check(workspace.register, servers, progress, deep=deep)
    failure = _failure(found)
    unseen = [_("No source was looked at: only the register itself was checked.")]
    document = {**found.document(), "sources": len(servers), "failure": failure.code if failure else None}
    ending = _verdict(found) if servers else unseen
    shell.show(document, [*lines(found), *ending])  # first: what is damaged or short is named there
    if failure is not None:
        raise failure
    if found.lacking:
        shell.attention()
    if found.blind:
        shell.exit_code = max(found.exits)  # what could not be looked at is never "all is there"


def _failure(found: Verified) -> Damaged | None:
    """Return what is wrong with the register, damage before what is missing; None when nothing is."""
    if found.damaged:
        failed = ", ".join(one.name for one in found.checks if one.wrong)
        return RegisterNotWhole(found=found.damaged, checks=failed)
    return ShortOfServer(count=found.short) if found.short else None


def _names() -> dict[str, str]:
    """Return what a person calls each check of the register."""
    return {
        "database": _("database"),
        "custody": _("chain of custody"),
        "holders": _("for whom it seals"),
        "events": _("decisions"),
        "key_pages": _("sealed items and their key pages"),
        "sealed_files": _("sealed files"),
        "versions": _("submissions stored"),
        "received": _("sealed bytes of submissions, as they came"),
        "waiting": _("encrypted submissions that wait, and their files"),
        "form_keys": _("sealed keys of forms"),
    }


def lines(found: Verified) -> Iterator[str]:
    """Yield what was found for a person."""
    for one in found.forms:
        yield _("{form}: at the source {instances} = {parts}").format(
            form=form_name(one.form, one.version), instances=one.instances, parts=" + ".join(_parts(one))
        )
    yield from unread_lines(found.awaited)
    yield from (trouble_line(one) for one in found.troubles)
    yield from hidden_lines(found.hidden)
    yield from partly_lines(found.partly)
    for done in found.checks:
        state = _("DAMAGED: {wrong}").format(wrong=first_of(done.wrong, 20)) if done.wrong else _("sound")
        yield _("{what}: {count}, {state}").format(
            what=_names().get(done.name, done.name), count=done.looked_at, state=state
        )
    yield _("Fingerprint of the holders: {fingerprint}").format(fingerprint=grouped(found.holders))
    yield from (_lost_line(one) for one in found.lost)
    yield from _left(found)
    yield from (left_words(one) for one in found.left)
    yield from count_line(found.set_apart)


def _verdict(found: Verified) -> Iterator[str]:
    """Yield what it comes to: proved, or nothing; what is missing or damaged was said, line by line."""
    if found.proved and not found.files_waiting:
        yield _("Everything that the sources hold is here, and what is here is sound.")


def _lost_line(one: FormTrouble) -> str:
    """Return what a person reads of a source that could not be read."""
    return _("{code} · {server}: {words} Nothing is known of what it holds.").format(
        code=one.code, server=one.server, words=one.words
    )


def _parts(one: FormTotals) -> Iterator[str]:
    """Yield what the instances of a form are; together they are all of them."""
    told = (
        (one.versions, _("stored {n}")),
        (one.repeats, _("again {n}")),
        (one.quarantined, _("put aside {n}")),
        (one.waiting, _("sealed and waiting {n}")),
        (one.erased, _("erased here and never taken again {n}")),
        (one.changed, _("with another content than here {n}")),
        (one.short, _("gone past by earlier pulls and not here {n}")),
        (one.unreadable, _("that cannot be read {n}")),
        (one.not_pulled, _("not pulled yet {n}")),
    )
    yield told[0][1].format(n=one.versions)
    yield from (words.format(n=n) for n, words in told[1:] if n)


def _left(found: Verified) -> Iterator[str]:
    """Yield what is to be said of the whole, each where there is any."""
    told = (
        (found.gone_unseen, _("Deleted at a server before they could be pulled: {count}.")),
        (found.elsewhere, _("Stored, and at no source any more: {count}.")),
        (
            found.by_server,
            _("Sealed here, and readable at their server alone, which keeps the key: {count}."),
        ),
        (found.files_waiting, _("Files still awaited: {count}.")),
        (found.owed, _("Shown by a server and not handed over when they were asked for: {count}.")),
        (found.not_pulled, _("Not pulled yet: {count}. Run: dikalo pull.")),
    )
    yield from (words.format(count=count) for count, words in told if count)


def unread_lines(unread_of: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Yield, form by form, the versions that are known to be there and whose exact content is not here yet."""
    by_form: dict[tuple[str, str], list[str]] = {}
    for server, form, mark in unread_of:
        by_form.setdefault((server, form), []).append(mark)
    for (server, form), marks in sorted(by_form.items()):
        yield _(
            "Versions whose exact content is not here yet, of the form {form} of the server {server}: {count} ({marks}). "
            "The next pull asks for them again."
        ).format(form=form, server=server, count=len(marks), marks=first_of(marks, 10))


def hidden_lines(hidden: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the forms of which nothing is known, since the account of their server does not see them any more."""
    for server, form in hidden:
        yield _(
            "Form {form} of the server {server}: not seen any more by the account, so nothing is known of what was sent with "
            "it since. Give the right back, or take the form out of the archive or the trash."
        ).format(form=form, server=server)


def partly_lines(partly: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield the forms of whose other submissions nothing is known, since the account may read only some."""
    for server, form in partly:
        yield _(
            "Form {form} of the server {server}: the account may read only some of its submissions, and the server counts no "
            "others, so nothing is known of those. At the server, in the settings of the form, Sharing, give the account the right to "
            "view all submissions."
        ).format(form=form, server=server)


def trouble_line(one: FormTrouble, ending: str = "") -> str:
    """Return what a person reads of a form that could not be read to its end; ``ending`` is the code said last anyway."""
    if one.code == ending:
        return _(
            "{code} · form {form} of the server {server}: not read to its end. The other forms were read."
        ).format(code=one.code, form=one.form, server=one.server)
    return _("{code} · form {form} of the server {server}: {words} The other forms were read.").format(
        code=one.code, form=one.form, server=one.server, words=one.words
    )
