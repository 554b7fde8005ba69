"""What is found at a server and said in the same words for both kinds; what is known here of what lies there. Changes nothing.

A server says of a form whether phones encrypt it now, not how what lies there came. What was pulled is known one by one;
of the rest it is said what the form says now. A form at which the server fails hides nothing of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Table, func, select

from sync_scripts.errors import DikaloError, NotAllowed, Unreachable
from sync_scripts.intake.encryption.ciphertext import CLEAR, PROVISIONAL
from sync_scripts.intake.places import in_waiting, skipped_files
from sync_scripts.intake.places.skipped_files import left
from sync_scripts.register.model.build_backlog import FILES_AFTER
from sync_scripts.register.queries.submissions import at_servers, unanswered
from sync_scripts.servers.inquiry import Addresses
from sync_scripts.store.canonical import instant, moment
from sync_scripts.store.database import Register, Rows
from sync_scripts.store.health import Finding
from sync_scripts.store.logins import Role
from sync_scripts.store.schema.raw import place, submission
from sync_scripts.store.seal import form_keys
from sync_scripts.store.seal.form_keys import FormKey
from sync_scripts.store.statements import LOCKED

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


_T = TypeVar("_T")
_Other = TypeVar("_Other")


@dataclass(slots=True)
class EachForm:
    """One kind of question, asked of each form.

    Attributes:
        alive: asks the server for something else, and raises when it does not answer that either.
        unanswered: by form, why it gave no answer; the first reason stays.
    """

    alive: Callable[[], object]
    unanswered: dict[str, DikaloError]
    _addresses: Addresses = field(init=False)

    def __post_init__(self) -> None:
        """Begin without a failure."""
        self._addresses = Addresses(self.alive)

    def ask(self, form: str, asking: Callable[[], _T], otherwise: _Other) -> _T | _Other:
        """Return what is asked of a form; ``otherwise`` where the server fails at this form alone.

        Raises:
            NotAllowed, Unreachable: the server as a whole does not answer.
        """
        try:
            with self._addresses.asking():
                found = asking()
        except (NotAllowed, Unreachable) as failure:
            self._addresses.aside(failure)
            self.unanswered.setdefault(form, failure)
            return otherwise
        self._addresses.answered()
        return found


@dataclass(frozen=True, slots=True)
class Known:
    """Old submissions of one server that are here and that it was not seen to delete, by what it calls the form.

    ``files`` = files that were not taken, of whatever age: the server has the only copy.
    """

    clear: Mapping[str, int] = field(default_factory=dict)
    encrypted: Mapping[str, int] = field(default_factory=dict)
    files: int = 0

    def share(self, form: str, there: int, *, encrypted: bool) -> tuple[int, int]:
        """Return how many of those that lie there are clear, and how many encrypted.

        Args:
            form: what the server calls the form.
            there: how many old ones lie there.
            encrypted: phones encrypt the form now.
        """
        if encrypted:
            clear = min(there, self.clear.get(form, 0))
            return clear, there - clear
        sealed = min(there, self.encrypted.get(form, 0))
        return there - sealed, sealed


def known(register: Register, server: str, before: datetime) -> Known:
    """Return what is known of a server's submissions that arrived before an instant."""
    kept = submission.c
    here = (
        kept.server == server,
        kept.current,
        kept.status.in_(("ok", "restored")),
        kept.received_at < instant(before),
    )
    wrapped = kept.encryption.is_not(None) & (kept.encryption != CLEAR)
    parked = (LOCKED, place.c.server == server, place.c.received_at < instant(before))
    with register.reading() as rows:
        clear = _counts(rows, submission, *here, ~wrapped | kept.encryption.is_(None))
        sealed = _counts(rows, submission, *here, wrapped)
        for form, number in _counts(rows, place, *parked).items():
            sealed[form] = sealed.get(form, 0) + number
        files = sum(one.count for one in left(rows) if one.server == server)
    return Known(clear, sealed, files)


def _counts(rows: Rows, table: Table, *rules: ColumnElement[bool]) -> dict[str, int]:
    asked = select(table.c.form, func.count().label("n")).where(*rules).group_by(table.c.form)
    return {row.form: int(row.n) for row in rows.execute(asked)}


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
    yield from _at_servers(register)
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


def _at_servers(register: Register) -> Iterator[Finding]:
    """Say that something is not here which a server showed, and that nobody knows why."""
    with register.reading() as rows:
        asked = unanswered(rows, register.sources)
        count = at_servers(rows) - asked.total()
    for (server, state), n in sorted(asked.items()):
        yield Finding("unanswered", "warn", _unanswered(server, state, n), server)
    if count > 0:
        words = ngettext(
            "{n} submission was shown by a server and is not handed over, or is shown no more: dikalo pull says which. Ask the "
            "administrator of the server, and delete nothing on the phones.",
            "{n} submissions were shown by a server and are not handed over, or are shown no more: dikalo pull says which. Ask "
            "the administrator of the server, and delete nothing on the phones.",
            count,
        )
        yield Finding("left-at-servers", "warn", words.format(n=count))


def _unanswered(server: str, state: str, n: int) -> str:
    if state == "owed":
        words = _(
            "{server} is no longer in dikalo.toml, and submissions that it showed did not come: {n}. Put it back and pull, or ask the "
            "enumerators for the phones and say that they are gone: dikalo retention purged {server}"
        )
    elif state == "erased":
        words = _(
            "{server}: new versions of submissions that were erased here: {n}. None of it was taken. Read them where they lie, type in "
            "what is urgent (dikalo alerts new), let them be deleted there, then say so: dikalo retention purged {server}"
        )
    else:
        words = _(
            "{server}: submissions, or edits of them, deleted there before they could be pulled: {n}. Ask who deleted them, and the "
            "enumerators for the phones, then say what became of them: dikalo retention purged {server}"
        )
    return words.format(server=server, n=n)


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
