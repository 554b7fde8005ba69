"""From written scenarios to the sample submissions, through the engine. Used by hand and by the tests, never shipped.

The engine lives today and the samples end on a fixed day, so each one is filled today, with dates relative to its own
day, and is then moved back by whole days. Afterwards come the named steps of ``steps``.
"""

from __future__ import annotations

import csv
import io
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pyxform.xls2xform import convert

from sync_scripts.demo.samples import shift
from tests import clock
from tests.samples import files, steps
from xlsform import pack
from xlsform.engine import Filled, Setting, edit, fill
from xlsform.lesson.scenario import Prepared, Scenario, prepare, scenarios
from xlsform.model import Resolved, resolve
from xlsform.sources import source

FORMS = pack.forms_root()
SAMPLES = FORMS / "samples"
ORDER = ("alert", "case", "followup", "closure", "situation")
INDEX = (
    "sample",
    "form",
    "round",
    "kind",
    "of",
    "road",
    "times",
    "language",
    "metadata",
    "code",
    "decision",
    "media",
)


@dataclass(frozen=True)
class Kit:
    """A form as a phone holds it: its XForm, its questions, the folder of its lists."""

    xform: str
    form: Resolved
    media: Path


@dataclass(frozen=True)
class Made:
    """One sample: its form, its submission, its files, and what it came from."""

    scenario: Scenario
    form: str
    xml: bytes
    media: Mapping[str, bytes]

    @property
    def folder(self) -> str:
        """Return the folder under ``forms/samples``."""
        return f"{self.form}/{self.scenario.id}"


class NotAsFilled(Exception):
    """A scenario that a phone would not let through as it is written."""


def make() -> dict[str, bytes]:
    """Return every file of ``forms/samples`` that is made: path below it -> bytes."""
    with tempfile.TemporaryDirectory(prefix="dikalo-samples-") as folder:
        kits = {name: _kit(name, Path(folder)) for name in ORDER}
        made = list(_all(kits))
    out = {f"{one.folder}/{name}": body for one in made for name, body in one.media.items()}
    out |= {f"{one.folder}/submission.xml": one.xml for one in made}
    return {"index.csv": index(made), **dict(sorted(out.items()))}


def save(made: Mapping[str, bytes], target: Path) -> None:
    """Write the files, in place of all that had been made before."""
    for name in ORDER:
        shutil.rmtree(target / name, ignore_errors=True)
    for path, body in made.items():
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(body)


def index(made: Iterable[Made]) -> bytes:
    """Return ``index.csv``: the samples in the order in which the demonstration uses them."""
    out = io.StringIO()
    rows = csv.DictWriter(out, INDEX, lineterminator="\n")
    rows.writeheader()
    for one in sorted(made, key=_turn):
        rows.writerow(_row(one))
    return out.getvalue().encode()


def _kit(name: str, folder: Path) -> Kit:
    """Convert the committed workbook, as a server does, and lay its lists beside it."""
    raw = (FORMS / f"{name}.xlsx").read_bytes()
    xform = str(convert(raw, form_name="data", warnings=[]).xform)
    _lists(folder)
    return Kit(xform, resolve(source.load(FORMS / "src" / f"{name}.yaml")), folder)


def _lists(folder: Path) -> None:
    """Lay down the lists that the register publishes: the cases dealt in advance, the invented providers."""
    with (SAMPLES / "cases.csv").open(encoding="utf-8", newline="") as file:
        cases = [
            (row["case_code"].lower(), row["case_code"], row["department"], row["due"], row["status"])
            for row in csv.DictReader(file)
        ]
    lines = [",".join(row) for row in [("name", "label", "department", "due", "status"), *cases]]
    (folder / "cases.csv").write_text("\n".join(lines) + "\n", "utf-8")
    shutil.copy(SAMPLES / "providers.csv", folder / "providers.csv")
    shutil.copy(FORMS / "media" / "arrondissements.csv", folder / "arrondissements.csv")


def _all(kits: Mapping[str, Kit]) -> Iterator[Made]:
    made: dict[str, Made] = {}
    for form in ORDER:
        for scenario in scenarios(SAMPLES / "scenarios" / f"{form}.yaml"):
            made[scenario.id] = _new(kits[form], form, scenario)
    yield from made.values()
    for scenario in scenarios(SAMPLES / "scenarios" / "edits.yaml"):
        sent = made[scenario.of]
        yield _edited(kits[sent.form], scenario, sent)


def _new(kit: Kit, form: str, scenario: Scenario) -> Made:
    today = clock.phone_today()
    prepared = prepare(scenario, kit.form, today)
    setting = Setting(language=scenario.language, media=kit.media)
    filled = fill(kit.xform, prepared.answers, setting, empty=_empty(kit.form, prepared.answers))
    xml = _back(_taken(filled, scenario), scenario, today)
    xml = steps.clock(steps.lasting_ids(xml, scenario.id), start=scenario.opened, end=scenario.finished)
    for step in (steps.METADATA.get(scenario.metadata), steps.DAMAGE.get(scenario.broken)):
        xml = step(xml) if step else xml
    return Made(scenario, form, xml, _media(prepared))


def _empty(form: Resolved, answers: Mapping[str, str]) -> list[str]:
    """Return the repeats of which a scenario has no row."""
    repeats = ["/".join(section.path) for section in form.sections if section.repeat]
    return [path for path in repeats if not any(answer.startswith(f"{path}[") for answer in answers)]


def _edited(kit: Kit, scenario: Scenario, sent: Made) -> Made:
    today = clock.phone_today()
    prepared = prepare(scenario, kit.form, today)
    before = shift(sent.xml, (today - scenario.opened.date()).days)
    setting = Setting(language=sent.scenario.language, media=kit.media)
    filled = edit(kit.xform, before, prepared.answers, without=scenario.without, setting=setting)
    xml = _back(_taken(filled, scenario), scenario, today)
    xml = steps.clock(steps.lasting_ids(xml, scenario.id, known=sent.xml), start=None, end=scenario.finished)
    return Made(scenario, sent.form, xml, {**sent.media, **_media(prepared)})


def _taken(filled: Filled, scenario: Scenario) -> bytes:
    said = [f"{refusal.path} ({refusal.reason}): {refusal.message}" for refusal in filled.refused]
    said += [f"{path}: never asked" for path in filled.unused if not _may_be_left(path, scenario)]
    if said:
        raise NotAsFilled(scenario.id, *said)
    return filled.submission


def _may_be_left(path: str, scenario: Scenario) -> bool:
    """Tell whether the form need not ask it: a default of the file, or the yes/no before a repeat."""
    name = path.rpartition("/")[2]
    return name in scenario.defaults or name.endswith("_any")


def _back(xml: bytes, scenario: Scenario, today: date) -> bytes:
    return shift(xml, (scenario.opened.date() - today).days)


def _media(prepared: Prepared) -> dict[str, bytes]:
    return {name: files.made(name, kind) for name, kind in prepared.files.items()}


def _turn(one: Made) -> tuple[int, int, str]:
    """Round 1: alerts, then the damaged ones; round 2: cases, follow-ups, closures, situations, then edits."""
    kind = ("new", "broken", "edit").index(_kind(one))
    return (_round(one), 99 if kind == 2 else ORDER.index(one.form) * 2 + kind, one.scenario.id)


def _kind(one: Made) -> str:
    return "edit" if one.scenario.of else "broken" if one.scenario.broken else "new"


def _round(one: Made) -> int:
    return 1 if one.form == "alert" and not one.scenario.of else 2


def _row(one: Made) -> dict[str, str | int]:
    scenario = one.scenario
    return {
        "sample": one.folder,
        "form": one.form,
        "round": _round(one),
        "kind": (scenario.broken and f"broken:{scenario.broken}") or _kind(one),
        "of": f"{one.form}/{scenario.of}" if scenario.of else "",
        "road": "folder" if scenario.metadata == "kobo" else "post",
        "times": scenario.times,
        "language": scenario.language or "",
        "metadata": scenario.metadata,
        "code": scenario.code,
        "decision": scenario.coordinator,
        "media": " ".join(sorted(one.media)),
    }
