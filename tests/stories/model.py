"""What the register must say at the end, kept by the story itself in plain words: no rule of the product is asked here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.store.database import Register, Rows
from sync_scripts.store.schema import register as tables
from tests.intake.scene import draw
from tests.stories.phones import uid

AGREED: Final = {
    **dict.fromkeys(
        ("document", "services", "refer_identity", "stats", "advocacy", "followup_contact"), "given"
    ),
    **dict.fromkeys(("justice", "un", "media"), "refused"),
}
"""What everybody in this story answers when asked at an interview."""
CONTACT_H: Final = {"critical": 3, "high": 24, "medium": 72, "low": 168}
ACTION_H: Final = {"critical": 24, "high": 72, "medium": 168, "low": 336}
"""Hours from the arrival on a server to the first contact and the first action, as the handbook has them."""
RAPE_H: Final = 72
"""Hours after which medicine can no longer prevent an infection."""
CARE_TOLD_H: Final = 48
"""Hours before that at which somebody is told for the first time."""
CUSTODY_H: Final = 48
"""Hours of each span of a police custody in the story (preliminary inquiry)."""
TOLD_H: Final = 12
"""Hours before the end of a span of custody at which somebody is told at the latest."""
ASSESSMENT_H: Final = 168
"""Hours from when a server first had an alert of a case to the assessment, for the least urgent one."""
PLAN_H: Final = 14 * 24
"""Hours from the opening of a case to its plan."""
ERASE_D: Final = 30
"""Days after a withdrawal until which everything must be erased."""
ROUNDED: Final = timedelta(seconds=3)
"""Some servers write whole seconds."""


@dataclass
class Alert:
    """One alert: where it stands, what was decided of it, in what case it is, and when a server had it."""

    number: int
    heard: datetime
    danger: bool = False
    icon: str = ""
    consent: str = "given"
    state: str = "received"
    case: str | None = None
    urgency: str | None = None
    edits: int = 0

    @property
    def code(self) -> str:
        """Return the code that the laptop draws for it."""
        return draw("AL", uid(self.number))


@dataclass
class Case:
    """One case: who has it, where it stands, the note, and what its only person agreed to."""

    code: str
    owner: str
    opened: datetime
    state: str = "open_intake"
    note: str | None = None
    into: str | None = None
    agreed: dict[str, str] = field(default_factory=dict)
    withdrawn: datetime | None = None
    raped: datetime | None = None
    arrested: datetime | None = None


@dataclass
class Model:
    """Everything that was done, as whoever did it would tell it."""

    alerts: dict[int, Alert] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    pairs: dict[frozenset[str], str] = field(default_factory=dict)
    """Two alerts by code -> what a person said of them."""

    def of(self, *states: str) -> list[Alert]:
        """Return the alerts that stand somewhere, the oldest first."""
        return [one for one in self.alerts.values() if one.state in states]

    def open_cases(self) -> list[Case]:
        """Return the cases that are worked on."""
        return [one for one in self.cases.values() if one.state not in {"closed", "merged"}]

    def going_on(self) -> list[Case]:
        """Return those of them in which somebody goes on: nothing is tied to one whose person withdrew."""
        return [one for one in self.open_cases() if one.withdrawn is None]

    # --- compared with the register ---

    def differences(self, register: Register) -> Iterator[str]:
        """Yield what the register says otherwise."""
        with register.reading() as rows:
            yield from _differ("alert", self._alerts(), _read_alerts(rows))
            yield from _differ("case", self._cases(), _read_cases(rows))
            yield from _differ("consent", self._consents(), _read_consents(rows))
            yield from _differ("link", self.pairs, _read_pairs(rows))

    def _alerts(self) -> dict[str, Any]:
        return {uid(one.number): (one.state, one.case, one.urgency) for one in self.alerts.values()}

    def _cases(self) -> dict[str, Any]:
        return {
            one.code: (one.state, self._kept(one).owner, one.note, one.into) for one in self.cases.values()
        }

    def _kept(self, one: Case) -> Case:
        return one if one.into is None else self.cases[one.into]

    def _consents(self) -> dict[str, Any]:
        return {
            f"{one.code} {purpose}": state
            for one in self.cases.values()
            for purpose, state in one.agreed.items()
        }

    # --- deadlines ---

    def late_deadlines(self, register: Register) -> Iterator[str]:
        """Yield every task that is due later than the handbook, the law or medicine lets it be."""
        with register.reading() as rows:
            tasks = [dict(row) for row in rows.execute(select(tables.task)).mappings()]
            levels = {
                row.alert_id: row.urgency_decided or row.urgency for row in rows.execute(select(tables.alert))
            }
            of_case = _cases_of_tasks(rows)
        yield from self._late_contacts(tasks, levels)
        for one in self.cases.values():
            mine = [task for task in tasks if of_case.get(task["task_id"]) == one.code]
            yield from _late_care(one, mine)
            yield from _late_custody(one, mine)
            heard = [alert.heard for alert in self.alerts.values() if alert.case == one.code]
            yield from _late_steps(one, mine, min([one.opened, *heard]))
            yield from _early_ends(one, mine)

    def _late_contacts(self, tasks: list[dict[str, Any]], levels: dict[str, str]) -> Iterator[str]:
        alerts = {f"alert:alert/{uid(one.number)}": one for one in self.alerts.values()}
        for task in tasks:
            hours = {"triage": CONTACT_H, "first_contact": CONTACT_H, "first_action": ACTION_H}.get(
                task["kind"]
            )
            one = alerts.get(task["subject"])
            if one is None or hours is None:
                continue
            level = "critical" if one.danger and one.urgency is None else levels[uid(one.number)]
            if _at(task) > one.heard + timedelta(hours=hours[level]) + ROUNDED:
                yield f"{task['kind']} of {one.code}: {task['due_at']}"


def _late_care(case: Case, tasks: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the cases of rape in which nobody is told in time, counted from the earliest hour that it can have been."""
    if case.raped is None or case.state == "merged":
        return
    until = case.raped + timedelta(hours=RAPE_H - CARE_TOLD_H)
    care = [task for task in tasks if task["kind"] == "clinical_limit" and task["subject"].startswith("act:")]
    if not any(_at(task) <= until for task in care):
        yield f"care in {case.code}: nobody is told by {until}"


def _late_custody(case: Case, tasks: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the spans of a custody at whose end nobody would be reminded, and reminders that come after an end."""
    if case.arrested is None:
        return
    due = [_at(task) for task in tasks if task["kind"] == "custody_limit"]
    for span in (2, 3, 4):
        limit = case.arrested + span * timedelta(hours=CUSTODY_H)
        if not any(limit - timedelta(hours=TOLD_H) <= one < limit for one in due):
            yield f"custody in {case.code}: nobody is told before {limit}"


def _late_steps(case: Case, tasks: list[dict[str, Any]], heard: datetime) -> Iterator[str]:
    """Yield the next steps of a case that are due too late, and a withdrawal after which nobody is told to erase."""
    until = {
        "assessment": heard + timedelta(hours=ASSESSMENT_H),
        "plan": case.opened + timedelta(hours=PLAN_H),
    }
    for task in tasks:
        if task["kind"] in until and _at(task) > until[task["kind"]] + ROUNDED:
            yield f"{task['kind']} in {case.code}: {task['due_at']}"
    if case.withdrawn is not None:
        due = [_at(task) for task in tasks if task["kind"] == "consent_purge"]
        if not due or max(due) > case.withdrawn + timedelta(days=ERASE_D) + ROUNDED:
            yield f"erasure in {case.code}: {due}"


def _early_ends(case: Case, tasks: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the reminders of law and medicine that ended although nothing happened that ends them.

    In this story nobody is set free, and a prosecutor was only promised; of two women who were raped only the one who was
    spoken to is cared for.
    """
    if case.state in {"closed", "merged"} or case.withdrawn is not None:
        return
    goes_on = {"clinical_limit"} if case.raped else set[str]()
    goes_on |= {"custody_limit"} if case.arrested else set[str]()
    for task in tasks:
        of_alert = task["subject"].startswith("alert:")  # at once, until an interview tells of the act
        if task["kind"] in goes_on and task["done_at"] is not None and not of_alert:
            yield f"{task['kind']} in {case.code} ended on {task['done_at']}"


def _at(task: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(task["due_at"])


def _differ(what: str, wanted: dict[Any, Any], found: dict[Any, Any]) -> Iterator[str]:
    for key in sorted(wanted.keys() | found.keys(), key=str):
        if wanted.get(key) != found.get(key):
            yield f"{what} {key}: {wanted.get(key)} was done, the register says {found.get(key)}"


def _read_alerts(rows: Rows) -> dict[str, Any]:
    return {
        row.alert_id: (row.state, row.case_code, row.urgency_decided)
        for row in rows.execute(select(tables.alert))
    }


def _read_cases(rows: Rows) -> dict[str, Any]:
    return {
        row.case_code: (row.state, row.owner_code, row.work_note, row.merged_into)
        for row in rows.execute(select(tables.case))
    }


def _read_consents(rows: Rows) -> dict[str, Any]:
    consent, filing = tables.consent, tables.filing
    asked = select(filing.c.case_code, consent.c.purpose, consent.c.state)
    asked = asked.join(filing, filing.c.filing_no == consent.c.filing_no)
    return {f"{row.case_code} {row.purpose}": row.state for row in rows.execute(asked)}


def _read_pairs(rows: Rows) -> dict[frozenset[str], str]:
    link = tables.alert_link
    filing = tables.filing
    asked = select(filing.c.stamp, filing.c.root_id, tables.alert.c.code).join_from(
        tables.alert, filing, filing.c.filing_no == tables.alert.c.filing_no
    )
    named = {f"{row.stamp}/{row.root_id}": row.code for row in rows.execute(asked)}
    return {
        frozenset({named.get(row.alert_a, row.alert_a), named.get(row.alert_b, row.alert_b)}): row.decision
        for row in rows.execute(select(link))
    }


def _cases_of_tasks(rows: Rows) -> dict[str, str]:
    task, filing = tables.task, tables.filing
    asked = select(task.c.task_id, filing.c.case_code).join(filing, filing.c.filing_no == task.c.filing_no)
    return {row.task_id: row.case_code for row in rows.execute(asked)}
