"""The invented submissions that travel with the forms: their order, what becomes of them, their codes, and their move to last week.

Reads ``forms/samples``; writes the moved copies into a folder that the demonstration throws away.
"""

from __future__ import annotations

import csv
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sync_scripts.intake.receive.answers import read
from sync_scripts.register.directory.providers import SHELTER
from sync_scripts.register.model.codes import Kind, draw
from xlsform.pack import forms_root

XML = "submission.xml"


@dataclass(frozen=True, slots=True)
class Sample:
    """One filled form. ``round`` 1 or 2; ``times`` how often it is sent; ``decision`` what the invented worker does."""

    name: str
    form: str
    round: int
    kind: str
    road: str
    times: int
    code: str
    decision: str

    @property
    def broken(self) -> bool:
        """Whether no server may take it."""
        return self.kind.startswith("broken")


@dataclass(frozen=True, slots=True)
class DealtCase:
    """A case whose code was dealt in advance, and who is to own it."""

    code: str
    owner: str


def samples_root() -> Path:
    """Return the folder of the samples."""
    return forms_root() / "samples"


def _table(name: str) -> list[dict[str, str]]:
    with (samples_root() / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def index() -> tuple[Sample, ...]:
    """Return every sample in the order of the demonstration."""
    return tuple(
        Sample(
            name=row["sample"],
            form=row["form"],
            round=int(row["round"]),
            kind=row["kind"],
            road=row["road"],
            times=int(row["times"]),
            code=row["code"],
            decision=row["decision"],
        )
        for row in _table("index.csv")
    )


def dealt_cases() -> tuple[DealtCase, ...]:
    """Return the cases that the demonstration opens, in order."""
    return tuple(DealtCase(row["case_code"], row["owner_code"]) for row in _table("cases.csv"))


def invented_providers(today: date) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the directory of services that the samples name: each code with what ``dikalo providers add`` would say.

    The file is the one that phones get, which shows of a shelter the bare code alone: whatever has no service there is one.
    Each entry was checked within the last weeks before ``today``.
    """
    for number, row in enumerate(_table("providers.csv")):
        yield (
            row["name"],
            {
                "name": row["label"],
                "services": row["services"] or SHELTER,
                "department": row["department"],
                "on_phones": True,
                "verified_on": (today - timedelta(days=7 + 3 * number)).isoformat(),
            },
        )


def newest_day(samples: tuple[Sample, ...]) -> date:
    """Return the last day on which any sample was finished."""
    days = (ended_on((samples_root() / sample.name / XML).read_bytes()) for sample in samples)
    return max(day for day in days if day is not None)


def moved_copies(samples: tuple[Sample, ...], to: Path, days: int) -> Iterator[tuple[Sample, Path]]:
    """Yield each sample with the folder of its copy, every date moved by ``days``."""
    for sample in samples:
        source, folder = samples_root() / sample.name, to / sample.name
        shutil.copytree(source, folder)
        (folder / XML).write_bytes(shift((source / XML).read_bytes(), days))
        yield sample, folder


class Dealt:
    """Gives each alert the code of its sample; everything else gets a drawn code."""

    def __init__(self, samples: tuple[Sample, ...]) -> None:
        """Note which code goes to which submission."""
        self._codes = {_root(sample): sample.code for sample in samples if sample.code}

    def __call__(self, kind: Kind, root_id: str) -> str:
        """Return the code of a kind for the submission with this root id."""
        dealt = self._codes.get(root_id) if kind == "AL" else None
        return dealt or draw(kind, root_id)


def _root(sample: Sample) -> str:
    said = read((samples_root() / sample.name / XML).read_bytes()).submission
    return said.root_uuid or said.instance_id


_TEXT = re.compile(rb">[^<]+<")
_DAY = re.compile(rb"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?![\d-])")
_END = re.compile(rb"<end>(\d{4}-\d{2}-\d{2})")


def ended_on(xml: bytes) -> date | None:
    """Return the day on the phone's clock when this submission was finished; None when it does not say."""
    found = _END.search(xml)
    return date.fromisoformat(found.group(1).decode()) if found else None


def shift(xml: bytes, days: int) -> bytes:
    """Return the submission with every date in its answers moved by ``days``; 0 changes no byte.

    Only text between tags is touched, and only what is a date: times of day, identifiers and file names stay.
    """
    if days == 0:
        return xml

    def moved(found: re.Match[bytes]) -> bytes:
        try:
            day = date.fromisoformat(found.group().decode())
        except ValueError:
            return found.group()
        return (day + timedelta(days)).isoformat().encode()

    return _TEXT.sub(lambda text: _DAY.sub(moved, text.group()), xml)
