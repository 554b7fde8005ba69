"""``dikalo cases``: the cases, what they hold at levels 0 to 2, what is due in them, and who is in charge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import TYPE_CHECKING, Any

import click

from sync_scripts.cli.deciding import decides
from sync_scripts.cli.history import decided, due, to_look_at
from sync_scripts.cli.listing import details, local, table
from sync_scripts.cli.shell import Shell, dry_run_option, group, pass_shell

if TYPE_CHECKING:
    from sync_scripts.register.decisions import Assigned

Line = Mapping[str, Any]


@group("cases", help=_("Cases: see them and what is due, put somebody in charge."))
def cases() -> None:
    """Group of the commands about cases."""


@cases.command("list", help=_("List the open cases, the most urgent first."))
@click.option("--all", "everything", is_flag=True, help=_("Show closed, merged and transferred cases too."))
@click.option("--region", metavar=_("P-CODE"), help=_("Only cases of this region, such as CM007."))
@click.option("--owner", metavar=_("CODE"), help=_("Only the cases of this worker."))
@pass_shell
def list_(shell: Shell, *, everything: bool, region: str | None, owner: str | None) -> None:
    """List cases."""
    from sync_scripts.register.views import cases as read

    with shell.workspace() as workspace, workspace.register.reading() as rows:
        found = read(rows, everything=everything, region=region, owner=owner)
    shell.show({"schema": "dikalo.cases/1", "cases": found}, _lines(found) if found else _("No case."))


def _lines(found: Sequence[Line]) -> Iterator[str]:
    from sync_scripts.register.labels import label

    headings = [
        _("code"),
        _("urgency"),
        _("state"),
        _("next due"),
        _("in charge"),
        _("department"),
        _("confidentiality"),
        _("flags"),
    ]
    return table(
        headings,
        (
            (
                line["code"],
                label("urgency", line["urgency"]),
                label("case_state", line["state"]),
                line["next_due"],
                line["owner"],
                label("cm_admin:department", line["department"]),
                line["confidentiality"],
                line["flags"] or "",
            )
            for line in found
        ),
    )


@cases.command(
    "show", help=_("Show one case: where it stands, its people and acts by code, what is due, its history.")
)
@click.argument("code", metavar=_("CODE"))
@pass_shell
def show(shell: Shell, code: str) -> None:
    """Show one case; nothing that is sealed."""
    from sync_scripts.register.views import case_view

    with shell.workspace() as workspace, workspace.register.reading() as rows:
        found = case_view(rows, code)
    shell.show({"schema": "dikalo.case/1", **found}, _told(found))


def _told(found: Line) -> Iterator[str]:
    yield from details(_about(found))
    if "people" not in found:
        yield ""
        yield _("This case is sealed (C4): the everyday register shows nothing more of it.")
    else:
        for heading, lines in _parts(found):
            yield ""
            yield heading
            yield from lines
    yield from due(found["tasks"])
    yield from to_look_at(found.get("flag_list", ()))
    yield from decided(found.get("history", ()))


def _about(found: Line) -> Iterator[tuple[str, object]]:
    from sync_scripts.register.labels import label

    yield _("Case"), found["code"]
    yield _("State"), label("case_state", found["state"])
    yield _("Urgency"), label("urgency", found["urgency"])
    yield _("Risk"), label("risk_level", found["risk"])
    yield _("Confidentiality"), label("confidentiality", found["confidentiality"])
    yield _("In charge"), found["owner"]
    yield _("Opened"), local(found["opened_at"])
    yield _("Next due"), found["next_due"]
    yield _("Region"), label("cm_admin:region", found["region"])
    yield _("Department"), label("cm_admin:department", found["department"])
    yield _("Services only"), _("yes") if found["service_only"] else None


def _parts(found: Line) -> Iterator[tuple[str, Iterator[str]]]:
    """Yield a heading and its table for everything that the case has."""
    for heading, headings, rows in (
        _alerts(found),
        _people(found),
        _acts(found),
        _services(found),
        _visits(found),
        _requests(found),
    ):
        if rows:
            yield heading, table(headings, rows)


_Part = tuple[str, list[str], list[Sequence[object]]]


def _alerts(found: Line) -> _Part:
    from sync_scripts.register.labels import label

    rows: list[Sequence[object]] = [
        (
            one["code"],
            label("urgency", one["urgency"]),
            label("alert_state", one["state"]),
            local(one["received_at"]),
        )
        for one in found["alerts"]
    ]
    return _("Alerts"), [_("code"), _("urgency"), _("state"), _("received")], rows


def _people(found: Line) -> _Part:
    from sync_scripts.register.labels import label

    agreed: dict[str, list[str]] = {}
    for one in found["consents"]:
        if one["state"] != "refused":
            agreed.setdefault(one["person_uid"], []).append(label("consent_purpose", one["purpose"]))
    rows: list[Sequence[object]] = [
        (
            one["pseudonym"],
            label("victim_kind", one["kind"]),
            label("age_band", one["age_band"]),
            label("victim_status", one["current_status"]),
            ", ".join(agreed.get(one["uid"], ())),
        )
        for one in found["people"]
    ]
    return _("People"), [_("who"), _("kind"), _("age"), _("now"), _("agrees to")], rows


def _acts(found: Line) -> _Part:
    from sync_scripts.register.labels import label

    weeks = {one["incident_id"]: one["week"] for one in found["incidents"]}
    rows: list[Sequence[object]] = [
        (
            one["pseudonym"],
            label("violation_codes", one["violation"]),
            " ".join(one["victims"]),
            weeks.get(one["incident_id"]),
        )
        for one in found["acts"]
    ]
    return _("Acts"), [_("act"), _("violation"), _("against"), _("week")], rows


def _services(found: Line) -> _Part:
    from sync_scripts.register.labels import label

    rows: list[Sequence[object]] = [
        (
            one["number"],
            label("service", one["service"]),
            one["provider_code"],
            label("intervention_status", one["status"]),
            local(one["due_at"]),
            _("yes") if one["consent_ok"] else _("no"),
        )
        for one in found["interventions"]
    ]
    headings = [_("no."), _("service"), _("provider"), _("status"), _("due"), _("consent")]
    return _("Interventions"), headings, rows


def _visits(found: Line) -> _Part:
    from sync_scripts.register.labels import label

    rows: list[Sequence[object]] = [
        (
            local(one["at"]),
            label("fu_type", one["fu_type"]),
            label("impact", one["impact"]),
            label("risk_change", one["risk_change"]),
            one["next_due"],
        )
        for one in found["followups"]
    ]
    return _("Follow-ups"), [_("when"), _("type"), _("effect"), _("risk"), _("next")], rows


def _requests(found: Line) -> _Part:
    from sync_scripts.register.labels import label

    rows: list[Sequence[object]] = [
        (
            local(one["received_at"]),
            label("closure_reason", one["reason"]),
            one["closer_code"],
            one["supervisor_code"],
            label("survivor_agrees", one["survivor_agrees"]),
            label("risk_level", one["risk_now"]),
            label("yes_no", one["pending_legal"]),
            label("yes_no", one["feedback_given"]),
            ", ".join(_goal(goal) for goal in one["goals"]),
        )
        for one in found["closures"]
    ]
    headings = [_("received"), _("reason"), _("asked by"), _("to decide"), _("agrees"), _("risk")]
    headings += [_("procedure"), _("was told"), _("goals")]
    return _("Requests to close, undecided until a supervisor decides"), headings, rows


def _goal(goal: Line) -> str:
    from sync_scripts.register.labels import label

    return f"{label('service', goal['service'])}: {label('goal_status', goal['status'])}"


# --- decisions ----------------------------------------------------------------------------------------------------


@cases.command(
    "assign",
    help=_(
        "Put a worker in charge of a case. What is due in it goes along; who decided, and who was in charge before, "
        "stays in its history."
    ),
)
@click.argument("code", metavar=_("CODE"))
@click.argument("worker", metavar=_("WORKER"))
@click.option("--new", is_flag=True, help=_("The worker is new here: name the code to the register, too."))
@click.option("--as", "as_code", metavar=_("CODE"), help=_("Act under this worker's code."))
@dry_run_option
@pass_shell
def assign(shell: Shell, code: str, worker: str, *, new: bool, as_code: str | None, dry_run: bool) -> None:
    """Assign one case."""
    from sync_scripts.register import decisions

    with decides(shell, "cases assign", as_code=as_code, dry_run=dry_run) as by:
        done = decisions.assign(by, code, worker, new=new)
    document = {
        "schema": "dikalo.case-assigned/1",
        "code": done.code,
        "state": done.state,
        "was": done.was,
        "owner": done.owner,
        "tasks": done.tasks,
        "written": done.written and not dry_run,
        "dry_run": dry_run,
    }
    shell.show(document, _assigned(done, dry_run=dry_run))


def _assigned(done: Assigned, *, dry_run: bool) -> Iterator[str]:
    if not done.written:
        yield _("The case {code} is with {owner} already. Nothing was written.").format(
            code=done.code, owner=done.owner
        )
        return
    if dry_run:
        yield _("Nothing was written: this only shows what would be done.")
    yield _("The case {code} is now with {owner}.").format(code=done.code, owner=done.owner)
    if done.was:
        yield _("Before: {owner}.").format(owner=done.was)
    yield ngettext("{count} open task goes along.", "{count} open tasks go along.", done.tasks).format(
        count=done.tasks
    )
