"""The words of a dossier: headings and reasons; days, instants and codes as people write them. Holds no answer."""

from __future__ import annotations

import re
from datetime import date, datetime
from gettext import gettext
from gettext import gettext as _
from typing import Any, Final
from zoneinfo import ZoneInfo

from msgspec import to_builtins

from sync_scripts.errors import N_
from sync_scripts.register.handover.choosing import Left

ENTITIES: Final[dict[str, str]] = {
    "person": N_("Person"),
    "interview": N_("Interview"),
    "incident": N_("Facts"),
    "act": N_("Act"),
    "detention": N_("Detention"),
    "torture": N_("Torture, ill-treatment"),
    "death": N_("Death"),
    "loss": N_("Losses"),
    "facility": N_("Facility attacked"),
    "perpetrator": N_("Alleged perpetrator"),
    "involvement": N_("Part in the act"),
    "source": N_("Source"),
    "information": N_("What the source knows"),
    "evidence": N_("Evidence"),
    "legal_event": N_("Legal step"),
    "need": N_("Need"),
    "intervention": N_("Service"),
    "alert": N_("Alert"),
    "assessment": N_("Assessment"),
    "followup": N_("Follow-up"),
    "closure": N_("Request to close"),
    "support": N_("Support given"),
    "shelter": N_("Stay in a shelter"),
    "extra": N_("Answers without a field"),
    "file": N_("File"),
    "protected": N_("Other records"),
}

_WHY: Final[dict[str, str]] = {
    "missing": N_("nobody recorded that the person agrees to this purpose"),
    "not_asked": N_("the person was not asked yet"),
    "refused": N_("the person refused"),
    "unable": N_("the person could not be asked"),
    "withdrawn": N_("the person withdrew what she had agreed to"),
    "expired": N_("what the person agreed to has run out"),
    "withheld": N_("the person wants it kept from this kind of receiver"),
    "service_not_ticked": N_("the person did not choose this service"),
    "scope": N_("the person agreed without her identity only"),
    "child": N_("what was recorded for a child does not cover it"),
    "purpose": N_("nobody can agree to this purpose"),
    "unread": N_(
        "a form of the case came that could not be read, and the person was not asked again on a later day"
    ),
    "others_in_it": N_("it tells also of people who did not agree"),
    "not_needed": N_("this purpose does not need it"),
    "internal": N_("work of the organisation, which this purpose does not need"),
    "reporter": N_("it belongs to whoever raised the alert, who was not asked"),
    "source_unwilling": N_("the source does not agree to be named"),
    "source_in_danger": N_("the source is in danger"),
    "unproved": N_("nothing proves yet that it is as it was sent"),
    "unmapped": N_("nobody has said yet what these answers are"),
    "damaged": N_("it could not be opened"),
    "no_agreement": N_("no agreement covers it"),
    "protected": N_("so that nobody is put in danger"),
}

_PARTS: Final[dict[str, str]] = {
    "all": N_("the whole"),
    "sealed": N_("name, contact and other sealed answers"),
    "fields": N_("some answers"),
    "others": N_("the other people"),
}

_KINDS: Final[dict[str, str]] = {
    "court": N_("court"),
    "authority": N_("authority"),
    "un": N_("United Nations"),
    "other_ngo": N_("other organisation"),
}


def entity_words(entity: str) -> str:
    """Return the heading of a kind of record."""
    return gettext(ENTITIES[entity]) if entity in ENTITIES else entity


def why_words(why: str) -> str:
    """Return why something stays."""
    return gettext(_WHY[why]) if why in _WHY else why


def part_words(part: str) -> str:
    """Return which part of a record stays."""
    return gettext(_PARTS[part]) if part in _PARTS else part


def kind_words(kind: str) -> str:
    """Return what a receiver is."""
    return gettext(_KINDS[kind]) if kind in _KINDS else kind


def named(entity: str, name: str) -> str:
    """Return a record by its name inside the case, where it has one."""
    return f"{entity_words(entity)} {name}".rstrip()


def left_out(one: Left) -> dict[str, Any]:
    """Return what stays, as codes and in words."""
    said: dict[str, Any] = to_builtins(one)
    words = {"what": named(one.entity, one.name), "part_words": part_words(one.part)}
    return said | words | {"words": why_words(one.why)}


_DOUALA: Final = ZoneInfo("Africa/Douala")
_BEFORE_SIGN: Final = re.compile("(?<=\\S) (?=[;:!?»])|(?<=«) ")


def unbroken(words: str) -> str:
    """Return a question of a form with its French signs kept to their words: forms travel through Excel with plain blanks.

    Never for what somebody said: that stands as it was written.
    """
    return _BEFORE_SIGN.sub("\u00a0", words)


def who(code: str, proof: str) -> str:
    """Return who did something, and whether nothing proves it."""
    return _("{code} (not proved)").format(code=code) if proof == "claimed" else code


def moment(text: str | None) -> str:
    """Return a stored instant as people in Cameroon write it; nothing for none."""
    if not text:
        return ""
    at = datetime.fromisoformat(text).astimezone(_DOUALA)
    return f"{day(at.date().isoformat())}, {at:%H:%M}"


def day(text: str | None) -> str:
    """Return a day as people write it: 25 November 2026."""
    if not text:
        return ""
    on = datetime.fromisoformat(text).astimezone(_DOUALA).date() if "T" in text else date.fromisoformat(text)
    names = (
        _("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July"), _("August"),
        _("September"), _("October"), _("November"), _("December"),
    )  # fmt: skip
    return _("{day} {month} {year}").format(day=_first(on.day), month=names[on.month - 1], year=on.year)


def _first(day: int) -> str:
    """Return a day of the month; the first is written in words of its own in French."""
    return _("1st") if day == 1 else str(day)


def spoken(words: str) -> str:
    """Return a value, a date or instant as people write it."""
    try:
        if len(words) == len("2026-11-25"):
            return day(date.fromisoformat(words).isoformat())
        if words.endswith("Z") and len(words) == len("2026-11-25T08:00:00.000000Z"):
            return moment(words)
    except ValueError:
        pass
    return words
