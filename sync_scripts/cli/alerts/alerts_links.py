"""``dikalo alerts links``: alerts that may tell of one event, side by side, and what a person said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any

from sync_scripts.cli.alerts.pairs import Asked, pairs_options, rest
from sync_scripts.cli.frame.listing import local, rows_listed, table
from sync_scripts.cli.frame.shell import Shell, command, pass_shell
from sync_scripts.register.history.visibility import sight_of
from sync_scripts.register.links.compare import reasons_in_words
from sync_scripts.register.links.views import proposals
from sync_scripts.register.rules.kinds import label, labels
from sync_scripts.register.rules.link_rules import load

__all__ = ["links"]

Line = Mapping[str, Any]


@command("links")
@pairs_options(
    opened=_(
        "With a CODE: compare the sealed places and contacts, too. Asks for the vault passphrase; who and why is written "
        "down first. - asks for the reason."
    )
)
@pass_shell
def links(shell: Shell, code: str | None, *, everything: bool, reason: str | None) -> None:
    """Show the proposals; nothing that is sealed and no tag of a contact."""
    asked = Asked(code, reason)
    asked.require_code(_("--open needs the CODE of an alert."))
    with shell.reading() as (workspace, rows):
        sight = sight_of(rows, workspace.actor())
        found = proposals(rows, sight, code=code, everything=everything)
    shown = [
        {**group, "links": [_with_words(line, shell.lang) for line in group["links"]]}
        for group in found.groups
    ]
    document = {"schema": "dikalo.alert_links/2", "groups": shown, "hidden": found.hidden}
    asked.show(shell, document, _told(shown, found.hidden, detailed=code is not None))


def _with_words(line: Line, lang: str) -> dict[str, Any]:
    words = reasons_in_words(line["reasons"], lang, load())
    return {**line, "reasons_in_words": [{"rule": rule, "text": text} for rule, text in words]}


def _told(found: Sequence[Line], hidden: int, *, detailed: bool) -> Iterator[str]:
    if not found:
        yield _("No two alerts are proposed as one event.")
    elif detailed:
        for group in found:
            yield from _group(group)
    else:
        yield from _list(found)
        yield _("Each alert stands in a group here; what is beside one: dikalo alerts links CODE.")
    if hidden:
        told = ngettext(
            "{n} pair is not shown: it tells of sexual violence and is shown to the worker in charge of the case, or to the "
            "coordinator while there is none.",
            "{n} pairs are not shown: they tell of sexual violence and are shown to the worker in charge of the case, or to "
            "the coordinator while there is none.",
            hidden,
        )
        yield told.format(n=hidden)


def _group(group: Line) -> Iterator[str]:
    """Yield the pairs of a group, a line after each, and how many more there are."""
    for line in group["links"]:
        yield from _side_by_side(line)
        yield ""
    code, mark = group["code"], group["mark"]
    many = len(group["links"]) + group["more"] > 1
    yield from rest(
        group["more"],
        f"dikalo alerts links {code} --all",
        f"dikalo alerts decide {code} {mark} same_event|related|not_same" if many else "",
    )


def _list(found: Sequence[Line]) -> Iterator[str]:
    headings = [
        _("alert"),
        _("alert"),
        _("more"),
        _("likelihood"),
        _("points"),
        _("decided"),
        _("department"),
        _("facts"),
    ]
    return rows_listed(
        headings,
        (
            (
                line["alerts"][0]["code"],
                line["alerts"][1]["code"],
                len(group["links"]) - 1 + group["more"] or None,
                label("link_level", line["level"]),
                line["points"],
                label("link_decision", line["decision"]),
                label("cm_admin:department", line["alerts"][1]["department"]),
                labels("alert_icon", line["alerts"][1]["icons"]),
            )
            for group in found
            for line in group["links"][:1]
        ),
        order=(
            (_("department"), 0),
            (_("facts"), 14),
            (_("points"), 0),
            (_("likelihood"), 10),
            (_("facts"), 0),
        ),
    )


def _side_by_side(line: Line) -> Iterator[str]:
    first, second = line["alerts"]
    yield from table(
        ["", first["code"], second["code"]],
        (
            (name, one, other)
            for (name, one), (_name, other) in zip(_about(first), _about(second), strict=True)
            if one or other
        ),
    )
    yield _("{level}, {points} points; {decision}").format(
        level=label("link_level", line["level"]),
        points=line["points"],
        decision=_decision(line),
    )
    yield from (f"- {reason['text']}" for reason in line["reasons_in_words"])


def _decision(line: Line) -> str:
    word = label("link_decision", line["decision"])
    if not line["decided_by"]:
        return word
    told = _("{decision} ({who}, {when})").format(
        decision=word, who=line["decided_by"], when=local(line["decided_at"])
    )
    if line["decision_reason"]:
        told = _("{told}, reason: {reason}").format(told=told, reason=line["decision_reason"])
    return told


def _about(alert: Line) -> Iterator[tuple[str, object]]:
    first, last = alert["date_min"], alert["date_max"]
    yield _("State"), label("alert_state", alert["state"])
    yield _("Urgency"), label("urgency", alert["urgency"])
    yield _("Case"), alert["case_code"]
    yield _("Received"), local(alert["received_at"])
    yield _("When"), first if first == last else _("{first} to {last}").format(first=first, last=last)
    yield _("Department"), label("cm_admin:department", alert["department"])
    yield _("Subdivision"), label("cm_admin:arrondissement", alert["arrondissement"])
    yield _("What happened"), labels("alert_icon", alert["icons"])
    yield _("Who"), labels("victim_kind", alert["victim_kind"])
    yield _("How many"), label("victim_count", alert["victim_count"])
    yield _("Alleged author"), label("actor_kind", alert["actor_kind"])
    yield _("How it is known"), label("info_source", alert["info_source"])
    yield _("Focal point"), alert["reporter_code"]
