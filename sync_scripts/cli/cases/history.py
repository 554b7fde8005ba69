"""What is due, what to look at and what was decided, in words: shared by the commands that show alerts and cases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from sync_scripts.cli.frame.listing import local, table
from sync_scripts.register.case.flags import told_together
from sync_scripts.register.queries.event_words import told_line
from sync_scripts.register.rules.kinds import label

__all__ = ["behind", "decided", "due", "event_lines", "not_taken", "to_look_at", "why_so_urgent"]

Line = Mapping[str, Any]


def behind(found: Line) -> Iterator[str]:
    """Yield what stands below the page of an alert or a case: corrected, due, to look at, not taken, decided."""
    yield from _corrected(found.get("corrections", ()))
    yield from due(found["tasks"])
    yield from to_look_at(found.get("flag_list", ()))
    yield from not_taken(found.get("files_left"))
    yield from decided(found.get("history", ()))


def why_so_urgent(reasons: Sequence[str]) -> Iterator[str]:
    """Yield why the level is what it is, a line for each reason; nothing without one."""
    if reasons:
        yield ""
        yield _("Why this level")
        yield from (f"- {sentence}" for sentence in reasons)


def _corrected(corrections: Iterable[Line]) -> Iterator[str]:
    """Yield what was collected and what a person says instead, with the reason."""
    lines = [
        (
            f"{one['entity']}.{one['field']}",
            one["was"] or "-",
            one["value"] or "-",
            one["corrected_by"],
            one["reason"],
        )
        for one in corrections
    ]
    if lines:
        yield ""
        yield _("Corrected")
        yield from table([_("field"), _("collected"), _("now"), _("by"), _("why")], lines)


def due(tasks: Iterable[Line]) -> Iterator[str]:
    """Yield what is to be done, the open ones first."""
    ordered = sorted(tasks, key=lambda task: (task["done_at"] is not None, task["due_at"], task["kind"]))
    if ordered:
        yield ""
        yield _("What is due")
        headings = [_("task"), _("due"), _("done"), _("with")]
        yield from table(
            headings,
            (
                (
                    label("task_kind", task["kind"]),
                    local(task["due_at"]),
                    _("not needed") if task["ended"] == "not_needed" else local(task["done_at"]),
                    task["assigned_to"],
                )
                for task in ordered
            ),
        )
        yield from (_asked(task["asked"]) for task in ordered if task.get("asked") and not task["done_at"])
        yield from (_behind(task["behind"]) for task in ordered if task.get("behind"))
        yield from (
            _dropped(task["dropped"]) for task in ordered if task.get("dropped") and not task["done_at"]
        )


def _behind(code: str) -> str:
    """Return under which code danger came, and what answers it."""
    return _(
        "Danger came under the code of {code}, which was merged into this case. Look at it (dikalo cases show {code}), then decide "
        "the level of this one, the same one too: dikalo cases set CODE --urgency LEVEL"
    ).format(code=code)


def _dropped(one: Line) -> str:
    """Return how urgent a case stays, and how the rules would rate it since an edit."""
    return _(
        "An edit of {when} took something away: by the form as it is now, {now}; it stays {stands} until somebody decides (dikalo "
        "cases set CODE --urgency LEVEL)."
    ).format(when=local(one["at"]), now=label("urgency", one["now"]), stands=label("urgency", one["stands"]))


def _asked(asked: Line) -> str:
    """Return which lower class is asked for, since when, and under which code of a form."""
    level, when = label("confidentiality", asked["asked"]), local(asked["at"])
    if not asked["who"]:
        return _("Lower confidentiality asked for since {when}: {level}.").format(when=when, level=level)
    return _("Lower confidentiality asked for since {when} by {code} (not proved): {level}.").format(
        when=when, code=asked["who"], level=level
    )


def to_look_at(flags: Iterable[Line]) -> Iterator[str]:
    """Yield what a rule wants a person to look at."""
    sentences = list(told_together(flag["key"] for flag in flags if flag["resolved_at"] is None))
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


def decided(history: Iterable[Line]) -> Iterator[str]:
    """Yield what happened, the oldest first: when, who, what, and why."""
    lines = [(local(one["at"]), _who(one), _what(one)) for one in history]
    if lines:
        yield ""
        yield _("History")
        yield from table([_("when"), _("who"), _("what")], lines)


def event_lines(history: Iterable[Line]) -> Iterator[str]:
    """Yield events with what each is about, as `decided` otherwise."""
    lines = [(local(one["at"]), _who(one), one["about"], _what(one)) for one in history]
    yield from table([_("when"), _("who"), _("about"), _("what")], lines)


def _who(event: Line) -> str:
    """Return whose code a decision stands under; of one that was only typed, also whose hand it was, where that is known."""
    code, hand = str(event["actor"]), event.get("hand")
    if event["proof"] != "claimed":
        return code
    if hand is None:
        return _("{code} (not proved)").format(code=code)
    return _("{code} (not proved, typed with the key of {hand})").format(code=code, hand=hand)


def _what(event: Line) -> str:
    return told_line(event)
