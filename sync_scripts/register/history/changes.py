"""What a decision changed, in words: whose, from what, to what. For the organisation's own log; never for a dossier. Pure.

It says what the payload of an event says and no more: where that was cut for whoever reads, so are the words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from gettext import gettext, ngettext
from typing import Any, Final

import msgspec

from sync_scripts.errors import N_
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.own_deadlines import name_of
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.texts import language

Said = Mapping[str, Any]
Worded = Callable[[Any], str]


def changed(op: str, said: Said) -> Iterator[str]:
    """Yield what an event changed; nothing for an op whose sentence says it all."""
    if op in _OWN:
        yield from _OWN[op](said)
    elif op in _BEFORE:
        name, worded = _BEFORE[op]
        old = said.get(name)
        if old is None and op in _BY_RULE:
            old = said.get("rule")
        if old is not None and old != "":
            yield _before(worded(old))


def _before(value: str) -> str:
    return gettext("before: {value}").format(value=value)


def _step(what: str, old: str, new: str) -> str:
    return gettext("{what}: {old} -> {new}").format(what=what, old=old or "-", new=new or "-")


# --- values in words ----------------------------------------------------------------------------------------------


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    return "" if value is None else " / ".join(str(value).splitlines())


def _of(name: str) -> Worded:
    return lambda value: labels(name, str(value)) if value else ""


def _time(value: Any) -> str:
    """Return an instant as the clocks of the country show it; a day as it is."""
    return local(str(value)) if "T" in str(value) else str(value or "")


def _class(value: Any) -> str:
    return f"{value} ({label('confidentiality', str(value))})"


_BEFORE: Final[dict[str, tuple[str, Worded]]] = {
    "alert.assign": ("was", _plain),
    "alert.move": ("was", _plain),
    "case.assign": ("was", _plain),
    "case.due": ("was", _plain),
    "case.urgency": ("was", _of("urgency")),
    "case.confidentiality": ("was", _class),
    "case.retention": ("was", _of("retention_class")),
    "case.hold": ("was", _plain),
    "incident.verify": ("was", _of("verification")),
    "evidence.move": ("was", _of("evidence_state")),
    "intervention.move": ("was", _of("intervention_status")),
    "link.decide": ("was", _of("link_decision")),
    "task.assign": ("was", _plain),
    "provider.verify": ("was", _plain),
}
"""Op whose sentence names the new value -> where its payload has the old one, and how that is said."""
_BY_RULE: Final = frozenset({"case.urgency", "case.confidentiality"})
"""Where nobody had decided before, the rules said what stood."""


# --- of one decision each -----------------------------------------------------------------------------------------


def _triaged(said: Said) -> Iterator[str]:
    if said.get("was") in {"dismissed", "duplicate", "info_requested"}:
        yield _before(label("alert_state", said["was"]))
    if said.get("urgency") and not said.get("carried"):
        yield gettext("level set to {level}").format(level=label("urgency", said["urgency"]))
        before = said.get("level_was") or said.get("rule")
        if before and before != said["urgency"]:
            yield _before(label("urgency", before))
    if said.get("assigned_to"):
        yield gettext("given to {code}").format(code=said["assigned_to"])


def _reached(said: Said) -> Iterator[str]:
    if said.get("at"):
        yield _time(said["at"])
    if said.get("was"):
        yield _before(_time(said["was"]))


def _recorded(said: Said) -> Iterator[str]:
    if said.get("person"):
        yield str(said["person"])
    was = said.get("was") or {}
    for one in said.get("consents", ()):
        more = (
            [label("consent_scope", one["scope"])] if one.get("scope") in {"anonymous", "identified"} else []
        )
        more += _detail(one.get("detail"))
        new = label("consent_state", one["state"])
        step = _step(
            label("consent_purpose", one["purpose"]),
            label("consent_state", was.get(one["purpose"])),
            f"{new} ({'; '.join(more)})" if more else new,
        )
        day = one.get("given_at")
        yield gettext("{step} (talk of {day})").format(step=step, day=day) if day else step


def _detail(text: Any) -> list[str]:
    """Return the services of a referral with her identity, or by what she is called again."""
    if not text:
        return []
    said = msgspec.json.decode(str(text))
    values = [said] if isinstance(said, str) else [one for part in said.values() for one in _listed(part)]
    return [labels("service", " ".join(values))] if values else []


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def _withdrawn(said: Said) -> Iterator[str]:
    if said.get("person"):
        yield str(said["person"])
    was, gone = said.get("was") or {}, label("consent_state", "withdrawn")
    for purpose in said.get("purposes", ()):
        yield _step(label("consent_purpose", purpose), label("consent_state", was.get(purpose)), gone)


def _overridden(said: Said) -> Iterator[str]:
    if said.get("person"):
        yield str(said["person"])
    if said.get("purposes"):
        yield labels("consent_purpose", " ".join(said["purposes"]))
    if said.get("until"):
        yield gettext("until {when}").format(when=_time(said["until"]))
    elif said.get("hours"):
        hours = int(said["hours"])
        yield ngettext(
            "for {n} hour from the signature on", "for {n} hours from the signature on", hours
        ).format(n=hours)


def _moved(said: Said) -> Iterator[str]:
    if said.get("risk"):
        yield gettext("risk: {level}").format(level=label("risk_level", said["risk"]))
    if said.get("review_on"):
        yield gettext("looked at again on {day}").format(day=said["review_on"])
    if said.get("accepted_on"):
        yield gettext("taken over on {day}").format(day=said["accepted_on"])


def _referred(said: Said) -> Iterator[str]:
    if said.get("vital"):
        yield gettext("without consent, for a vital interest")


def _planned(said: Said) -> Iterator[str]:
    yield from (str(said[name]) for name in ("person", "provider_code", "owner_code") if said.get(name))
    if said.get("timeframe"):
        yield label("timeframe", said["timeframe"])


_OF_SERVICE: Final[dict[str, tuple[str, Worded]]] = {
    "provider_code": (N_("provider"), _plain),
    "timeframe": (N_("time allowed"), _of("timeframe")),
    "requested_on": (N_("asked for on"), _time),
    "appointment_at": (N_("appointment"), _time),
    "due_at": (N_("due"), _time),
    "done_at": (N_("done on"), _time),
    "person_uid": (N_("person"), _plain),
    "owner_code": (N_("who does it"), _plain),
}
"""What may be said of an intervention beside its state and its note."""


def _serviced(said: Said) -> Iterator[str]:
    was, people = said.get("was") or {}, said.get("people") or {}
    for name, given in said.get("fields", {}).items():
        if name not in _OF_SERVICE:
            continue
        words, worded = _OF_SERVICE[name]
        both = [was.get(name), given]
        if name == "person_uid":  # before pseudonyms were kept, an id that says nothing
            both = [people.get(one, "…") if one else "" for one in both]
        yield _step(gettext(words), *map(worded, both))


_OF_PROVIDER: Final[dict[str, tuple[str, Worded]]] = {
    "name": (N_("name"), _plain),
    "services": (N_("services"), _of("service")),
    "department": (N_("department"), _plain),
    "opening": (N_("opening hours"), _plain),
    "contact": (N_("contact"), _plain),
    "verified_on": (N_("checked on"), _plain),
    "on_phones": (N_("on phones"), _plain),
}
"""What the directory says of a provider."""


def _provided(said: Said) -> Iterator[str]:
    was = said.get("was")
    for name, (words, worded) in _OF_PROVIDER.items():
        if was is None and name != "name" and said.get(name) not in {None, ""}:
            yield gettext("{what}: {value}").format(what=gettext(words), value=worded(said[name]))
        elif was is not None and name in was:
            yield _step(gettext(words), worded(was[name]), worded(said.get(name)))


def _worked(said: Said) -> Iterator[str]:
    was = said.get("was") or {}
    if was.get("roles"):
        yield _before(labels("worker_role", was["roles"]))
    if was and was.get("active") is False and said.get("active") is not False:
        yield gettext("had left, works here again")


_TIMES: Final = {
    "first_contact_h": (N_("first contact"), N_("{n} h")),
    "first_action_h": (N_("first action"), N_("{n} h")),
    "supervision_h": (N_("supervision"), N_("{n} h")),
    "assessment_h": (N_("assessment"), N_("{n} h")),
    "followup_d": (N_("follow-up"), N_("{n} d")),
}
"""Due time -> its name, and its unit."""


def _shortened(said: Said) -> Iterator[str]:
    own, was = said.get("own") or {}, said.get("was") or {}
    for level, times in load().deadlines.items():
        for name, (words, unit) in _TIMES.items():
            old, new = (one.get(level, {}).get(name, getattr(times, name)) for one in (was, own))
            if old != new:
                what = f"{label('urgency', level)}, {gettext(words)}"
                yield _step(what, gettext(unit).format(n=old), gettext(unit).format(n=new))


def _rested(said: Said) -> Iterator[str]:
    own, was = said.get("own") or {}, said.get("was") or {}
    for day in sorted({*own, *was}):
        if own.get(day) != was.get(day):
            old, new = (name_of(one[day], language()) if day in one else "" for one in (was, own))
            yield _step(day, old, new)


_OWN: Final[dict[str, Callable[[Said], Iterator[str]]]] = {
    "alert.triage": _triaged,
    "alert.contacted": _reached,
    "alert.refer": _referred,
    "case.contact": _reached,
    "case.move": _moved,
    "consent.record": _recorded,
    "consent.withdraw": _withdrawn,
    "consent.override": _overridden,
    "intervention.add": _planned,
    "intervention.set": _serviced,
    "provider.set": _provided,
    "worker.add": _worked,
    "rules.deadlines": _shortened,
    "rules.holidays": _rested,
}
"""Op whose sentence leaves out what it changed -> who says it."""
