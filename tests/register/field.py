"""A small field for tests: forms filled in a few words arrive in a real register."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Select, Table, insert, select

from sync_scripts.register.building import build
from sync_scripts.register.forms.answers import Node, Tree, write_open_part
from sync_scripts.register.forms.formmap import FormMap, form_map, remember
from sync_scripts.register.forms.record_reader import Reader
from sync_scripts.register.model import codes
from sync_scripts.register.model.codes import Kind
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor, Register, Rows
from sync_scripts.store.schema.raw import form_version, scope, submission
from sync_scripts.store.schema.register import TABLES
from tests.register import flag_subjects as _watched  # noqa: F401 - watches from here on
from tests.store.databases import prepare
from xlsform import pack
from xlsform.workbooks.workbook import read

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
COORDINATOR = Actor("CO-01", "key")
FORMS = ("alert", "case", "followup", "closure", "situation")

Said = Mapping[str, Any]


def tree(said: Said) -> Tree:
    """Return the tree of nested answers: text, a group, or a list of repetitions. None is no answer."""
    nodes: list[Node] = []
    for name, value in said.items():
        if isinstance(value, list):
            nodes += [Node(name, tree(one)) for one in value]
        elif isinstance(value, Mapping):
            nodes.append(Node(name, tree(value)))
        elif value is not None:
            nodes.append(Node(name, str(value)))
    return tuple(nodes)


@cache
def workbook(form: str) -> bytes:
    """Return the workbook of a form that travels with the product."""
    return pack.find(form).workbook.read_bytes()


@cache
def map_of(form: str) -> FormMap:
    """Return the map of a form that travels with the product."""
    return form_map(read(workbook(form), file=form).form)


@cache
def _reader(form: str) -> Reader:
    return Reader(map_of(form))


def dealt(number: int, kind: Kind) -> str:
    """Return the n-th code of a kind that can be dealt."""
    usable = [body for value in range(100, 100 + 2 * number + 40) if (body := _body(value)) is not None]
    return codes.code(kind, usable[number])


def _body(value: int) -> str | None:
    body = "".join(codes.ALPHABET[value >> shift & 31] for shift in range(25, -1, -5))
    return body if codes.check_symbol(body) in codes.ALPHABET else None


_kept: list[dict[str, Any]] = []
"""What the first register of this run keeps of the five forms."""


@dataclass
class Field:
    """Phones, a server and a register; time goes on by an hour with each thing that happens."""

    register: Register
    now: datetime = START
    drawn: dict[str, int] = field(default_factory=dict)
    arrived: int = 0

    def __post_init__(self) -> None:
        """Let the register know the forms; once they were read, what is kept of them is laid as it is."""
        if self.now == START:
            prepare(self.register, "forms of a field", self._know_forms)
        else:
            self._know_forms()

    def _know_forms(self) -> None:
        with self.register.writing() as rows:
            self._know(rows)

    def _know(self, rows: Rows) -> None:
        known = set(rows.execute(select(form_version.c.form)).scalars())
        if known >= set(FORMS):
            return
        if _kept and not known:
            for one in _kept:
                rows.execute(insert(form_version).values({**one, "imported_at": instant(self.now)}))
            return
        for form in FORMS:
            remember(rows, workbook(form), instant(self.now))
        if not _kept:
            _kept.extend(dict(row) for row in rows.execute(select(form_version)).mappings())

    def draw(self, kind: Kind, _root_id: str) -> str:
        """Deal codes in a fixed order."""
        number = self.drawn[kind] = self.drawn.get(kind, -1) + 1
        return dealt(number, kind)

    def send(
        self,
        form: str,
        root: str,
        said: Said,
        *,
        edit: int = 0,
        ended: datetime | None = None,
        server: str = "folder",
        same: bool = False,
        build_it: bool = True,
        reader: Reader | None = None,
        submitter: str | None = None,
        received: datetime | None = None,
    ) -> None:
        """Let a form arrive; ``edit`` is the number of the version, ``same`` repeats a version by another road.

        ``reader`` reads it as another version of the form, which the register must know; ``received`` is when a server had
        it, where this register only reads it now.
        """
        self.now += timedelta(hours=1)
        self.arrived += 1
        reader = reader or _reader(form)
        version = f"{root}" if edit == 0 else f"{root}-{edit}"
        before = None if edit == 0 else root if edit == 1 else f"{root}-{edit - 1}"
        line = {
            "server": server,
            "form": form,
            "root_id": root,
            "instance_id": version,
            "stamp": form,
            "deprecated_id": before,
            "form_version": reader.form_map.version,
            "submitter": submitter,
            "received_at": instant(received or self.now),
            "device_start": None,
            "device_end": instant(ended or (received or self.now) - timedelta(minutes=30)),
            "status": "ok",
            "scope": f"{server}-{root}",
            "size": 1,
            "open_part": write_open_part(reader.open_tree(tree(said), lambda kind, text: len(text))),
            "open_hash": None,
            "current": True,
            "arrival": self.arrived,
        }
        with self.register.writing() as rows:
            row = {
                "id": line["scope"],
                "kind": "submission",
                "server": server,
                "form": form,
                "root_id": root,
                "row": "",
            }
            rows.upsert(scope, [row])
            rows.many(submission, [line])
            if build_it:
                build.apply(rows, [(form, root)], self.draw, self.now)

    def rows(self, table: Table) -> list[dict[str, Any]]:
        """Return the rows of a table by primary key."""
        with self.register.reading() as rows:
            return _rows(rows, table)

    def one(self, table: Table) -> dict[str, Any]:
        """Return the only row of a table."""
        (row,) = self.rows(table)
        return row

    def everything(self) -> dict[str, list[dict[str, Any]]]:
        """Return every row of the register."""
        with self.register.reading() as rows:
            return {table.name: _rows(rows, table) for table in TABLES}

    def later(self, **gone: float) -> datetime:
        """Let time go on and return it."""
        self.now += timedelta(**gone) if gone else timedelta(hours=1)
        return self.now


@cache
def _all_of(table: Table) -> Select[Any]:
    return select(table).order_by(*table.primary_key)


def _rows(rows: Rows, table: Table) -> list[dict[str, Any]]:
    return [dict(row) for row in rows.execute(_all_of(table)).mappings()]


ALERT: Said = {
    "gate": {"consent_alert": "given"},
    "danger": {"danger_now": "no"},
    "what": {"alert_icon": "threat"},
    "when": {"when_rel": "week"},
    "where": {"region": "CM007", "department": "CM007002", "arrondissement": "CM007002002"},
    "who": {"victim_kind": "man", "victim_count": "1"},
    "known": {"info_source": "saw", "reporter_code": "PF-01"},
    "contact": {"safe_to_contact": "yes", "contact_code": "677000000"},
}


def changed(said: Said, *changes: Said) -> dict[str, Any]:
    """Return answers with others laid over them, group by group."""
    made: dict[str, Any] = {
        name: dict(value) if isinstance(value, Mapping) else value for name, value in said.items()
    }
    for change in changes:
        for name, value in change.items():
            made[name] = {**made.get(name, {}), **value} if isinstance(value, Mapping) else value
    return made


def victim(number: int, **more: str) -> dict[str, str]:
    """Return one repetition of victims."""
    return {
        "victim_uid": f"v{number}",
        "victim_no": str(number),
        "unit": "individual",
        "consent_covers": "yes",
        "victim_sex": "f",
        "age_band": "25_59",
        "victim_is_child": "0",
        "full_name": "Nobody At All",
        "displacement": "idp",
        "current_status": "safe",
        **more,
    }


def act(number: int, victims: str = "V1", **more: Any) -> dict[str, Any]:
    """Return one repetition of acts."""
    return {
        "act_uid": f"a{number}",
        "act_no": str(number),
        "violation": "threat",
        "act_victims": victims,
        **more,
    }


CASE: Said = {
    "gate": {"interview_private": "yes", "consent_case": "yes", "consent_script_version": "2026.11"},
    "header": {
        "case_known": "no",
        "doc_date": "2026-11-20",
        "documenter_code": "EN-01",
        "interview_language": "fra",
    },
    "consent": {
        "consent_by": "self",
        "c_document": "yes",
        "c_services": "yes",
        "c_refer_identity": "health legal",
        "c_stats": "yes",
        "c_justice": "no",
        "c_advocacy": "anonymous",
        "c_un": "no",
        "c_media": "no",
        "c_followup_contact": "phone",
        "confidentiality": "C2",
    },
    "needs": {"health_now": "no", "needs_expressed": "health legal", "need_priority": "legal health"},
    "incident": {
        "incident_date": "2026-11-18",
        "date_precision": "exact",
        "region": "CM007",
        "department": "CM007002",
        "place_type": "home",
        "narrative": "What happened, in words that nobody may read here.",
    },
    "victims": [victim(1)],
    "acts": [act(1)],
    "risk": {
        "threats_continue": "no",
        "perp_near": "no",
        "retaliation_risk": "low",
        "safety_plan": "A plan.",
    },
    "verified": {"verification": "unverified"},
}

FOLLOWUP: Said = {
    "header": {"worker_code": "RD-01", "fu_type": "contact"},
    "result": {"outcome": "minor", "risk_change": "same", "next_due": "2026-12-01"},
}

CLOSURE: Said = {
    "header": {"closer_code": "RD-01"},
    "close": {
        "closure_reason": "goals_met",
        "survivor_agrees": "yes",
        "pending_legal": "no",
        "risk_now": "low",
        "feedback_given": "yes",
        "satisfaction": "4",
        "retention_class": "standard",
        "supervisor_code": "SU-01",
        "goals_any": "yes",
    },
    "goals": [
        {"goal_uid": "g1", "goal_service": "health", "goal_status": "met"},
        {"goal_uid": "g2", "goal_service": "legal", "goal_status": "partly"},
    ],
}

SITUATION: Said = {
    "header": {
        "reporter_code": "PF-01",
        "period_start": "2026-11-09",
        "period_end": "2026-11-15",
        "region": "CM007",
        "department": "CM007002",
    },
    "context": {"security_level": "4", "lockdown_days": "2", "displaced_est": "120", "network": "unstable"},
    "events_any": "yes",
    "events": [
        {"event_uid": "e1", "event_date": "2026-11-10", "event_violation": "burning", "event_women": "9"},
        {"event_uid": "e2", "event_date": "2026-11-12", "event_violation": "mass_roundup", "event_men": "14"},
    ],
    "services_any": "yes",
    "services": [
        {"svc_uid": "s1", "svc_service": "health", "svc_provider": "PRE-01", "svc_state": "partial"},
    ],
    "tendency": {"trend": "worse", "comment": "People leave before dark."},
}


def known(case_code: str, said: Said = CASE, **header: str) -> dict[str, Any]:
    """Return an interview that names its case."""
    return changed(said, {"header": {"case_known": "yes", "case_code": case_code, **header}})


def closing(case: str, **close: str | None) -> dict[str, Any]:
    """Return a request to close a case."""
    return changed(CLOSURE, {"header": {"case_code": case}, "close": close})


def service(case: str, status: str, **more: str | None) -> dict[str, Any]:
    """Return a follow-up on a service."""
    said = {
        "service": "health",
        "provider_code": "PRE-01",
        "timeframe": "3_days",
        "requested_on": "2026-11-20",
        "service_status": status,
        "consent_confirmed": "yes",
        **more,
    }
    return changed(FOLLOWUP, {"header": {"case_code": case, "fu_type": "service"}, "intervention": said})


def flags(field_: Field) -> list[str]:
    """Return the codes of all flags."""
    from sync_scripts.store.schema.register import flag

    return sorted(row["code"] or row["message"] for row in field_.rows(flag))


def told(flag: Mapping[Any, Any]) -> str:
    """Return what a flag says, as one text: its code and what its sentence names; or a person's words."""
    named = (flag[name] for name in ("code", "detail", "now"))
    return flag["message"] or "|".join(one for one in named if one)


def names(rows: Iterable[Mapping[str, Any]], *columns: str) -> list[tuple[Any, ...]]:
    """Return some columns of some rows."""
    return [tuple(row[column] for column in columns) for row in rows]
