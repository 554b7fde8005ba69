"""That an alert or a case was erased, when and why: the first line of its page. Prints nothing by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from gettext import gettext as _
from typing import Any

from sync_scripts.cli.frame.listing import local

__all__ = ["erased_line", "rule_words"]


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
