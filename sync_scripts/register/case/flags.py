"""Flags: what a rule wants a person to look at. A flag holds a code and never an answer above level 2.

The id of a flag follows from what it is about, so that a rebuild gives the same one; its words are in the table of the kinds
(``rules/flags.toml``), and not in the register.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from gettext import gettext
from types import MappingProxyType
from typing import Any, Final, Literal

from sync_scripts.errors import N_
from sync_scripts.register.forms.submissions import Filed
from sync_scripts.register.lifecycle.moves import GONE
from sync_scripts.register.rules import own_deadlines
from sync_scripts.register.rules.clocks import CLOCK_WRONG, skew_h
from sync_scripts.register.rules.kinds import Words, label
from sync_scripts.register.rules.ruleset import RULES, Ruleset, read
from sync_scripts.store.canonical import instant
from sync_scripts.store.events import Event
from sync_scripts.texts import language

PROGRAM_CODE: Final = "dikalo"
_LATE: Final = "clock_skew"
EDITED_AFTER_TRIAGE: Final = "edited_after_triage"
"""An alert has a version that nobody had read who triaged it."""
CUT_SHORT: Final = "cut_short"
"""The questions of an alert that was keyed in did not come to their end."""


def _risk(level: str) -> str:
    """Return a risk in words; nothing said is no risk named."""
    return label("risk_level", level) if level else gettext("not named")


def _level(level: str) -> str:
    return label("urgency", level)


_ANSWERS: Final = {
    "released_on": N_("day of the release"),
    "prosecutor_seen_on": N_("day before the prosecutor"),
    "arrested_at": N_("time of the arrest"),
    "date": N_("day of the facts"),
}


def _answer(name: str) -> str:
    return gettext(_ANSWERS[name]) if name in _ANSWERS else name


class FlagKind(Words, frozen=True):
    """A kind of flag; the head of the file says what each word means."""

    about: str
    ends: Literal["said", "forms", "codes", "server", "files", "consent", "decision"]


FLAGS: Final[Mapping[str, FlagKind]] = MappingProxyType(read(RULES / "flags.toml", dict[str, FlagKind]))
"""The kinds of flags, in the order of the file, by code."""


_IN_WORDS: Final[Mapping[str, Callable[[str], str]]] = {
    "custody_rest_day": own_deadlines.in_words,
    "custody_end_impossible": _answer,
    "date_ahead": _answer,
    "risk_kept": _risk,
    "level_kept": _level,
}
"""Kinds of which what the sentence names is a code -> how that is put in words."""


_ENCRYPTION: Final = {
    "provisional": "encryption_provisional",
    "broken": "encryption_broken",
    "clear": "clear_on_encrypted_form",
    "beside": "plain_beside_encrypted",
}
"""How a submission came, as the raw store says it -> the flag that a person must see; any other way raises none."""


def digest(*parts: str) -> str:
    """Return a short id that follows from its parts and from nothing else."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=10).hexdigest()


def flag(
    filed: Filed, code: str, detail: str = "", *, now: str = "", subject: str = "", at: int = 1
) -> dict[str, Any]:
    """Return the row of a flag that a form raised.

    Args:
        filed: the form.
        code: one of `FLAGS`.
        detail: what the sentence names.
        now: what the forms say by now, where the sentence names that, too.
        subject: ``entity:id`` of what it is about, where that is not the form itself.
        at: 1 = raised when the version that is read arrived, 0 = when the first one did; nothing depends on today.
    """
    about = subject or f"{filed.kind}:{filed.key}"
    return raised(filed.number, instant(filed.received[at]), about, code, detail, now=now)


def raised(
    number: int, at: str, subject: str, code: str, detail: str = "", *, now: str = ""
) -> dict[str, Any]:
    """Return the row of a flag that no form raised; ``number`` is that of a submission beside which it stands."""
    row = {"code": code, "detail": detail or None, "now": now or None, "message": None}
    by = {"raised_by": PROGRAM_CODE, "flag_id": digest(subject, code, detail, now)}
    return _row(number, subject, at, row | by)


def said(number: int, subject: str, event: Event) -> dict[str, Any]:
    """Return the row of a flag that a person raised by an event."""
    row = {"code": None, "detail": None, "now": None, "message": event.payload["message"]}
    by = {"raised_by": event.actor.code, "flag_id": digest(subject, event.workspace, str(event.seq))}
    return _row(number, subject, event.at, row | by)


def _row(number: int, subject: str, at: str, said: Mapping[str, Any]) -> dict[str, Any]:
    settled = dict.fromkeys(("resolved_by", "resolution", "resolved_at"))
    return {"filing_no": number, "subject": subject, "raised_at": at, **settled, **said}


SAID: Final = ("code", "detail", "now", "message")
"""Columns of a flag that say what it is about."""


def in_words(row: Mapping[Any, Any]) -> str:
    """Return the sentence of a flag, from its row or the payload of a decision on it; what a person wrote as it is.

    The code itself where this dikalo does not know it.
    """
    code, detail, now, message = (row.get(name) or "" for name in SAID)
    if code not in FLAGS:
        return str(message or code)
    say = _IN_WORDS.get(code, str)
    return FLAGS[code].said(language()).format(detail=say(detail), now=say(now))


def in_keys_and_words(row: Mapping[Any, Any]) -> dict[str, str | None]:
    """Return what a flag says: by its code and what its sentence names, which no language changes, and in words."""
    return {**{name: row[name] for name in SAID}, "message": in_words(row)}


def unreadable(filed: Filed, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return a flag for each answer of a form that could not be read."""
    return [flag(filed, "value_unreadable", name) for name in dict.fromkeys(names)]


def told_together(flags: Iterable[Mapping[Any, Any]]) -> Iterator[str]:
    """Yield the sentences of several flags; the late arrivals, which many forms share, first and as one sentence."""
    every = list(flags)
    late = [int(one["detail"]) for one in every if one["code"] == _LATE]
    if len(late) > 1:
        yield gettext(
            "{count} submissions arrived {least} to {most} hours after the phone says they were finished: a late network, or a wrong "
            "clock."
        ).format(count=len(late), least=min(late), most=max(late))
    yield from (in_words(one) for one in every if one["code"] != _LATE or len(late) == 1)


def of_submission(filed: Filed, unread: Iterable[str], rules: Ruleset) -> list[dict[str, Any]]:
    """Return the flags that any form can raise: its clock, its roads, its remarks, values that cannot be read."""
    found: list[tuple[str, str]] = [(remark.kind, remark.place) for remark in filed.reading.remarks]
    if filed.maybe_draft:
        found.append(("maybe_draft", ""))
    if filed.encryption in _ENCRYPTION:
        found.append((_ENCRYPTION[filed.encryption], ""))
    if filed.roads > 1:
        found.append(("two_roads", ""))
    if filed.outdated:
        found.append(("approval_outdated", str(filed.versions)))
    found += _about_clock(filed, rules)
    flags = [flag(filed, code, detail) for code, detail in dict.fromkeys(found)] + unreadable(filed, unread)
    if filed.gone is not None:
        flags.append(flag(filed, GONE) | {"raised_at": instant(filed.gone)})
    return flags


def _about_clock(filed: Filed, rules: Ruleset) -> list[tuple[str, str]]:
    """Compare the phone's clock with the server's, for the version that was filled first."""
    received, ended = filed.received[0], filed.ended
    if ended is None or abs(received - ended) <= timedelta(hours=rules.clock.skew_flag_h):
        return []
    if abs(received - ended) > CLOCK_WRONG:
        return [("clock_wrong", "")]
    hours = skew_h(received, ended)
    return [("clock_skew", str(hours)) if hours > 0 else ("clock_ahead", str(-hours))]
