"""What people decide on what must not be kept any longer, declared: a plan of erasure confirmed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from gettext import ngettext
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import Declaration, always, named, none_of, option
from sync_scripts.register.purging import confirming

__all__ = ["CONFIRM"]


def _confirm(
    by: By, *, name: str, reason: str, without: tuple[str, ...], reviewed: tuple[str, ...]
) -> dict[str, Any]:
    left_out, looked_at = ([one.strip().upper() for one in some] for some in (without, reviewed))
    done = confirming.confirm(by, name, reason=reason, without=left_out, reviewed=looked_at)
    return {"plan": done[0].plan, "units": [confirming.shown(one) for one in done]}


def _then_run(done: Mapping[str, Any]) -> Iterable[str]:
    yield ngettext(
        "{n} is confirmed. It is erased by: dikalo retention run.",
        "{n} are confirmed. They are erased by: dikalo retention run.",
        len(done["units"]),
    ).format(n=len(done["units"]))


CONFIRM: Final = Declaration(
    name="retention plan",
    decide=_confirm,
    writes=(confirming.CONFIRM,),
    schema="dikalo.retention-confirmed/1",
    about="plan",
    shows=named("plan", "units"),
    asked=("name",),
    own_hand=always,
    effects=_then_run,
    together=(
        none_of(
            ("reason", "without", "reviewed"),
            N_("--reason, --without and --reviewed go with --confirm PLAN."),
            when=lambda said: said["name"] is None,
        ),
    ),
    arguments=(
        option("name", N_("Confirm the plan of this name."), N_("PLAN"), option="confirm"),
        option("without", N_("Leave this one out. May be repeated."), N_("CODE"), several=True),
        option(
            "reviewed",
            N_("You looked at this one, which asks for a review first. May be repeated."),
            N_("CODE"),
            several=True,
        ),
    ),
)
