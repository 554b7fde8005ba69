"""The directory of services: who helps with what, where, and since when nobody checked. Decided by people; no address.

Each entry is what its events say. An address has no place here: it would be sealed, and that of a shelter is never asked.
Before providers are sent to a list, whatever was chosen from it earlier is given their codes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import gettext
from typing import Any, Final

from sqlalchemy import func, select

from sync_scripts.errors import N_, UsageProblem, When, in_words
from sync_scripts.register.building import build
from sync_scripts.register.decisions.base import By
from sync_scripts.register.disclosure.recipients import is_office
from sync_scripts.register.forms.answers import FIELD, PUBLISHED, SUBJECT, row_uuid
from sync_scripts.register.model.codes import CASE, DrawCode, draw, nearest
from sync_scripts.register.model.listings import DEPARTMENT, Column, Listing, some_of, yes_no
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.kinds import labels_of
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store import events
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.events import Event, NewEvent
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.register import intervention, provider
from sync_scripts.texts import language

SET: Final = "provider.set"
VERIFY: Final = "provider.verify"
SHELTER: Final = "safehouse"
"""The service whose place nobody may learn from a list."""
FIELDS: Final = ("name", "services", "department", "opening", "contact", "verified_on", "on_phones")
"""What an entry says beside its code."""
_CODE: Final = re.compile(r"[A-Z0-9][A-Z0-9_-]{1,19}")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LONGEST: Final = 200


_CALLED: Final[Mapping[str, str]] = {
    "provider_code": N_("code"),
    "name": N_("name"),
    "services": N_("services"),
    "department": N_("department"),
    "opening": N_("opening hours"),
    "contact": N_("contact"),
    "on_phones": N_("choice on phones"),
    "verified_on": N_("day of the last check"),
}
"""How people call what an entry says."""
_TEXT: Final = N_("a text of {possible} characters at most that does not begin with = + - or @")
_CAN: Final[Mapping[str, str]] = {
    "provider_code": N_("2 to 20 letters without accents, digits, - or _, the first one a letter or a digit"),
    "name": _TEXT,
    "services": N_("one or more of these words, with blanks between them: {possible}"),
    "department": N_("the code of a department, such as {possible}"),
    "opening": _TEXT,
    "contact": _TEXT,
    "on_phones": N_("yes or no"),
}
"""What can be kept, in words."""
# ``none``: the directory is empty.
NoSuchProvider: Final = UsageProblem.declare(
    "DK-B01",
    "There is no provider {provider} in the directory. Nothing was changed. dikalo providers list shows the codes; the "
    "nearest is: {nearest}.",
    instead=(
        When(
            "none",
            True,
            "There is no provider {provider}: the directory is empty. Nothing was changed. Fill it one by one (dikalo providers add "
            'CODE --name "…" --services "…") or from a file (dikalo providers import FILE.csv).',
        ),
        When(
            "nearest",
            "",
            "There is no provider {provider} in the directory, nor one with a code like it. Nothing was changed. dikalo providers list "
            "shows the codes.",
        ),
    ),
    nearest="",
    none=False,
)
ProviderField: Final = UsageProblem.declare(
    "DK-B02",
    "What was given as {field} of a provider cannot be kept. Nothing was changed. It can be: {possible}.",
    instead=(
        When(
            "possible",
            "",
            "A provider that is written down for the first time needs a name and what it gives. Nothing was changed. Give both: "
            '--name "…" --services "…"; in a file the columns name and services.',
        ),
        When(
            "field",
            "verified_on",
            "A provider cannot have been checked on that day. Nothing was changed. Give the day of the last check, such as "
            "2026-11-25: {possible} at the latest.",
        ),
    ),
    shown={"field": in_words(_CALLED)},
    made={"possible": lambda error: possible_words(error.field, error.possible)},
    possible="",
)


def possible_words(field: str, possible: str) -> str:
    """Return what can be kept of a field, in words, from how `ProviderField` has it."""
    if field == "services":
        spoken = labels_of("service", language())
        possible = ", ".join(f"{one} ({spoken[one]})" for one in possible.split())
    said = gettext(_CAN[field]) if field in _CAN else "{possible}"
    return said.format(possible=possible.removeprefix("… ").removesuffix(" …"))


# --- from events to rows ------------------------------------------------------------------------------------------


def provider_rows(events: Iterable[Event]) -> list[dict[str, Any]]:
    """Return the entries that events make; of each code the last one counts, and the last check of it."""
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        code = event.subject.removeprefix("provider:")
        if event.op == SET:
            found[code] = {"provider_code": code, **{name: event.payload.get(name) for name in FIELDS}}
            found[code]["on_phones"] = bool(event.payload.get("on_phones"))
        elif code in found:
            found[code]["verified_on"] = event.payload["verified_on"]
    return list(found.values())


def write_providers(rows: Rows) -> bool:
    """Put the entries of all events in the place of the table's rows; tell whether any was another one."""
    made = provider_rows(store_events.read(rows, ops=[SET, VERIFY]))
    return bool(rows.replace(provider, rows.tuples(select(provider)), made))


def listed(rows: Rows) -> list[dict[str, Any]]:
    """Return the whole directory by code."""
    return [dict(row) for row in rows.execute(select(provider).order_by(provider.c.provider_code)).mappings()]


@dataclass(frozen=True, slots=True)
class ProviderLine:
    """An entry of the directory as a list has it; ``stale``: it was not checked for too long."""

    provider_code: str
    name: str
    services: str | None
    department: str | None
    opening: str | None
    contact: str | None
    verified_on: str | None
    on_phones: bool
    stale: bool


def _checked(one: ProviderLine) -> str:
    day = one.verified_on or gettext("never")
    return gettext("{day}: check again").format(day=day) if one.stale else day


PROVIDERS: Final = Listing(
    "dikalo.providers/1",
    "providers",
    (
        Column("provider_code", N_("code")),
        Column("name", N_("name")),
        Column("services", N_("services"), some_of("service")),
        DEPARTMENT,
        Column("opening", N_("opening")),
        Column("verified_on", N_("checked"), _checked, whole=True),
        Column("on_phones", N_("phones"), yes_no),
    ),
    N_("No provider."),
    narrow="opening name:20 services:20 on_phones department",
)


def lines(rows: Rows, today: date) -> list[ProviderLine]:
    """Return the whole directory by code, as a list has it on a day."""
    return [ProviderLine(**one, stale=stale(one["verified_on"], today)) for one in listed(rows)]


def stale(verified_on: str | None, today: date) -> bool:
    """Tell whether an entry was not checked for so long that nobody should be sent there without a call."""
    if not verified_on:
        return True
    return date.fromisoformat(verified_on) < today - timedelta(days=load().case.provider_stale_d)


# --- decisions ----------------------------------------------------------------------------------------------------


def set_provider(by: By, code: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """Write an entry, or change one: what is not said stays as it is. Return it.

    Raises:
        ProviderField: the code or a value cannot be; says what can.
    """
    named = _code(code)
    before = next((row for row in listed(by.rows) if row["provider_code"] == named), {})
    entry = {name: before.get(name) for name in FIELDS} | checked(said, local_day(by.now, load()))
    if entry["on_phones"] is None:
        entry["on_phones"] = SHELTER not in (entry["services"] or "").split()
    if not entry["name"] or not entry["services"]:
        raise ProviderField(field="name" if not entry["name"] else "services", possible="")
    if any(before.get(name) != value for name, value in entry.items()):
        was = {name: before[name] for name in FIELDS if before and before[name] != entry[name]}
        by.write(by.event(SET, f"provider:{named}", {**entry, "was": was or None}))
        write_providers(by.rows)
        if is_office(before.get("services")) != is_office(entry["services"]):
            by.build(_cases_with(by.rows, named))
    return {"provider_code": named, **entry}


def _cases_with(rows: Rows, code: str) -> set[str]:
    """Return the units of the cases with a service of a provider: whether consent covers it hangs on what the provider is."""
    made = intervention.c
    theirs = func.upper(func.trim(made.provider_code)) == code
    return {f"{CASE}{one}" for one in rows.execute(select(made.case_code).where(theirs)).scalars() if one}


def verify(by: By, code: str, on: date | None = None) -> str:
    """Say that somebody called and the entry is right; return the code.

    Raises:
        NoSuchProvider, ProviderField: as they say.
    """
    known = {row["provider_code"]: row["verified_on"] for row in listed(by.rows)}
    named = code.strip().upper()
    if named not in known:
        raise NoSuchProvider(provider=code.strip(), nearest=nearest(named, known), none=not known)
    today = local_day(by.now, load())
    if on is not None and on > today:
        raise ProviderField(field="verified_on", possible=f"… {today.isoformat()}")
    payload = {"was": known[named], "verified_on": (on or today).isoformat()}
    by.write(by.event(VERIFY, f"provider:{named}", payload))
    write_providers(by.rows)
    return named


def _code(text: str) -> str:
    code = text.strip().upper()
    if not _CODE.fullmatch(code):
        raise ProviderField(field="provider_code", possible="A-Z 0-9 - _ (2…20)")
    return code


def checked(said: Mapping[str, Any], today: date) -> dict[str, Any]:
    """Return what was said of a provider as it is kept.

    Raises:
        ProviderField: a value cannot be.
    """
    return {name: _one(name, value, today) for name, value in said.items() if value is not None}


def _one(name: str, value: Any, today: date) -> Any:
    if name == "on_phones":
        return bool(value)
    text = " ".join(str(value).split())
    if text.startswith(_FORMULA) or len(text) > _LONGEST:
        raise ProviderField(field=name, possible=str(_LONGEST))
    if name == "services":
        return _services(text)
    if name == "department" and text and text not in labels_of("cm_admin:department", "fr"):
        raise ProviderField(field=name, possible=f"{_named(text)} …")
    if name == "verified_on" and text:
        return _day(text, today)
    return text or None


def _named(department: str) -> str:
    """Return the code of the department that has a name, else any one."""
    alike = (
        code
        for code, name in labels_of("cm_admin:department", "fr").items()
        if name.casefold() == department.casefold()
    )
    return next(alike, "CM007002")


def _services(text: str) -> str:
    known = labels_of("service", "en")
    wanted = set(text.replace(",", " ").replace(";", " ").split())
    if not wanted or not wanted <= known.keys():
        raise ProviderField(field="services", possible=" ".join(known))
    return " ".join(name for name in known if name in wanted)


def _day(text: str, today: date) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.max
    if day > today:
        raise ProviderField(field="verified_on", possible=f"… {today.isoformat()}")
    return day.isoformat()


def send_providers(
    rows: Rows, place: str, codes: Sequence[str], actor: Actor, now: datetime, *, drawing: DrawCode = draw
) -> None:
    """Write down which codes go to a list for the first time, in the caller's transaction, before they go.

    ``place`` is that of their uuids. What another laptop sent before, and was chosen and pulled already, is built again.
    """
    if not codes:
        return
    events.append(rows, [NewEvent(PUBLISHED, SUBJECT, actor, {"codes": list(codes), "place": place})], now)
    uuids = [row_uuid(code, place) for code in codes]
    touched, filed = set[tuple[str, str]](), tables.filing.c
    for table in (tables.intervention, tables.service_status):
        asked = select(filed.stamp, filed.root_id).join(table, table.c.filing_no == filed.filing_no)
        touched |= {(row.stamp, row.root_id) for row in rows.among(asked, table.c[FIELD], uuids)}
    if touched:
        build.apply(rows, touched, drawing, now)
