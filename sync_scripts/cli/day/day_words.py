"""Words that the page of the day and the report of a round share."""

from __future__ import annotations

from collections.abc import Iterator
from gettext import gettext as _

from sync_scripts.register.links.alerts import MANY
from sync_scripts.register.queries.today import Today

__all__ = ["named", "waits"]


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
    yield _("Encrypted and not opened"), found.unopened, "dikalo doctor"
    yield _("Files that lie at their server alone"), found.files_left, "dikalo pull --largest-file MB"
    yield _("Messages that could not be delivered"), found.messages, "dikalo notify list"
