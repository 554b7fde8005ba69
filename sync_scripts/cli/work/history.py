"""What is due, what to look at and what was decided, in words; ``dikalo log``; the page of tasks. Nothing that is sealed; changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from gettext import gettext as _
from gettext import ngettext
from typing import Annotated, Any, Final

import click

from sync_scripts.cli.frame.listing import details, listed, show_list, table
from sync_scripts.cli.frame.options import DAY
from sync_scripts.cli.frame.shell import Shell, command, option, place
from sync_scripts.cli.work.waiting import unread_lines
from sync_scripts.errors import N_
from sync_scripts.register.case.flags import in_keys_and_words, in_words, told_together
from sync_scripts.register.case_decisions.work import SHORT, flags_of, shown_to, tasks_of
from sync_scripts.register.decisions.base import By
from sync_scripts.register.model.listings import Column, Listing, one_of, or_dash
from sync_scripts.register.queries.log import LOG, PAGE
from sync_scripts.register.queries.log import log as lines_of_log
from sync_scripts.register.queries.pages import Page
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import load, local
from sync_scripts.store.canonical import instant


def above(page: Page, about: Iterable[tuple[str, object]], opens: str, *, opening: bool) -> Iterator[str]:
    """Yield the head of the page of an alert or a case, and how what is sealed is opened; ``opening``: it is shown below."""
    erased = page.facts["erased"]
    yield from erased_line(erased)
    yield from unread_lines(page.facts.get("unread", ()))
    yield from details(about)
    if not opening and erased is None:
        yield ""
        yield opens


def below(page: Page) -> Iterator[str]:
    """Yield what stands below such a page: corrected, due, to look at, not taken, decided, and what comes next."""
    found = page.facts
    yield from part(_("Corrected"), _CORRECTED, found.get("corrections", ()))
    yield from due(found["tasks"])
    yield from to_look_at(found.get("flag_list", ()))
    yield from not_taken(found.get("files_left"))
    yield from part(_("History"), PAGE, found.get("history", ()))
    if page.steps:
        yield ""
        yield from page.steps


def why_so_urgent(reasons: Sequence[str]) -> Iterator[str]:
    """Yield why the level is what it is, a line for each reason; nothing without one."""
    if reasons:
        yield ""
        yield _("Why this level")
        yield from (f"- {sentence}" for sentence in reasons)


_CORRECTED: Final = (
    Column("field", N_("field"), lambda one: f"{one['entity']}.{one['field']}", whole=True),
    Column("was", N_("collected"), or_dash),
    Column("value", N_("now"), or_dash),
    Column("corrected_by", N_("by")),
    Column("reason", N_("why")),
)
"""What was collected and what a person says instead, with the reason."""
_DUE: Final = (
    Column("kind", N_("task"), one_of("task_kind")),
    Column("due_at", N_("due"), local),
    Column("done_at", N_("done"), lambda one: _ended(one["ended"], one["done_at"]), whole=True),
    Column("assigned_to", N_("with")),
)


def _ended(how: str | None, at: str | None) -> str:
    return _("not needed") if how == "not_needed" else local(at)


def part(heading: str, columns: tuple[Column, ...], rows: Sequence[Any]) -> Iterator[str]:
    """Yield a part of a page: a blank line, its heading and its table; nothing where there is no row."""
    if rows:
        yield ""
        yield heading
        yield from table(columns, rows)


def due(tasks: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what is to be done, the open ones first."""
    ordered = sorted(tasks, key=lambda task: (task["done_at"] is not None, task["due_at"], task["kind"]))
    yield from part(_("What is due"), _DUE, ordered)
    yield from (_asked(task["asked"]) for task in ordered if task.get("asked") and not task["done_at"])
    yield from (_behind(task["behind"]) for task in ordered if task.get("behind"))
    yield from (_dropped(task["dropped"]) for task in ordered if task.get("dropped") and not task["done_at"])


def _behind(code: str) -> str:
    """Return under which code danger came, and what answers it."""
    return _(
        "Danger came under the code of {code}, which was merged into this case. Look at it (dikalo cases show {code}), then decide "
        "the level of this one, the same one too: dikalo cases set CODE --urgency LEVEL"
    ).format(code=code)


def _dropped(one: Mapping[str, Any]) -> str:
    """Return how urgent a case stays, and how the rules would rate it since an edit."""
    return _(
        "An edit of {when} took something away: by the form as it is now, {now}; it stays {stands} until somebody decides (dikalo "
        "cases set CODE --urgency LEVEL)."
    ).format(when=local(one["at"]), now=label("urgency", one["now"]), stands=label("urgency", one["stands"]))


def _asked(asked: Mapping[str, Any]) -> str:
    """Return which lower class is asked for, since when, and under which code of a form."""
    level, when = label("confidentiality", asked["asked"]), local(asked["at"])
    if not asked["who"]:
        return _("Lower confidentiality asked for since {when}: {level}.").format(when=when, level=level)
    return _("Lower confidentiality asked for since {when} by {code} (not proved): {level}.").format(
        when=when, code=asked["who"], level=level
    )


def to_look_at(flags: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield what a rule wants a person to look at."""
    sentences = list(told_together(flag for flag in flags if flag["resolved_at"] is None))
    if sentences:
        yield ""
        yield _("To look at")
        yield from (f"- {sentence}" for sentence in sentences)


def not_taken(files: int | None) -> Iterator[str]:
    """Yield that files lie at their source alone."""
    if files:
        yield ""
        yield ngettext(
            "{count} file of it was not taken, because it is too large or its name could do harm: it lies at its server alone. "
            "dikalo pull says how it is taken; until then delete nothing there.",
            "{count} files of it were not taken, because they are too large or their names could do harm: they lie at their "
            "server alone. dikalo pull says how they are taken; until then delete nothing there.",
            files,
        ).format(count=files)


def rule_words() -> dict[str, str]:
    """Return what a person calls each rule of keeping."""
    return {
        "alert_without_case": _("alert without a case"),
        "alert_ended": _("alert refused or dismissed"),
        "alert_not_asked": _("alert without consent asked"),
        "alert_withdrawn": _("consent withdrawn"),
        "case_standard": _("case, class standard"),
        "case_minimal": _("case, class minimal"),
        "case_justice": _("case, class justice"),
        "case_undecided": _("case, no class decided"),
        "case_withdrawn": _("consent withdrawn by all"),
        "person_withdrawn": _("consent withdrawn by one"),
        "by_person": _("asked for by a person"),
    }


def erased_line(erased: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield when and why something was erased; nothing where it was not."""
    if erased is None:
        return
    day = local(erased["at"])[:10]
    if erased["rule"] is None:
        yield _("Erased on {day}.").format(day=day)
        return
    why = rule_words()[erased["rule"]]
    if erased["reason"]:
        why = _("{rule}, {reason}").format(rule=why, reason=erased["reason"])
    yield _("Erased on {day}: {why}").format(day=day, why=why)


@command("log")
def log(
    shell: Shell,
    *,
    code: Annotated[str | None, place(_("[CODE]"))],
    since: Annotated[datetime | None, option("--since", "Only from this day on.", _("DAY"), type=DAY)],
    last: Annotated[int | None, option("--last", "Only the last ones.", type=click.IntRange(1))],
) -> None:
    """Read the log."""
    begin = instant(since.replace(tzinfo=load().zone)) if since else None
    with shell.reading() as (workspace, rows):
        found = lines_of_log(rows, code, workspace.actor(), begin)
    none = _("Nothing was decided from that day on.") if since else ""
    show_list(shell, LOG, found[-last:] if last else found, none=none)


OPEN: Final = Listing(
    "dikalo.tasks/1",
    "tasks",
    (Column(0, N_("id")), Column(1, N_("task")), Column(2, N_("due")), Column(3, N_("with"))),
    narrow="1:24",
)


def open_lines(
    due: Sequence[Mapping[Any, Any]], flags: Sequence[Mapping[Any, Any]]
) -> list[Sequence[object]]:
    """Return what is open as the list has it: the tasks, then the flags."""
    return [
        *(
            (
                one["task_id"][:SHORT],
                label("task_kind", one["kind"]),
                local(one["due_at"]),
                one["assigned_to"],
            )
            for one in due
        ),
        *((one["flag_id"][:SHORT], in_words(one), "", "") for one in flags),
    ]


def tasks(shell: Shell, said: Mapping[str, Any]) -> None:
    """Show the tasks and flags of one case or alert."""
    code = said["code"]
    with shell.reading() as (workspace, rows):
        by = By(rows, workspace.actor(), shell.clock())
        shown = shown_to(by, code)
        due, flags = (tasks_of(by, code), flags_of(by, code)) if shown else ([], [])
    document = {
        "schema": OPEN.schema,
        "code": code.strip().upper(),
        "tasks": [{name: one[name] for name in ("task_id", "kind", "due_at", "assigned_to")} for one in due],
        "flags": [
            {"flag_id": one["flag_id"], **in_keys_and_words(one), "raised_by": one["raised_by"]}
            for one in flags
        ],
    }
    sealed = _("This case is sealed (C4): the everyday register shows nothing more of it.")
    nothing = _("Nothing is due, and nothing is to be looked at.")
    lines = open_lines(due, flags)
    shell.show(document, listed(OPEN, lines) if lines else nothing if shown else sealed)
