"""One function says what may leave, and every door asks it. A new door that does not ask fails here.

First as the code is written: what reads people's rows outside the register, what decisions write, what writes messages.
Then as it runs: where that function says no, nothing leaves by any door, whatever was agreed to.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import sync_scripts
from sync_scripts.config import NotifySettings
from sync_scripts.followup.outbound.gather import Scope, work
from sync_scripts.publish.audiences import Audience, Team
from sync_scripts.publish.audiences import may_leave as to_phones
from sync_scripts.publish.lists import cases_of
from sync_scripts.register.alert_decisions.services import move_service, plan_service, refer, set_service
from sync_scripts.register.building import notices
from sync_scripts.register.building.notices import Before
from sync_scripts.register.consent_decisions.views import case_consents
from sync_scripts.register.consents.doors import identity_goes
from sync_scripts.register.decisions.base import deciding, transaction
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.disclosure import sharing
from sync_scripts.register.handover.choosing import choose
from sync_scripts.register.handover.gathered import gather
from sync_scripts.register.handover.handovers import Request
from sync_scripts.register.lifecycle.errors import GuardFails
from sync_scripts.register.model.errors import AlertWithdrawn
from sync_scripts.register.queries.event_words import TOLD
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.register.beginnings import played_once
from tests.register.built import made as built
from tests.register.field import ALERT, CASE, COORDINATOR, Field, changed, dealt, service

ROOT = Path(sync_scripts.__file__).parent
INWARD = {
    "__init__",
    "__main__",
    "classroom",
    "cli",
    "config",
    "daily",
    "demo",
    "deploy",
    "errors",
    "intake",
    "phones",
    "register",
    "secrets",
    "servers",
    "store",
    "texts",
}
"""Parts of the program that take in, keep, show to whoever opened the register, or move bytes that others chose. Any
other part, a new one too, is looked at as one by which something leaves."""

PEOPLES = {
    "sync_scripts.store.schema.register",
    "sync_scripts.register.queries.views",
    "sync_scripts.register.consent_decisions.views",
    "sync_scripts.register.handover.gathered",
    "sync_scripts.register.history.erasures",
}
"""Where the rows of people and cases are."""

ASKS = {"may_leave", "leaving", "of_cases", "answer", "answers_for", "whole", "stopped", "share_of", "choose"}
"""Names by which the one function is asked, directly or for a whole list."""

NOT_OUT: dict[str, str] = {
    "followup.inbound.missing_baseline": "looks up which row a line of a returned workbook meant: nothing is written into a file",
    "followup.inbound.import_request": "looks up codes while a workbook is read back: nothing is written into a file",
    "followup.inbound.cell_decisions": "looks whether a returned row repeats a referral: nothing is written into a file",
    "publish.reviews": "marks on a server the submissions that it holds itself; nothing of a case goes along",
    "dossier.document": "lays out what `choose` chose; it gets nothing else",
    "backup.erasures": "erases in a register that was put back what was erased since; it names codes of cases to whoever restores, no more",
}
"""Modules of such parts that read the rows of people and ask nobody, and why that is right."""


# --- as it is written ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Module:
    """One module: its dotted name below the package, what it imports, what it calls, its tree."""

    name: str
    imports: frozenset[str]
    calls: frozenset[str]
    tree: ast.Module


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{one.name}" for one in node.names)


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@cache
def modules() -> tuple[Module, ...]:
    """Return every module of the package."""
    found = []
    for path in sorted(ROOT.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        calls = frozenset(_called(one) for one in ast.walk(tree) if isinstance(one, ast.Call))
        found.append(Module(name, frozenset(_imports(tree)), calls, tree))
    return tuple(found)


def silent(some: tuple[Module, ...]) -> set[str]:
    """Return the modules by which something leaves, which read the rows of people, and which ask nobody."""
    return {
        one.name
        for one in some
        if one.name.partition(".")[0] not in INWARD
        and not one.imports.isdisjoint(PEOPLES)
        and one.calls.isdisjoint(ASKS)
    }


def test_every_module_that_gives_something_out_asks() -> None:
    """Whatever reads people's rows outside the register asks what may leave, or is named here with its reason."""
    assert silent(modules()) == set(NOT_OUT)


def test_a_new_output_that_does_not_ask_is_found() -> None:
    """The test above can fail: a report that only reads is found, one that asks is not."""
    reads = "from sync_scripts.store.schema import register as tables\n"
    for text, found in ((reads, True), (f"{reads}x = of_cases(rows, codes)", False), ("x = 1", False)):
        tree = ast.parse(text)
        calls = frozenset(_called(one) for one in ast.walk(tree) if isinstance(one, ast.Call))
        new = Module("report.tables", frozenset(_imports(tree)), calls, tree)
        assert bool(silent((new,))) is found


HANDS_OVER: dict[str, tuple[str, str]] = {
    "alert.refer": ("register.alert_decisions.alert_moves", "check"),
    "intervention.move": ("register.alert_decisions.services", "covers_service"),
    "intervention.set": ("register.alert_decisions.services", "_still_covered"),
    "case.move": ("register.case_decisions.case_facts", "may_transfer"),
    "evidence.move": ("register.case_decisions.facts", "may_share"),
    "dossier.open": ("register.case_decisions.sharing", "answers_for"),
    "share.give": ("cli.opening.dossier", "choose"),
}
"""Decision by which something of a person goes to somebody else -> the module that asks before, and the call."""

STAYS = {
    *("alert.alone", "alert.purge", "case.purge", "person.erase", "retention.confirm", "retention.drop"),
    *("alert.assign", "alert.ask", "alert.channel", "alert.code", "alert.contacted", "alert.dismiss"),
    *("alert.contact_undo", "case.contact_undo", "flag.open"),
    *("alert.duplicate", "alert.link", "alert.move", "alert.open", "alert.triage"),
    *(
        "case.*",
        "case.assign",
        "case.code",
        "case.contact",
        "case.due",
        "case.form_left",
        "case.hold",
        "case.keep",
        "case.left",
        "case.open",
        "case.reminders",
        "case.retention",
        "case.sealed_note",
    ),
    *("case.takes", "case.urgency", "consent.override", "consent.record", "consent.withdraw"),
    *("evidence.redacted", "flag.raise", "flag.resolve", "incident.other", "incident.verify"),
    *(
        "intervention.add",
        "link.decide",
        "person.same",
        "proposal.make",
        "proposal.sign",
        "proposal.withdraw",
    ),
    *(
        "opening.allow",
        "provider.set",
        "provider.verify",
        "task.*",
        "value.correct",
        "value.restore",
        "worker.add",
    ),
    *(
        "publish.providers",
        "rules.deadlines",
        "rules.holidays",
    ),
}
"""Decisions that hand nothing to anybody outside."""


def ops(one: Module) -> Iterator[str]:
    """Yield the decisions that a module writes."""
    for node in ast.walk(one.tree):
        if not isinstance(node, ast.Call) or _called(node) not in {"event", "NewEvent"} or not node.args:
            continue
        said = node.args[0]
        if isinstance(said, ast.Constant):
            yield str(said.value)
        elif isinstance(said, ast.JoinedStr):
            yield "case.*"
        elif isinstance(said, ast.Name) and said.id.isupper():
            yield str(getattr(importlib.import_module(f"sync_scripts.{one.name}"), said.id))
        elif isinstance(said, ast.Attribute):
            module = importlib.import_module(f"sync_scripts.{one.name}")
            yield str(getattr(getattr(module, said.value.id), said.attr))  # type: ignore[attr-defined]
        elif one.name == "register.case_decisions.work":
            yield "task.*"


def test_every_decision_is_known_to_hand_something_over_or_not() -> None:
    """A decision that is new is put on one of the two lists by whoever writes it; one that hands over asks before."""
    written = {op for one in modules() if one.name.startswith("register.") for op in ops(one)}
    named = {one.name: one for one in modules()}

    assert written - HANDS_OVER.keys() - STAYS == set()
    assert HANDS_OVER.keys() <= written
    for op, (module, call) in HANDS_OVER.items():
        assert call in named[module].calls, op
        assert op in TOLD, "and is told in the log"


def test_every_message_is_written_by_one_module_that_asks() -> None:
    """Whatever waits to be sent about an alert or a case is written beside the question."""
    writers = {
        one.name
        for one in modules()
        if any(
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "put"
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "outbox"
            for node in ast.walk(one.tree)
        )
    }

    # of what nobody could read there is no consent yet that might be asked
    unread = {"register.building.unread_notices"}
    assert writers - unread - {"notify.messages", "cli.setup.notify", "notify.sending"} == {
        "register.building.notices"
    }
    assert {"alert_may_leave", "whole"} <= next(
        one for one in modules() if one.name == "register.building.notices"
    ).calls


# --- as it runs ---------------------------------------------------------------------------------------------------

CODE, ALERT_CODE = dealt(0, "DK"), dealt(0, "AL")
OWNERS = Audience((Team("nw", frozenset({"CM007002"}), frozenset({"rd-01"})),))


@pytest.fixture
@played_once
def field(sqlite_register: Register) -> Field:
    """Give a case whose only person agreed to everything, and an alert of its own; both can leave by every door."""
    made = Field(sqlite_register)
    everything = {
        "c_justice": "yes",
        "c_un": "identified",
        "c_media": "identified",
        "c_photo_audio": "yes",
        "c_refer_identity": "health",
    }
    said = {
        "consent": everything,
        "evidence_any": "yes",
        "evidence": [{"evidence_uid": "e1", "evidence_type": "photo", "faces_visible": "no"}],
    }
    made.send("case", "c1", changed(CASE, said))
    made.send("followup", "f1", service(CODE, "planned", provider_code="PRE-03"))
    made.send("alert", "r1", ALERT)
    by(made, every_decision.triage, ALERT_CODE)
    for code in ("PRE-01", "PRE-02"):
        by(made, set_provider, code, {"name": "x", "services": "health"})
    by(made, refer, CODE, "health", "PRE-01")
    payload = {"uid": "e1", "evidence": "E1", "was": "sealed", "to": "working_copy"}
    by(made, lambda who: who.write(who.event("evidence.move", f"case:{CODE}", payload)))
    return made


def by(field: Field, what: Callable[..., Any], *given: Any, **said: Any) -> Any:
    """Take one decision in a transaction of its own, an hour later."""
    with deciding(field.register, COORDINATOR, field.later(), draw=field.draw) as who:
        return what(who, *given, **said)


def tried(field: Field, what: Callable[..., Any], *given: Any, **said: Any) -> bool:
    """Tell whether a decision passes its guards; nothing of it is kept."""
    try:
        with deciding(field.register, COORDINATOR, field.now, dry_run=True) as who:
            what(who, *given, **said)
    except (GuardFails, AlertWithdrawn):
        return False
    return True


def _workbook(field: Field) -> bool:
    with field.register.reading() as rows:
        ((case, services),) = work(rows, Scope(), detailed=True, at=field.now)
    return bool(not case.stopped or services or case.violations or case.needs)


def _needs(field: Field) -> bool:
    with field.register.reading() as rows:
        ((case, _services),) = work(rows, Scope(), detailed=True, at=field.now)
    return bool(case.violations or case.needs or case.people)


def _phones(field: Field) -> bool:
    return any(not to_phones(one, OWNERS) for one in cases_of(field.register, field.now))


def _messages(field: Field) -> bool:
    field.register.destinations = (NotifySettings(name="d", level="low"),)
    with transaction(field.register, keep=False) as rows:
        made = notices.escalate(rows, field.later(days=30))
        alerts = [dict(row, urgency="critical") for row in field.rows(tables.alert)]
        before, subjects = Before(levels={ALERT_CODE: "low"}), {ALERT_CODE: "alert:alert/r1"}
        made += notices.of_alerts(rows, before, built(alerts=alerts), subjects, field.now)
        cases = [dict(row, urgency="critical") for row in field.rows(tables.case)]
        made += notices.of_cases(rows, Before(levels={CODE: "low"}), built(cases=cases), field.now)
    field.register.destinations = ()
    return made > 0


def _dossier(field: Field, purpose: str, kind: Any, given: str = "") -> bool:
    with field.register.reading() as rows:
        found = gather(rows, CODE)
    made = choose(found, Request(purpose, kind, "x", given), field.now, date(2026, 11, 21))
    return bool(made.people or made.kept)


def _identity(field: Field) -> bool:
    name = field.rows(tables.intervention)[0]["intervention_id"]
    with field.register.reading() as rows:
        return identity_goes(rows, CODE, name, field.now) is True


def _shown(field: Field) -> bool:
    with field.register.reading() as rows:
        (person,) = case_consents(rows, CODE, field.now)["people"]
    return any(one["allowed"] for one in person["may_leave"].values())


DOORS: dict[str, Callable[[Field], bool]] = {
    "referral": lambda f: tried(f, move_service, CODE, 1, "referred"),
    "referral at once": lambda f: tried(f, refer, CODE, "health", "PRE-02"),
    "our own service": lambda f: tried(f, _begun),
    "another provider": lambda f: tried(f, set_service, CODE, 2, provider_code="PRE-02"),
    "identity with a referral": _identity,
    "the whole case": lambda f: tried(
        f,
        every_decision.move,
        CODE,
        "transferred",
        receiver="PRE-01",
        accepted_on=date(2026, 11, 20),
        reason="x",
    ),
    "an alert to a provider": lambda f: tried(f, every_decision.refer_out, ALERT_CODE, "PRE-01"),
    "evidence for a court": lambda f: tried(
        f, every_decision.move_evidence, CODE, "E1", "shared", purpose="justice"
    ),
    "evidence for the media": lambda f: tried(
        f, every_decision.move_evidence, CODE, "E1", "shared", purpose="media"
    ),
    "dossier for a court": lambda f: _dossier(f, "justice", "court"),
    "dossier for the United Nations": lambda f: _dossier(f, "un", "un"),
    "dossier for a service": lambda f: _dossier(f, "services", "other_ngo", "health"),
    "facts and needs in a workbook": _needs,
    "rows of a workbook": _workbook,
    "phones": _phones,
    "messages": _messages,
    "what the page of a case says": _shown,
}
"""Every door, and whether something goes through it."""


def _begun(who: Any) -> None:
    made = plan_service(who, CODE, "health")
    move_service(who, CODE, made.number, "ongoing")


@pytest.mark.parametrize("door", DOORS)
def test_no_door_opens_where_the_one_function_says_no(
    field: Field, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    """Everything was agreed to, so it is open; then the function says no, and it is shut."""
    assert DOORS[door](field), "open before"
    asked = sharing.may_leave

    def never(*_given: Any, **_said: Any) -> sharing.Answer:
        return sharing.Answer(allowed=False, why="withdrawn")

    for module in list(sys.modules.values()):
        if getattr(module, "may_leave", None) is asked:
            monkeypatch.setattr(module, "may_leave", never)

    assert not DOORS[door](field)
