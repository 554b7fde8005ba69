"""The rounds of a demonstration (phone, classroom, pull, triage, publish, phone again, pull, workbook) and the story told at its end.

Works in a workspace under published keys that it makes itself, beside an inbox that only this workspace may pull.
Imports nothing that opens the vault.
"""

from __future__ import annotations

import csv
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from itertools import cycle
from pathlib import Path
from typing import Final, Literal

from sqlalchemy import ColumnElement, Table, func, select

from sync_scripts.classroom.inbox import INCOMING, open_inbox
from sync_scripts.classroom.phone import Phone
from sync_scripts.classroom.protocol import shelf
from sync_scripts.classroom.running import deliver, running
from sync_scripts.clock import Clock
from sync_scripts.config import ServerSettings, Settings, TeamSettings
from sync_scripts.demo.samples import (
    XML,
    Dealt,
    Sample,
    dealt_cases,
    index,
    invented_providers,
    moved_copies,
    newest_day,
    samples_root,
)
from sync_scripts.errors import UsageProblem
from sync_scripts.followup.outbound.content import DOUALA
from sync_scripts.followup.outbound.export import export
from sync_scripts.followup.outbound.gather import Scope
from sync_scripts.followup.outbound.planning import Order
from sync_scripts.intake.errors import DoctypeRefused, NoInstanceId, NotWellFormed
from sync_scripts.intake.pull import Way, own_inbox, pull, sources
from sync_scripts.publish.rounds import Order as Sending
from sync_scripts.publish.rounds import publish
from sync_scripts.register.alert_decisions.alerts import dismiss, link, open_case, triage
from sync_scripts.register.decisions.base import By, deciding
from sync_scripts.register.decisions.proposals import sign
from sync_scripts.register.decisions.workers import name_worker
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.register.forms.formmap import remember
from sync_scripts.register.lifecycle.moves import CASE_LEFT
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Actor
from sync_scripts.store.durable import make_folder, write_whole
from sync_scripts.store.founding import create_demo, new_id
from sync_scripts.store.lock import hold
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import place
from sync_scripts.store.statements import PUT_ASIDE
from sync_scripts.store.workspace import Workspace, open_workspace
from xlsform.pack import forms, forms_root

COORDINATOR, SECOND = "DEMO-01", "DEMO-02"
BROKEN = {
    "broken:truncated": NotWellFormed.code,
    "broken:doctype": DoctypeRefused.code,
    "broken:anonymous": NoInstanceId.code,
}
"""Kind of a broken sample -> why it is put aside."""
FORMS = ("alert", "case", "followup", "closure", "situation")
PHONE_COPY = "telephone-copie"
"""Folder in the inbox that plays a phone whose storage was copied."""


FolderInTheWay: Final = UsageProblem.declare(
    "DK-D01",
    "The folder {folder} is there already and is not empty. Nothing was done. Name another one with --into, or "
    "delete it if it is an earlier demonstration.",
)


@dataclass
class _Stage:
    """What the rounds share, and what the phone met."""

    copies: list[tuple[Sample, Path]]
    phone: Phone
    inbox: Path
    say: Callable[[str], None]
    counts: Counter[str]


def run(into: Path, *, lang: str, say: Callable[[str], None], clock: Clock) -> Story:
    """Make the whole demonstration in ``into`` and beside it.

    Args:
        into: folder to make; its classroom inbox is ``<into>-classroom``.
        lang: language of the workbook and of the settings.
        say: told what is going on, line by line.
        clock: gives the present moment.

    Raises:
        FolderInTheWay: one of the two folders is there already.
    """
    started = time.monotonic()
    into = into.expanduser().resolve()
    inbox = into.with_name(f"{into.name}-classroom")
    for folder in (into, inbox):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise FolderInTheWay(folder=str(folder))
    language: Literal["fr", "en"] = "en" if lang == "en" else "fr"
    samples, counts = index(), Counter[str]()
    with _workspace(into, inbox, language, clock()) as workspace, _scratch(inbox) as scratch:
        way = Way(draw=Dealt(samples), clock=clock)
        media = (workspace.settings.publish.folder(workspace.root), samples_root())
        with (
            running(shelf(forms_root(), media), open_inbox(inbox)) as classroom,
            Phone(classroom.base_url, scratch / "phone") as phone,
        ):
            copies = list(moved_copies(samples, scratch / "samples", _days(samples, clock())))
            stage = _Stage(copies, phone, inbox, say, counts)
            _round(stage, 1)
            say(_("Pulling the alerts into the register."))
            _pull(workspace, way, counts)
            say(_("An invented coordinator reads the alerts and opens cases."))
            _decide(workspace, samples, clock)
            _publish(workspace, clock())
            _round(stage, 2)
        say(_("Pulling interviews, follow-ups and corrections."))
        _pull(workspace, way, counts)
        _publish(workspace, clock())
        workbook = _workbook(workspace, language, clock())
        return Story(
            workspace=workspace.root,
            inbox=inbox,
            workbook=workbook,
            posted=counts["posted"],
            resent=counts["resent"],
            refused=counts["refused"],
            new=counts["new"],
            edited=counts["edited"],
            seconds=time.monotonic() - started,
            expected=tuple(BROKEN[sample.kind] for sample in samples if sample.broken),
            problems=_problems(workspace),
            **_standing(workspace),
        )


def _days(samples: tuple[Sample, ...], now: datetime) -> int:
    """Return by how many days the samples move, so that the newest ended yesterday."""
    yesterday = now.astimezone(DOUALA).date() - timedelta(1)
    return (yesterday - newest_day(tuple(one for one in samples if not one.broken))).days


@contextmanager
def _scratch(inbox: Path) -> Iterator[Path]:
    """Give a folder for the phone, inside the inbox's hidden room and so never in the system's temporary one."""
    with tempfile.TemporaryDirectory(prefix="phone-", dir=inbox / INCOMING) as name:
        yield Path(name)


@contextmanager
def _workspace(into: Path, inbox: Path, lang: Literal["fr", "en"], now: datetime) -> Iterator[Workspace]:
    """Make the workspace and its inbox, and keep the lock while the demonstration works in it."""
    opened = open_inbox(inbox)
    server = ServerSettings(name="classroom", kind="folder", path=f"../{inbox.name}")
    settings = Settings(id=new_id(), lang=lang, server=(server,), team=(_team(),))
    create_demo(into, settings=settings, worker=COORDINATOR, now=now)
    with hold(into, "demo"):
        workspace = open_workspace(into, secret=lambda _question: "")
        try:
            with workspace.register.writing() as rows:
                own_inbox(rows, opened.id)
                for form in forms():
                    if form.form_id in FORMS:
                        shutil.copy(form.workbook, workspace.forms / form.workbook.name)
                        remember(rows, form.workbook.read_bytes(), instant(now))
            shutil.copytree(forms_root() / "media", workspace.forms / "media", dirs_exist_ok=True)
            with deciding(workspace.register, workspace.actor(), now) as by:
                for code, roles in ((COORDINATOR, "coordinator"), (SECOND, "supervisor")):
                    name_worker(by, code, roles)
                for code in sorted({case.owner for case in dealt_cases()}):
                    name_worker(by, code, "case_owner")
                for code, said in invented_providers(local_day(now, load())):
                    set_provider(by, code, said)
            yield workspace
        finally:
            workspace.close()


def _round(stage: _Stage, number: int) -> None:
    """Let the phone fetch its forms and lists, then send the round's filled forms."""
    stage.say(_("Round {n}: the phone fetches its forms and sends what was filled.").format(n=number))
    stage.phone.update_forms()
    for sample, folder in stage.copies:
        if sample.round != number:
            continue
        if sample.road != "folder":
            _send(stage, sample, folder)
        if sample.road == "folder" or sample.broken:
            _lay(stage.inbox, sample, folder)


def _send(stage: _Stage, sample: Sample, folder: Path) -> None:
    """Send one filled form as often as the index says, in several posts when it has several files."""
    for again in range(sample.times):
        sent = deliver(stage.phone, folder, split_after=1)
        stage.counts["refused" if not sent.accepted else "resent" if again else "posted"] += 1


def _lay(inbox: Path, sample: Sample, folder: Path) -> None:
    """Copy a filled form as the storage of a phone would hold it."""
    name = f"{sample.form}_2026-11-24_10-00-{sample.name[-2:]}"
    target = inbox / PHONE_COPY / "projects" / "1" / "instances" / name
    make_folder(target)
    for path in folder.iterdir():
        write_whole(target / (f"{name}.xml" if path.name == XML else path.name), path.read_bytes())


def _pull(workspace: Workspace, way: Way, counts: Counter[str]) -> None:
    with sources(workspace) as servers:
        pulled = pull(workspace.register, servers, workspace.actor(), way)
    if pulled.failure is not None:
        raise pulled.failure
    counts.update(new=pulled.report.new, edited=pulled.report.edited)


def _decide(workspace: Workspace, samples: tuple[Sample, ...], clock: Clock) -> None:
    """Do what the index says that the invented coordinator decides, alert by alert."""
    owner = {case.code: case.owner for case in dealt_cases()}
    actor, register = workspace.actor(), workspace.register
    given = cycle([*sorted(set(owner.values())), None])
    for sample in samples:
        if not sample.decision:
            continue
        word, _space, case = sample.decision.partition(" ")
        with deciding(register, actor, clock()) as by:
            triage(by, sample.code, assigned_to=next(given) if word == "triage" else None)
            if word == "open":
                open_case(by, sample.code, owner=owner[case], case_code=case)
            elif word == "link":
                link(by, sample.code, case)
            elif word == "dismiss":
                _dismiss(by, sample.code)


def _dismiss(by: By, alert: str) -> None:
    """Dismiss an alert; an urgent one is signed by the invented second person, whose passphrase is published too."""
    done = dismiss(by, alert, _("Unfounded, checked by telephone."))
    if done.proposal is not None:
        sign(replace(by, actor=Actor(SECOND, "key")), done.proposal)


def _team() -> TeamSettings:
    """Return the one invented team: it works everywhere, and all owners are of it."""
    path = forms_root() / "lists" / "cm_admin.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        places = {row["department_pcode"] for row in csv.DictReader(stream)}
    owners = {case.owner for case in dealt_cases()}
    return TeamSettings(name="equipe", departments=tuple(sorted(places)), people=tuple(sorted(owners)))


def _publish(workspace: Workspace, now: datetime) -> None:
    order = Sending(root=workspace.root, actor=workspace.actor(), now=now)
    publish(workspace.register, workspace.settings, order)


def _workbook(workspace: Workspace, lang: Literal["fr", "en"], now: datetime) -> Path:
    order = Order(tier="T2", lang=lang, scope=Scope(), actor=workspace.actor(), now=now, demo=True)
    name = _("followup-{day}.xlsx").format(day=f"{now.astimezone(DOUALA):%Y-%m-%d}")
    path = workspace.out / name
    return export(workspace.register, order, path, password=None).path


def _problems(workspace: Workspace) -> tuple[str, ...]:
    """Return why submissions are put aside at the end."""
    query = select(place.c.problem).where(PUT_ASIDE)
    with workspace.register.reading() as rows:
        return tuple(rows.execute(query).scalars())


def _standing(workspace: Workspace) -> dict[str, int]:
    """Count what stands in the register at the end."""
    counted: tuple[tuple[str, Table, tuple[ColumnElement[bool], ...]], ...] = (
        ("alerts", tables.alert, ()),
        ("cases", tables.case, (tables.case.c.state.not_in(CASE_LEFT),)),
        ("tasks", tables.task, (tables.task.c.done_at.is_(None),)),
    )
    with workspace.register.reading() as rows:
        return {
            name: int(rows.execute(select(func.count()).select_from(table).where(*rules)).scalar_one())
            for name, table, rules in counted
        }


@dataclass(frozen=True, slots=True)
class Story:
    """The counts of a demonstration. ``posted`` counts answers 201 that brought something new.

    ``problems`` are the codes under which submissions were put aside, ``expected`` those of the broken samples.
    """

    workspace: Path
    inbox: Path
    workbook: Path
    posted: int
    resent: int
    refused: int
    new: int
    edited: int
    problems: tuple[str, ...]
    alerts: int
    cases: int
    tasks: int
    seconds: float
    expected: tuple[str, ...]

    @property
    def quarantined(self) -> int:
        """How many submissions were put aside."""
        return len(self.problems)

    @property
    def as_expected(self) -> bool:
        """Whether exactly the broken samples were put aside, each for its own reason."""
        return sorted(self.problems) == sorted(self.expected)

    def document(self) -> dict[str, object]:
        """Return the counts for programs."""
        return {
            "schema": "dikalo.demo/1",
            "workspace": str(self.workspace),
            "inbox": str(self.inbox),
            "workbook": str(self.workbook),
            "posted": self.posted,
            "resent": self.resent,
            "refused": self.refused,
            "new": self.new,
            "edited": self.edited,
            "quarantined": self.quarantined,
            "alerts": self.alerts,
            "cases": self.cases,
            "tasks": self.tasks,
            "seconds": round(self.seconds, 1),
        }

    def lines(self, program: str = "dikalo") -> Iterator[str]:
        """Yield the story, line by line; ``program`` is how the person calls this program."""
        yield _("Here is what happened. Every person, place and fact was invented.")
        yield ""
        yield "1. " + _(
            "A classroom on this computer served the forms; a simulated phone fetched them and sent {posted} "
            "submissions. {resent} were sent again after a cut, and counted once. {refused} broken ones were refused."
        ).format(posted=self.posted, resent=self.resent, refused=self.refused)
        yield "2. " + _(
            "They were pulled into an encrypted register: {new} new, {edited} corrected later. Names, phone numbers and "
            "narratives are sealed; nothing below opened them."
        ).format(new=self.new, edited=self.edited)
        yield "3. " + ngettext(
            "{n} submission could not be read and was put aside, sealed: quarantine.",
            "{n} submissions could not be read and were put aside, sealed: quarantine.",
            self.quarantined,
        ).format(n=self.quarantined)
        yield "4. " + _(
            "Rules rated {alerts} alerts and said why. DEMO-01, an invented coordinator, read them and opened cases: "
            "{cases} are open. The phone got their codes, and sent interviews and follow-ups."
        ).format(alerts=self.alerts, cases=self.cases)
        yield "5. " + _("{tasks} tasks are waiting. The follow-up workbook is ready: {file}").format(
            tasks=self.tasks, file=self.workbook
        )
        yield ""
        yield _("Look around:")
        for command in ("", "alerts list", "alerts show CODE", "cases list", "quarantine list", "verify"):
            yield f"   {program} -C {self.workspace} {command}".rstrip()
        yield _(
            "Commands that a screen names stand there without -C: type them in the folder {folder}."
        ).format(folder=self.workspace)
        yield _(
            "No passphrase is asked here: those of a demonstration are published. A second person is played by dikalo "
            "approve CODE --as DEMO-02."
        )
        yield ""
        yield _("When you have seen enough, delete both folders: {one} and {two} (clear text).").format(
            one=self.workspace, two=self.inbox
        )
