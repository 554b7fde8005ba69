"""``dikalo`` without a command: what needs somebody today, on one page. Decides and changes nothing."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from gettext import gettext as _
from gettext import ngettext
from itertools import islice
from shutil import get_terminal_size
from typing import Final, TypeAlias

import click

from sync_scripts.cli.frame.layout import GAP, cut, fitted, padded
from sync_scripts.cli.frame.shell import Shell
from sync_scripts.cli.work.waiting import alert_lines, named, waits
from sync_scripts.config import ServerSettings
from sync_scripts.register.queries.messages import nobody_told
from sync_scripts.register.queries.today import Bucket, Item, Today
from sync_scripts.register.queries.today import today as read
from sync_scripts.register.rules.clocks import span
from sync_scripts.register.rules.kinds import label
from sync_scripts.register.rules.ruleset import local
from sync_scripts.servers import FOLDERS
from sync_scripts.texts import mark

LINES: Final = 24
COLUMNS: Final = 80
"""Of a terminal as people have it."""
NOTES: Final = 2
"""Lines that what could not be built, and what is wrong with clocks, passphrases or destinations may take under the heading; the last of them goes on for days."""
KINDS: Final = {"alerts": "AL", "cases": "DK"}
"""Command whose list shows a kind of thing, and how its codes begin."""
ROOM: Final[dict[Bucket, int]] = {"critical": 5, "overdue": 4, "today": 3, "week": 1}
"""Lines that each part of the page may take."""
GIVES_WAY: Final[tuple[tuple[Bucket, int], ...]] = (
    *(("week", 1), ("today", 1), ("overdue", 1), ("critical", 3)),
    *(("week", 0), ("today", 0), ("overdue", 0)),
)
"""Which part gives up lines, one after the other and down to how many, when what waits below takes the room; 0: its title alone."""
REST: Final[dict[Bucket, str]] = {
    "critical": "--urgency critical",
    "overdue": "--due overdue",
    "today": "--due today",
    "week": "--due week",
}
"""How a list is asked for all that a part of the page may hold."""


def today(shell: Shell) -> None:
    """Show the page of the workspace; exit code 0 whatever is on it: it is a page to read, not a check."""
    shell.tell_demo()

    with shell.reading() as (workspace, rows):
        servers = _sources_of(workspace.settings.server)
        now = shell.clock()
        found = read(rows, now, servers, workspace.actor())
        quiet = nobody_told(workspace.register, rows, workspace.settings.notify, now)
        worker = workspace.worker
    found = replace(found, nobody_told=quiet)
    shell.show(found.document(), page(found, worker))


def _sources_of(servers: Iterable[ServerSettings]) -> list[str]:
    """Return the names under which pulls are recorded: all folders share one."""
    return list(dict.fromkeys(FOLDERS if one.kind == "folder" else one.name for one in servers))


def first_steps() -> str:
    """Return what somebody reads who has no workspace yet."""
    return _(
        "There is no workspace in this folder. To see dikalo at work on invented data: dikalo demo. To make your own "
        "workspace: dikalo init. To use one that is elsewhere: dikalo -C FOLDER."
    )


def page(found: Today, worker: str) -> Iterator[str]:
    """Yield the page, at most as many lines as a terminal has, less the one on which it asks for the next command."""
    apart = (click.style(line, bold=True, fg="red") for line in alert_lines(found.set_apart))
    told = islice((*apart, *_ahead(found), *_replaced(found), *_quiet(found)), NOTES)
    above, footer = [_heading(found, worker), *told], [*_footer(found), *_backup(found)]
    parts = _fitting(found, LINES - 1 - _height([*above, *footer]))
    if _height([*above, *footer]) + _height_of(parts) >= LINES:  # everything waits: the age of a backup can
        footer = [*_footer(found)]
        parts = _fitting(found, LINES - 1 - _height([*above, *footer]))
    yield from above
    lines = iter(_item_lines([one for _title, shown, _rest in parts for one in shown], found.now))
    for title, shown, rest in parts:
        yield click.style(title, bold=True)
        yield from islice(lines, len(shown))
        yield from rest
    if not found.items:
        yield _("Nothing is due in the next seven days.")
    yield from footer


Part: TypeAlias = tuple[str, Sequence["Item"], list[str]]
"""Title, what is shown, and the lines that say where the rest is."""


def _fitting(found: Today, most: int) -> list[Part]:
    """Return the parts in as many lines as are left for them: what is critical and where the page begins is not pushed out of sight."""
    room = _rooms(found)
    parts = list(_parts(found, room))
    for bucket, least in GIVES_WAY:
        while room[bucket] > least and _height_of(parts) > most:
            room[bucket] -= 1
            parts = list(_parts(found, room))
    return parts


def _height_of(parts: Iterable[Part]) -> int:
    return sum(1 + len(shown) + _height(rest) for _title, shown, rest in parts)


def _height(lines: Iterable[str]) -> int:
    """Return how many lines of a terminal some lines take: it breaks what is wider."""
    columns = max(get_terminal_size().columns, 1)
    return sum(max(1, -(-len(click.unstyle(line)) // columns)) for line in lines)


def _parts(found: Today, room: Mapping[Bucket, int]) -> Iterator[Part]:
    """Yield the parts in which something stands."""
    for bucket, title in _titles().items():
        items = [one for one in found.items if one.bucket == bucket]
        if items:
            yield (
                _("{title}: {count}").format(title=title, count=len(items)),
                *_cut(items, bucket, room[bucket]),
            )


def _cut(items: Sequence[Item], bucket: Bucket, room: int) -> tuple[Sequence[Item], list[str]]:
    """Return what a part of the page shows, and the lines that say where the rest is; both together as many as it may take."""
    if len(items) <= room or not room:
        return items[:room], []
    ways = ((items[:kept], list(_rest(items[kept:], bucket))) for kept in (room - 1, max(room - 2, 0)))
    fitting = (way for way in ways if way[0] and len(way[0]) + len(way[1]) <= room)
    return next(fitting, (items[:0], list(_rest(items, bucket, alone=True))))


def _rest(left_out: Sequence[Item], bucket: Bucket, *, alone: bool = False) -> Iterator[str]:
    """Yield how many more there are, with commands that list them all: in one line where it fits the page, else one a kind.

    ``alone``: none of the part is shown above.
    """
    kinds = {
        name: found
        for name, sign in KINDS.items()
        if (found := [one for one in left_out if one.code.startswith(sign)])
    }
    commands = {
        name: f"dikalo {name} list{' --all' if any(one.past for one in found) else ''} {REST[bucket]}"
        for name, found in kinds.items()
    }
    said = _("{n}, see: {commands}") if alone else _("and {n} more: {commands}")
    all_of_it = _("see: {commands}") if alone else said  # how many, its title says
    together = "  " + all_of_it.format(n=len(left_out), commands=" · ".join(commands.values()))
    if len(commands) == 1 or len(together) < COLUMNS:
        yield together
        return
    yield from ("  " + said.format(n=len(found), commands=commands[name]) for name, found in kinds.items())


def _rooms(found: Today) -> dict[Bucket, int]:
    """Return how many lines each part of the page gets; what one leaves goes to the others, in their order."""
    counts = Counter(one.bucket for one in found.items)
    room = {bucket: min(counts[bucket], lines) for bucket, lines in ROOM.items()}
    spare = sum(ROOM.values()) - sum(room.values())
    for bucket, lines in room.items():
        more = min(spare, counts[bucket] - lines)
        room[bucket] = lines + more
        spare -= more
    return room


def _titles() -> dict[Bucket, str]:
    return {
        "critical": _("Critical"),
        "overdue": _("Overdue"),
        "today": _("Due today"),
        "week": _("Due within seven days"),
    }


def _heading(found: Today, worker: str) -> str:
    alerts = ngettext("{n} alert to decide", "{n} alerts to decide", found.alerts).format(n=found.alerts)
    cases = ngettext("{n} open case", "{n} open cases", found.cases).format(n=found.cases)
    return click.style(f"{local(found.now)} · {worker} · {alerts} · {cases}", bold=True)


def _ahead(found: Today) -> Iterator[str]:
    """Yield that what was decided last is dated in a time to come, where it is."""
    if found.ahead is not None:
        words = _("The last decision is dated {day}, still to come: check the clocks (dikalo doctor --open).")
        yield click.style(words.format(day=found.ahead[:10]), bold=True)


def _quiet(found: Today) -> Iterator[str]:
    """Yield that nobody is told of what is critical, and what helps."""
    words = {
        "no_destination": _("Nobody is told of a critical alert; dikalo doctor says what to do."),
        "no_address": _("Nobody is told of a critical alert: no address. Give it: dikalo notify test"),
        "no_region": _("Nobody is told of something critical or late; dikalo doctor says of what."),
    }
    if found.nobody_told is not None:
        yield click.style(words[found.nobody_told], bold=True)


def _replaced(found: Today) -> Iterator[str]:
    """Yield whose passphrase a colleague replaced, the last one: one line, so that nothing else is pushed out of sight."""
    if found.replaced:
        words = _("{worker}: passphrase replaced by {by}, see dikalo log")
        last = found.replaced[0]
        yield click.style(words.format(by=last.by, worker=last.worker), bold=True)


def _item_lines(items: Sequence[Item], now: str) -> Iterator[str]:
    """Yield a line an item: code, what is due and when, region, who has it; cut so that the terminal breaks none."""
    cells = [list(_cells(one, now)) for one in items]
    places = "code", "kind", "when", "region", "owner"
    order = ("kind", 18), ("region", 9), ("owner", 8), ("kind", 12), ("region", 0)
    steps = [(places.index(name), least) for name, least in order]
    widths = fitted(places, cells, steps, get_terminal_size().columns - len(GAP))
    sign = mark("cut", sys.stdout)
    for row in cells:
        kept = [
            padded(cut(cell, width, sign), width) for cell, width in zip(row, widths, strict=True) if width
        ]
        yield f"{GAP}{GAP.join(kept)}".rstrip()


def _cells(one: Item, now: str) -> Iterator[str]:
    yield one.code
    yield label("task_kind", one.kind) or (_("Sealed (C4)") if one.due_at else label("urgency", one.level))
    yield due_words(one.due_at, now)
    yield label("cm_admin:region", one.region)
    yield one.owner or (_("no owner") if one.code.startswith("DK") else "")


def due_words(due_at: str | None, now: str) -> str:
    """Return when something is due, seen from an instant."""
    if due_at is None:
        return ""
    left = datetime.fromisoformat(due_at) - datetime.fromisoformat(now)
    words = _("late by {span}") if left.total_seconds() < 0 else _("in {span}")
    return words.format(span=span(left))


def _footer(found: Today) -> Iterator[str]:
    for words, count, command in waits(found):
        if count:
            yield _("{title}: {count}").format(title=words, count=count) + f"  ({command})"
    yield from _unplaced(found)
    yield from _sources(found)


def _backup(found: Today) -> Iterator[str]:
    """Yield how old the newest backup is and what it lacks; nothing of a demonstration."""
    last = found.backup
    if last is None:
        return
    if last.at is None:
        yield _("No backup was made yet.") + f"  (dikalo backup --to {_('FOLDER')})"
        return
    ago = span(max(datetime.fromisoformat(found.now) - datetime.fromisoformat(last.at), timedelta(0)))
    counts = [
        ngettext("{n} submission", "{n} submissions", last.submissions).format(n=last.submissions),
        ngettext("{n} decision", "{n} decisions", last.decisions).format(n=last.decisions),
    ]
    if last.submissions or last.decisions:
        words = _("Last backup: {span} ago; it lacks {lacks}.")
    else:
        words = _("Last backup: {span} ago; it lacks nothing.")
    yield words.format(span=ago, lacks=", ".join(counts)) + "  (dikalo backup)"
    if last.missing:
        yield ngettext(
            "{n} sealed file is not in it: it was not on the computer that made it.",
            "{n} sealed files are not in it: they were not on the computer that made it.",
            last.missing,
        ).format(n=last.missing)
    for at in last.holding:
        words = _("The place whose last backup is of {at} still holds what was erased since.")
        yield words.format(at=local(at)) + f"  (dikalo backup --to {_('FOLDER')})"
    if last.rehearse:
        yield _("Rehearse a restore once a quarter.") + f"  (dikalo restore {_('FOLDER')} --rehearse)"


def _unplaced(found: Today) -> Iterator[str]:
    """Yield how many visits are in no case, and whom to ask for the last one: nobody else knows which case was meant."""
    if found.unplaced:
        last = found.unplaced[0]
        words = _("Visits without a readable case code: {count}; ask {worker} again ({at}).")
        yield words.format(count=len(found.unplaced), worker=last.worker or "?", at=local(last.received_at))


def _sources(found: Today) -> Iterator[str]:
    """Yield how old what we know is: one line, the oldest source first."""
    if not found.pulled:
        yield _("No source is in dikalo.toml: nothing is pulled. dikalo init asks for one.")
        return
    told = []
    for one in found.pulled[:3]:
        if one.at is None:
            age = _("never")
        else:
            ago = datetime.fromisoformat(found.now) - datetime.fromisoformat(one.at)
            age = _("{span} ago").format(span=span(ago))
        words = _("{server} {age}, the last try failed") if one.failed else _("{server} {age}")
        told.append(words.format(server=named(one.server), age=age))
    rest = len(found.pulled) - len(told)
    more = ngettext("and {n} more", "and {n} more", rest).format(n=rest) if rest else ""
    yield _("Last pulled: {sources}.").format(sources=_("; ").join([*told, *([more] if more else [])]))
