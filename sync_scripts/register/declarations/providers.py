"""What people decide on the directory of services, declared: an entry written or changed, a whole file of them, an entry checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from gettext import ngettext
from pathlib import Path
from typing import Any, Final

from sync_scripts.errors import N_
from sync_scripts.register.decisions.base import By
from sync_scripts.register.declarations import CODE, Declaration, named, option, place
from sync_scripts.register.directory import providers
from sync_scripts.register.directory.providers_file import FileRows, read
from sync_scripts.register.rules.clocks import local_day
from sync_scripts.register.rules.ruleset import load


def _add(by: By, code: str, **said: Any) -> dict[str, Any]:
    return {"provider": providers.set_provider(by, code, said)}


def _read(said: Mapping[str, Any], now: datetime) -> FileRows:
    return read(said["file"].read_bytes(), local_day(now, load()))


def _import(by: By, _file: Path, *, read: FileRows) -> dict[str, Any]:
    for row in read.good:
        providers.set_provider(by, row.code, row.said)
    return {"rows": len(read.good), "taken": len(read.good), "bad": []}


def _taken(done: Mapping[str, Any]) -> Iterator[str]:
    yield ngettext("{n} provider was taken.", "{n} providers were taken.", done["taken"]).format(
        n=done["taken"]
    )


def _verify(by: By, code: str, *, on: date | None) -> dict[str, Any]:
    return {"code": providers.verify(by, code, on)}


ADD: Final = Declaration(
    name="providers add",
    decide=_add,
    writes=("provider.set",),
    schema="dikalo.provider/1",
    about=lambda done: done["provider"]["provider_code"],
    shows=named("provider"),
    reason=False,
    arguments=(
        CODE,
        option("name", "Name of the organisation.", N_("NAME")),
        option("services", 'What it gives, such as "health pss".', N_("SERVICES")),
        option("department", "Where it is, such as CM007002.", N_("P-CODE")),
        option("opening", "When it is open.", N_("TEXT")),
        option("contact", "How it is reached; never sent to phones.", N_("TEXT")),
        option(
            "on_phones",
            "Whether phones may choose it; a shelter is sent as a bare code.",
            option="phones/--no-phones",
            kind="either",
        ),
        option("verified_on", "Day on which somebody checked it.", N_("DAY"), option="checked"),
    ),
)
IMPORT: Final = Declaration(
    name="providers import",
    decide=_import,
    writes=(),
    schema="dikalo.provider_import/1",
    about=lambda _done: "",
    reason=False,
    reads=_read,
    asked=lambda said: not said["read"].bad,
    effects=_taken,
    arguments=(place("file", N_("FILE"), kind="file"),),
)
VERIFY: Final = Declaration(
    name="providers verify",
    decide=_verify,
    writes=("provider.verify",),
    schema="dikalo.provider_verify/1",
    shows=named("code"),
    reason=False,
    arguments=(
        CODE,
        option("on", "The day; today without it.", N_("DAY"), kind="day"),
    ),
)
