"""What waits, in words: needs of the day, parts of a round, submissions that could not be built. Never an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from sync_scripts.register.links.alerts import MANY
from sync_scripts.register.model.build_backlog import SetApart
from sync_scripts.register.queries.today import Today
from sync_scripts.register.rules.ruleset import local


def named(part: str) -> str:
    """Return what a person calls a part of the round; a source by its own name."""
    names = {
        "doctor": _("Workspace"),
        "forms": _("Forms"),
        "pull": _("Pull"),
        "tasks": _("Deadlines"),
        "publish": _("Phones"),
        "files": _("Files"),
        "verify": _("Check"),
        "backup": _("Backup"),
        "notify": _("Messages"),
        "folder": _("folders"),
    }
    return names.get(part, part)


def waits(found: Today) -> Iterator[tuple[str, int, str]]:
    """Yield what waits for somebody: words, how many, and the command that shows it."""
    alerts = found.consents - found.consents_of_cases
    yield _("Alerts that wait for a consent"), alerts, "dikalo alerts list --task consent"
    yield _("Cases that wait for a consent"), found.consents_of_cases, "dikalo cases list --task consent"
    yield _("Waiting for a second person"), found.approvals, "dikalo approve"
    yield _("Closures asked for on phones"), found.closures, "dikalo approve"
    yield _("Supervision due"), found.supervisions, "dikalo cases list --task supervision"
    yield _("Conflicts in workbooks"), found.conflicts, "dikalo followup conflicts"
    events = _("Alerts that may be one event: groups")
    if found.links >= MANY:
        events = _("Alerts that may be one event: groups, at least")
    yield events, found.links, "dikalo alerts links"
    yield _("In quarantine"), found.quarantine, "dikalo quarantine list"
    unread = (
        _("Encrypted and not opened")
        if not found.at_servers
        else _("Not opened, left at a server or gone there")
    )
    yield unread, found.unopened + found.at_servers, "dikalo doctor"
    yield _("Files that lie at their server alone"), found.files_left, "dikalo pull --largest-file MB"
    yield _("Messages that could not be delivered"), found.messages, "dikalo notify list"


MOST_NAMED = 20
"""Of so many each is named."""


def count_line(count: int) -> Iterator[str]:
    """Yield how many there are, where there are any, and where they are named."""
    if count:
        yield ngettext(
            "{count} submission is stored and could not be built, for a fault of the program: what is shown does not tell of it. dikalo "
            "doctor --open says which and what to do.",
            "{count} submissions are stored and could not be built, for a fault of the program: what is shown does not tell of them. "
            "dikalo doctor --open says which and what to do.",
            count,
        ).format(count=count)


def alert_lines(found: Sequence[SetApart]) -> Iterator[str]:
    """Yield, for the top of the page of the day, that an alert could not be built and how to read it; of others how many."""
    alerts = [one for one in found if one.alert and one.item]
    for one in alerts[:1]:
        yield _("ALERT NOT BUILT: dikalo vault open --item {item} --reason TEXT").format(item=one.item)
    if len(alerts) > 1:
        yield _("{count} alerts are not built: dikalo doctor --open names them").format(count=len(alerts))
    elif len(found) > len(alerts):
        yield _("Submissions that could not be built: {count} (dikalo doctor --open)").format(
            count=len(found) - len(alerts)
        )


def each_line(found: Sequence[SetApart]) -> Iterator[str]:
    """Yield what each of them is, how it is read and why it was not built; then what to do."""
    for one in found[:MOST_NAMED]:
        what = _("An alert") if one.alert else _("A submission of {form}").format(form=one.form)
        yield _("{what} could not be built ({fault}, last tried {at}). It is stored and safe.").format(
            what=what, fault=one.fault, at=one.failed_at[:16].replace("T", " ")
        ) + _how(one)
    if len(found) > MOST_NAMED:
        yield _("and {count} more that could not be built.").format(count=len(found) - MOST_NAMED)
    if found:
        yield _(
            "What could not be built met a fault of the program: install the newest dikalo and run dikalo rebuild. Send the words in "
            "brackets above to those who look after dikalo; they hold no answer and no name. Each pull tries again."
        )


def _how(one: SetApart) -> str:
    if one.item is None:
        return " " + _("What is shown of it is as it was before.")
    return " " + _(
        "Read it with: dikalo vault open --item {item} --reason TEXT. What is urgent in it is taken in by hand: dikalo alerts new."
    ).format(item=one.item)


def unread_lines(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield, for the page of an alert or a case, what came of it that nobody could read yet, what waits for that, and who lets it be read."""
    if not found:
        return
    yield ngettext(
        "NOT READ YET: {count} submission, received on {day}. It may contain a refusal, so nothing that names a person is "
        "shared. The team's lists, workbooks and messages continue.",
        "NOT READ YET: {count} submissions, the last received on {day}. They may contain a refusal, so nothing that names a "
        "person is shared. The team's lists, workbooks and messages continue.",
        len(found),
    ).format(count=len(found), day=local(found[0]["received_at"])[:10])
    if any(one["cause"] == "erased" for one in found):
        yield _(
            "What was erased unread can be read no more: ask the person again, on a later day, and write the answer down with: dikalo "
            "consent record CODE PURPOSE=ANSWER (of an alert, the answer alone)."
        )
    reads = {
        "put_aside": "dikalo quarantine list",
        "sealed": "dikalo doctor --open",
        "not_built": "dikalo doctor --open",
    }
    commands = dict.fromkeys(reads[one["cause"]] for one in found if one["cause"] in reads)
    if commands:
        yield _("To see what to do: {commands}").format(commands=" · ".join(commands))
