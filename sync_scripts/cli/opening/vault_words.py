"""What was opened, in words: under the page of an alert or a case, or by itself. Opens nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from gettext import gettext as _
from gettext import ngettext
from typing import Any, Final

import click

from sync_scripts.cli.frame.questions import labelled
from sync_scripts.dossier.sentences import entity_words

__all__ = ["told"]

_TITLE: Final = "meta/instanceName"
_CONTACT: Final = "contact"
"""The field of an alert that holds a telephone or a code."""


def told(
    opened: Sequence[dict[str, Any]],
    problems: Sequence[dict[str, str]],
    closed: int,
    *,
    code: str | None,
    below: bool,
) -> Iterator[str]:
    """Yield the lines that say what was opened.

    Args:
        opened: the items, as ``dikalo vault open --json`` shows them.
        problems: key pages that are not as the register says.
        closed: how many items stay closed.
        code: of which alert or case; None where single items were named.
        below: it stands below the page of ``code``: a coordinator reads it, who needs no numbers of items.
    """
    if below:
        yield click.style(_("What was sealed"), bold=True)
    for item in opened:
        content = list(_content(item, code))
        if content:
            yield _heading(item, numbered=not below)
            yield from (f"    {line}" for line in content)
    if below and (code or "").startswith("AL-") and _lacks_contact(opened):
        yield _("Nobody gave a contact with this alert: ask its focal point.")
    for problem in problems:
        yield _("Key page {page} is not as the register says ({problem}); this was written down.").format(
            page=problem["code"][:8], problem=problem["problem"]
        )
    if closed:
        yield ngettext(
            "{n} sealed item stays closed: the person whom it is about withdrew.",
            "{n} sealed items stay closed: the person whom they are about withdrew.",
            closed,
        ).format(n=closed)


def _heading(item: dict[str, Any], *, numbered: bool) -> str:
    """Return what an item is, in words; where ``numbered``, with what opens it alone (``--item``)."""
    entity, _colon, key = item["row"].partition(":")
    for_programs = key.startswith("uuid:") or "-" in key or entity == "attachment"
    words = _("Attached file") if entity == "attachment" else entity_words(entity)
    heading = click.style(words if for_programs or not key else f"{words} {key}", bold=True)
    if numbered:
        heading += f"  [{item['code']}]"
    if item["replaced"]:
        heading = _("{heading}  (an earlier version, replaced since)").format(heading=heading)
    return heading


def _content(item: dict[str, Any], code: str | None) -> Iterator[str]:
    """Yield what was opened; the title that a phone gives to a form is no answer of a person."""
    if "problem" in item:
        yield item["words"]
    for answer in item.get("answers", ()):
        if answer["code"] != _TITLE:
            yield labelled(answer["label"].removesuffix(_(" (optional)")), answer["value"])
    if "text" in item:
        yield from item["text"].splitlines()
    if "name" in item and item["file"]:
        yield _("{name}: put into the folder as {file}").format(name=item["name"], file=item["file"])
    elif "name" in item:
        yield _("{name}: a file; to get it: dikalo vault open {what} --reason TEXT --files FOLDER").format(
            name=item["name"], what=code or f"--item {item['code']}"
        )


def _lacks_contact(opened: Sequence[dict[str, Any]]) -> bool:
    """Tell whether what counts of an alert was opened and holds no contact."""
    alerts = [
        item
        for item in opened
        if item["row"].startswith("alert:") and "answers" in item and not item["replaced"]
    ]
    return bool(alerts) and not any(
        answer["code"] == _CONTACT for item in alerts for answer in item["answers"]
    )
