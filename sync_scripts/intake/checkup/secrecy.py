"""The keys of encrypted forms, and what waits for one: what a person should know or do. Reads the register only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Final

from sqlalchemy import func, select

from sync_scripts.errors import DikaloError
from sync_scripts.intake.encryption.wrapping import PROVISIONAL
from sync_scripts.intake.places import in_waiting, skipped_files
from sync_scripts.register.queries.sealed_backlog import FILES_AFTER
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register
from sync_scripts.store.local.health import Finding
from sync_scripts.store.schema.raw import submission
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKey

__all__ = ["KEY_AGE", "of_forms"]

KEY_AGE: Final = timedelta(days=365)
"""After so long a form gets another key: whoever takes one opens all that was encrypted with it."""
MISSING_AFTER: Final = timedelta(days=14)
"""After so long without its files a submission needs a person: a phone does not keep them for ever."""


def of_forms(register: Register, now: datetime) -> Iterator[Finding]:
    """Yield what is found of the keys in use, and of the submissions that wait."""
    with register.reading() as rows:
        known = form_keys.keys(rows)
        waits = in_waiting.count(rows)
    yield from _keys(register, known, now)
    yield from _unproved(register, now)
    yield from _for_files(register, now)
    yield from _left(register)
    if by_vault := waits.get("vault", 0):
        words = ngettext(
            "{n} encrypted submission waits sealed; a person with the vault opens it: dikalo vault intake --reason TEXT.",
            "{n} encrypted submissions wait sealed; a person with the vault opens them: dikalo vault intake --reason TEXT.",
            by_vault,
        )
        yield Finding("waiting-vault", "note", words.format(n=by_vault))
    if by_server := waits.get("server", 0):
        words = ngettext(
            "{n} encrypted submission is kept sealed that only its server can open (managed encryption): it stands in no list here. "
            "Read it at the server with the passphrase, and deploy the form with a key of your own.",
            "{n} encrypted submissions are kept sealed that only their server can open (managed encryption): they stand in no list "
            "here. Read them at the server with the passphrase, and deploy the form with a key of your own.",
            by_server,
        )
        yield Finding("waiting-server", "warn", words.format(n=by_server))
    if by_key := waits.get("key", 0):
        words = ngettext(
            "{n} encrypted submission waits for a key that is not in this register. Find the laptop that made it.",
            "{n} encrypted submissions wait for a key that is not in this register. Find the laptop that made it.",
            by_key,
        )
        yield Finding("waiting-key", "warn", words.format(n=by_key))


def _left(register: Register) -> Iterator[Finding]:
    """Say which files no pull has taken: whoever deletes at the server deletes the only copy."""
    with register.reading() as rows:
        found = skipped_files.left(rows)
    for one in found:
        yield Finding("files-left", "warn", skipped_files.words(one), one.server)


def _for_files(register: Register, now: datetime) -> Iterator[Finding]:
    """Say what has waited for its files longer than phones take to send them: no pull may be able to open it any more."""
    with register.reading() as rows:
        count, since = in_waiting.overdue(rows, now, FILES_AFTER)
    if count:
        words = ngettext(
            "{n} encrypted submission has been waiting for its files since {time} (UTC). If it was deleted at its server, a person "
            "with the vault opens what came (dikalo vault intake --reason TEXT); else let the phone send again while it has it.",
            "{n} encrypted submissions have been waiting for their files, the first since {time} (UTC). What was deleted at its "
            "server, a person with the vault opens as it came (dikalo vault intake --reason TEXT); for the others let the phones "
            "send again while they have them.",
            count,
        )
        yield Finding("waiting-files", "warn", words.format(n=count, time=since[:16].replace("T", " ")))


def _unproved(register: Register, now: datetime) -> Iterator[Finding]:
    """Say which were opened before their files came and still lack them: the phones may be about to delete them."""
    before = instant(now - MISSING_AFTER)
    lacking = (submission.c.encryption == PROVISIONAL) & (submission.c.received_at < before)
    with register.reading() as rows:
        count = int(rows.execute(select(func.count()).select_from(submission).where(lacking)).scalar_one())
    if count:
        words = ngettext(
            "{n} encrypted submission has lacked files for more than {days} days, so nothing proves that it is whole. Ask for the "
            "phone today: it may already have deleted them.",
            "{n} encrypted submissions have lacked files for more than {days} days, so nothing proves that they are whole. Ask "
            "for the phones today: they may already have deleted them.",
            count,
        )
        yield Finding("encryption-unproved", "warn", words.format(n=count, days=MISSING_AFTER.days))


def _keys(register: Register, known: list[FormKey], now: datetime) -> Iterator[Finding]:
    try:
        halves = form_keys.private(register, known)
    except DikaloError as wrong:
        yield Finding("form-key", "bad", f"{wrong.code}: {wrong.words()}")
        return
    in_use = {one.form: one for one in reversed(known)}
    for one in known:
        if one.use == "day" and one.fingerprint not in halves:
            words = _(
                "{form}: the private half of a key ({fingerprint}) is not on this computer, so what phones encrypted with it waits. "
                "dikalo vault intake --reason TEXT opens it."
            )
            yield Finding("form-key", "warn", words.format(form=one.form, fingerprint=one.fingerprint[:8]))
    for form, one in sorted(in_use.items()):
        made = moment(one.made_at)
        if now - made > KEY_AGE:
            words = _(
                "{form}: its key is from {day}. Make another one (dikalo keys form {form} --replace) and send the form again: "
                "whoever takes a key opens everything that was encrypted with it."
            )
            yield Finding("form-key", "warn", words.format(form=form, day=made.date().isoformat()))
        else:
            words = _("{form}: has a key for encrypting on the phone, of the use {use}, from {day}.")
            yield Finding("form-key", "ok", words.format(form=form, use=one.use, day=made.date().isoformat()))
