"""The pages of one alert and of one case, each one value that whoever shows it draws: all that the everyday register says.

Reads levels 0 to 2 only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from gettext import gettext
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, Table, select

from sync_scripts.register.case.flags import in_keys_and_words
from sync_scripts.register.case.triage import reasons_in_words
from sync_scripts.register.consents import unread_forms
from sync_scripts.register.handover.handovers import given_rows
from sync_scripts.register.history.erasures import erased_page
from sync_scripts.register.history.visibility import (
    may_see_tasks,
    sealed_from,
    sight_of,
    waiting_for,
    without_closed,
)
from sync_scripts.register.links.people import joined
from sync_scripts.register.links.views import of_alert
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import nearest_alert, nearest_case
from sync_scripts.register.model.errors import AlertUnknown, CaseUnknown
from sync_scripts.register.queries.submissions import beside, files_left
from sync_scripts.register.queries.tasks import after_alert, after_case, alert_tasks, case_tasks, waits
from sync_scripts.register.queries.views import Line, alerts, cases, mask, masked
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.urgency.claims import of_case
from sync_scripts.store import events as store_events
from sync_scripts.store.database import Actor, Rows
from sync_scripts.store.schema import register as tables

_OF_LISTS: Final = ("due_at", "supervision_at")
"""What a list of cases looks up beside; a page has the tasks themselves."""


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one alert or case, as somebody sees it at an instant; a terminal, a program and a browser draw the same.

    Attributes:
        schema: of its document.
        facts: what the register says of it, by name.
        why: the reasons of its level, as a program reads them.
        words: the same, a sentence each.
        steps: what comes next, a sentence each.
        now: when it was looked at: a consent may have run out.
    """

    schema: str
    facts: Line
    why: Sequence[Any]
    words: Sequence[str]
    steps: Sequence[str]
    now: datetime

    def document(self) -> dict[str, Any]:
        """Return what a program reads."""
        return {"schema": self.schema, **self.facts, "reasons_in_words": self.why}


def alert_page(rows: Rows, text: str, actor: Actor, lang: str, now: datetime) -> Page:
    """Return the page of an alert, its reasons in a language.

    Raises:
        AlertUnknown: there is none of that code.
    """
    found = alert_view(rows, text, actor)
    code = found["code"]
    by_rule = found["state"] == "dismissed" and found["triaged_at"] is None
    # the person refused, or this person does not see its case: nothing is said of what it may belong to
    quiet = masked(found) or (found["consent_state"] == "refused" and by_rule)
    links, more = ([], 0) if quiet else of_alert(rows, sight_of(rows, actor), code)
    found |= {"links": links, "more_links": more, **_around(rows, found, actor)}
    reasons = reasons_in_words(found["reasons"], lang) if found["reasons"] else []
    steps = [waits(code, one) for one in found["proposals"]] or after_alert(
        found["state"], code, found["case_code"], consent=found["consent_state"]
    )
    return Page(
        "dikalo.alert/1",
        found,
        why=[{"rule": rule, "text": sentence} for rule, sentence in reasons],
        words=[sentence for _rule, sentence in reasons],
        steps=steps if found["erased"] is None else [],
        now=now,
    )


def _around(rows: Rows, found: Line, actor: Actor) -> Line:
    """Return what stands around an alert or case: its history with what forms said, what waits for a second person, its erasure."""
    history = {"history": beside(rows, found, actor)} if "history" in found else {}
    code = found["code"]
    return {**history, "proposals": waiting_for(rows, code), "erased": erased_page(rows, code, actor)}


def alert_view(rows: Rows, text: str, actor: Actor) -> Line:
    """Return all that the everyday register says of one alert, its tasks, flags and history.

    Of one of a C4 case only its line, but to whoever is in charge of the case and to the coordinator.

    Raises:
        AlertUnknown: there is none of that code.
    """
    code = codes.read(text, "AL")
    filing = tables.filing
    query = select(tables.alert, filing.c.stamp).join(filing, filing.c.filing_no == tables.alert.c.filing_no)
    found = rows.execute(query.where(tables.alert.c.code == code)).mappings().first()
    if found is None:
        raise AlertUnknown(alert=code or text.strip(), nearest=nearest_alert(rows, text))

    subject = f"alert:{found['stamp']}/{found['alert_id']}"
    (line,) = map(asdict, alerts(rows, states=None, code=code))
    fields = {
        name: value for name, value in found.items() if name not in {"stamp", "filing_no", "contact_tag"}
    }
    page = {
        **fields,
        **line,
        "corrections": _corrections(rows, found["filing_no"]),
        "tasks": alert_tasks(rows, subject, line["case_code"]),
        "flag_list": _flags(rows, tables.flag.c.subject == subject),
        "files_left": files_left(rows, filing.c.filing_no == found["filing_no"]),
        "unread": _unread_of_alert(rows, (found["stamp"], found["alert_id"]), line),
        "history": _history(rows, [subject]),
    }
    return mask(page) if line["case_code"] in sealed_from(rows, actor) else page


def _unread_of_alert(rows: Rows, root: tuple[str, str], line: Line) -> list[Line]:
    """Return what came and nobody could read yet, of an alert, or of the case that it is in."""
    case = line["case_code"]
    found = (
        unread_forms.of_alert(rows, root, line["code"])
        if case is None
        else unread_forms.of_cases(rows, [case])
    )
    return [one._asdict() for one in found]


def _corrections(rows: Rows, number: int) -> list[Line]:
    made = tables.correction
    query = select(made).where(made.c.filing_no == number).order_by(made.c.corrected_at)
    return [
        {name: one for name, one in row.items() if name != "filing_no"}
        for row in rows.execute(query).mappings()
    ]


def _flags(rows: Rows, which: ColumnElement[bool]) -> list[Line]:

    query = (
        _filed(tables.flag)
        .where(which)
        .order_by(tables.flag.c.raised_at, tables.flag.c.code, tables.flag.c.flag_id)
    )
    return [
        in_keys_and_words(row) | {name: row[name] for name in ("subject", "raised_at", "resolved_at")}
        for row in rows.execute(query).mappings()
    ]


def _filed(table: Table) -> Select[Any]:
    """Return the query for a table's rows beside the filing of their submissions."""
    return select(table).join(tables.filing, tables.filing.c.filing_no == table.c.filing_no)


def _history(rows: Rows, subjects: Sequence[str]) -> list[Line]:
    return [
        {
            "at": event.at,
            "op": event.op,
            "actor": event.actor.code,
            "proof": event.actor.proof,
            "hand": event.actor.hand if event.actor.proof == "claimed" else None,
            "subject": event.subject,
            "payload": event.payload,
        }
        for event in store_events.read(rows, subjects=subjects)
    ]


# --- a case ---------------------------------------------------------------------------------------------------------


def case_page(rows: Rows, text: str, actor: Actor, lang: str, now: datetime) -> Page:
    """Return the page of a case, its reasons in a language.

    Raises:
        CaseUnknown: there is none of that code.
    """
    found = case_view(rows, text, actor)
    found |= _around(rows, found, actor)
    code, seen = found["code"], "people" in found
    why = [*of_case(rows, code, lang), *_of_alerts(found["alerts"])] if seen else []
    steps = [waits(code, one) for one in to_sign(found)]
    if not steps and seen and found["erased"] is None:
        steps = after_case(found["state"], code, found["owner"])
    return Page("dikalo.case/1", found, why=why, words=why, steps=steps, now=now)


def to_sign(found: Mapping[str, Any]) -> list[str]:
    """Return under which ids something about a case waits for a second person; a closure waits under its code."""
    closure = [found["code"]] if found["state"] == "closure_pending" else []
    return [*found["proposals"], *closure]


def _of_alerts(alerts: Sequence[Line]) -> Iterator[str]:
    """Yield what its alerts bring: a case is never less urgent than one of them."""
    for one in alerts:
        yield gettext("alert {code}: {level}").format(
            code=one["code"], level=label("urgency", one["urgency"])
        )


def case_view(rows: Rows, text: str, actor: Actor) -> Line:
    """Return all that the everyday register says of one case.

    Of a C4 case only its line, and what is due to whoever is in charge of it and to the coordinator.

    Raises:
        CaseUnknown: there is none of that code.
    """
    code = codes.read(text, "DK")
    found = cases(rows, everything=True, code=code) if code is not None else []
    if not found or code is None:
        raise CaseUnknown(case=code or text.strip(), nearest=nearest_case(rows, text))

    unit = f"case:{code}"
    own = {name: value for name, value in asdict(found[0]).items() if name not in _OF_LISTS}
    shown = may_see_tasks(rows, actor, own)
    line = {
        **own,
        "tasks": case_tasks(rows, code) if shown else [],
        "unread": [one._asdict() for one in unread_forms.of_cases(rows, [code])] if shown else [],
    }
    if line["confidentiality"] == "C4":
        return line

    sealed = sealed_from(rows, actor)
    interviews = _of_case(rows, tables.interview, code)
    keys = rows.execute(
        select(tables.filing.c.stamp, tables.filing.c.root_id).where(tables.filing.c.case_code == code)
    )
    kinds = ("interview", "followup", "closure", "evidence")
    subjects = [unit, *(f"{kind}:{row.stamp}/{row.root_id}" for row in keys for kind in kinds)]
    beside = (tables.filing.c.case_code == code) & tables.flag.c.subject.not_like("alert:%")
    return {
        **line,
        **_decided(rows, code),
        "flag_list": _flags(rows, (tables.filing.c.unit == unit) | beside),
        "files_left": files_left(rows, tables.filing.c.case_code == code),
        "corrections": _of_case(rows, tables.correction, code, "corrected_at"),
        "alerts": [asdict(one) for one in alerts(rows, states=None) if one.case_code == code],
        "interviews": interviews,
        "consents": _of_case(rows, tables.consent, code),
        "people": _of_case(rows, tables.person, code),
        "same_people": joined(rows, code, sealed),
        "incidents": _of_case(rows, tables.incident, code),
        "acts": _with_victims(rows, code),
        "needs": _of_case(rows, tables.need, code),
        "interventions": _of_case(rows, tables.intervention, code, "number"),
        "followups": _of_case(rows, tables.followup, code, "at"),
        "closures": _with_goals(rows, code),
        "shared": given_rows(rows, code),
        "history": without_closed(_history(rows, subjects), sealed),
    }


_DECIDED: Final = (
    "suspended_from",
    "review_on",
    "merged_into",
    "transferred_to",
    "work_note",
    "retention_class",
    "legal_hold",
    "closure_reason",
    "closed_at",
)
"""What people decided about a case beside its line."""


def _decided(rows: Rows, code: str) -> Line:
    """Return what people decided about a case, and the cases that were merged into it."""
    case = tables.case
    row = rows.execute(select(case).where(case.c.case_code == code)).mappings().one()
    merged = rows.execute(select(case.c.case_code).where(case.c.merged_into == code)).scalars()
    return {
        **{name: row[name] for name in _DECIDED},
        "urgency_by_rule": row["urgency"],
        "urgency_decided": row["urgency_decided"],
        "merged_here": sorted(merged),
    }


def _of_case(rows: Rows, table: Table, code: str, order: str = "") -> list[Line]:
    """Return the rows of a table that come from the forms of a case, in the order of their arrival."""
    first = [table.c[order]] if order else []
    query = _filed(table).where(tables.filing.c.case_code == code)
    query = query.order_by(*first, tables.filing.c.filing_no, *table.primary_key)
    hidden = {"filing_no", "phone_tag", "document_tag"}
    return [
        {name: one for name, one in row.items() if name not in hidden}
        for row in rows.execute(query).mappings()
    ]


def _with_victims(rows: Rows, code: str) -> list[Line]:
    """Return the acts of a case, each with the pseudonyms of those who suffered it."""
    people = {row["uid"]: row["pseudonym"] for row in _of_case(rows, tables.person, code)}
    suffered: dict[str, list[str]] = defaultdict(list)
    for row in _of_case(rows, tables.act_victim, code):
        suffered[row["act_uid"]].append(people.get(row["person_uid"], "?"))
    return [{**row, "victims": sorted(suffered[row["uid"]])} for row in _of_case(rows, tables.act, code)]


def _with_goals(rows: Rows, code: str) -> list[Line]:
    """Return the requests to close a case, each with when it came and the goals that it reports."""
    goals: dict[str, list[Line]] = defaultdict(list)
    for row in _of_case(rows, tables.goal, code):
        goals[row["closure_id"]].append({"service": row["service"], "status": row["status"]})
    asked = select(tables.filing.c.root_id, tables.filing.c.first_received_at)
    theirs = rows.execute(asked.where(tables.filing.c.case_code == code))
    came = {row.root_id: row.first_received_at for row in theirs}
    return [
        {**row, "received_at": came.get(row["closure_id"]), "goals": goals[row["closure_id"]]}
        for row in _of_case(rows, tables.closure, code)
    ]
