"""What is said of both kinds of server in the same words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Final

from sync_scripts.errors import DikaloError
from sync_scripts.store.local.health import Finding
from sync_scripts.store.local.logins import Role

DAYS: Final = 30
"""After so many days, what is stored here should no longer lie at the server."""
_CLOCK_S: Final = 120


def cutoff(now: datetime) -> datetime:
    """Return the instant before which a submission is old."""
    return (now - timedelta(days=DAYS)).replace(minute=0, second=0, microsecond=0)


def account(name: str, role: Role, whose: str) -> Finding:
    """Say whose login it is."""
    words = _("{server}: reachable; the login for {role} is that of {account}.")
    return Finding("server-account", "ok", words.format(server=name, role=role, account=whose), name)


def clock(name: str, theirs: datetime | None, now: datetime) -> Finding:
    """Say how far the two clocks are apart."""
    if theirs is None:
        return Finding(
            "server-clock", "note", _("{server}: says nothing of its clock.").format(server=name), name
        )
    apart = round(abs((theirs - now).total_seconds()))
    if apart <= _CLOCK_S:
        return Finding("server-clock", "ok", _("{server}: the clocks agree.").format(server=name), name)
    words = _(
        "{server}: its clock and this computer's are {minutes} min apart, so deadlines and times shown are wrong. Set this "
        "computer's date and time; if they are right, tell the administrator of the server."
    )
    return Finding("server-clock", "warn", words.format(server=name, minutes=max(1, apart // 60)), name)


def too_wide(name: str, role: Role, rights: Iterable[str], remedy: str) -> Finding | None:
    """Say which rights a login has that its role does not need; nothing when there are none."""
    found = sorted(set(rights))
    if not found:
        return None
    words = _(
        "{server}: the login for {role} may do more than it needs ({rights}); whoever takes this computer could do it too. "
        "{remedy}"
    )
    said = words.format(server=name, role=role, rights=" ".join(found), remedy=remedy)
    return Finding("server-rights", "warn", said, name)


def form(name: str, role: Role, form: str, why: DikaloError) -> Finding:
    """Say that a form could not be looked at, so that nothing is known of its doors."""
    words = _(
        "{server}: the form {form} could not be looked at with the login for {role}, so nothing is known of its doors. {why}"
    )
    said = words.format(server=name, role=role, form=form, why=f"{why.code}: {why.words()}")
    return Finding("server-form", "bad", said, name)


def in_part(name: str, role: Role, form: str, why: DikaloError) -> Finding:
    """Say that something of a form could not be seen: no word of an open door does not mean here that there is none."""
    words = _(
        "{server}: of the form {form} not everything could be looked at with the login for {role}: an open door of it may be missing "
        "here. {why}"
    )
    said = words.format(server=name, role=role, form=form, why=f"{why.code}: {why.words()}")
    return Finding("server-form", "bad", said, name)


def uncounted(name: str, form: str, why: DikaloError) -> Finding:
    """Say that it could not be seen how much of a form lies there."""
    words = _(
        "{server}: how many submissions of the form {form} lie there, and for how long, could not be seen. {why}"
    )
    said = words.format(server=name, form=form, why=f"{why.code}: {why.words()}")
    return Finding("server-form", "bad", said, name)


def in_clear(name: str, forms: list[str]) -> Finding:
    """Say which forms are collected without encryption."""
    if not forms:
        return Finding(
            "server-encryption",
            "ok",
            _(
                "{server}: every form is encrypted on the phone. What phones sent before they had these versions, if anything, "
                "still lies there in the clear."
            ).format(server=name),
            name,
        )
    words = ngettext(
        "{server}: the answers of {n} form lie there unencrypted ({forms}); its administrators, and whoever takes the server, "
        "can read them.",
        "{server}: the answers of {n} forms lie there unencrypted ({forms}); its administrators, and whoever takes the "
        "server, can read them.",
        len(forms),
    )
    said = words.format(server=name, n=len(forms), forms=", ".join(forms))
    return Finding("server-encryption", "warn", said, name)


def lying(name: str, *, clear: int, encrypted: int, files: int, remedy: str) -> Finding:
    """Say how much still lies at a server that is older than a month, and how a person removes it.

    Not while ``files`` were not taken from it: they would be gone with their submissions.
    """
    if not clear + encrypted:
        words = _("{server}: nothing older than {days} days lies there.").format(server=name, days=DAYS)
        return Finding("server-old", "ok", words, name)
    if files:
        words = _(
            "{server}: submissions older than {days} days that still lie there: {clear} in the clear, {encrypted} encrypted. "
            "Delete none of them yet: files that lie there alone, because they were not taken: {files}. Take them first "
            "(dikalo pull --largest-file MB)."
        )
        said = words.format(server=name, days=DAYS, clear=clear, encrypted=encrypted, files=files)
        return Finding("server-old", "warn", said, name)
    words = _(
        "{server}: submissions older than {days} days that still lie there: {clear} in the clear, {encrypted} encrypted. dikalo "
        "never deletes at a server. When dikalo verify and a backup are in order, a person can: {remedy} Then run dikalo pull and dikalo "
        "retention purged {server}: it says that you deleted them, or each of them stands as an alarm."
    )
    said = words.format(server=name, days=DAYS, clear=clear, encrypted=encrypted, remedy=remedy)
    return Finding("server-old", "warn" if clear else "note", said, name)
