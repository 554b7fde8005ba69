"""Measure the form check: the case form, and how the time grows with the rows. Prints figures, judges nothing."""

from __future__ import annotations

import itertools
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from xlsform import convert as converting
from xlsform import pack, rules
from xlsform.convert import convert
from xlsform.findings import inspection
from xlsform.model import Choice, Form, Place, Row
from xlsform.workbooks import ooxml, workbook, writing

REPEATS = 7
"""Each figure is the quickest of so many."""
SIZES = (250, 500, 1_000, 2_000)


def seconds(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the quickest of some runs, each as in a program that has just started."""
    times = []
    for _ in range(REPEATS):
        forget()
        before = time.process_time()
        work()
        times.append(time.process_time() - before)
    return min(times)


def forget() -> None:
    """Forget the workbooks that were read before: a command reads each of its own once."""
    for kept in (workbook._filled, ooxml._looked, converting._made):
        kept.cache_clear()


def show(name: str, took: float) -> None:
    """Print one figure as a line of JSON."""
    print(json.dumps({"what": name, "cpu_s": round(took, 4)}), flush=True)  # noqa: T201 - a program that prints its figures


def long_form(count: int) -> Form:
    """Return a form of many rows: groups of ten, each row hanging on the one before, calculations over all."""
    survey: list[Row] = []
    for number in range(count):
        place = Place("f.xlsx", None, "survey", number + 2)
        if number % 10 == 0:
            survey.append(Row("begin_group", f"g{number}", {}, {"label": {"": "G"}}, place))
        elif number % 10 == 9:
            survey.append(Row("end_group", "", {}, {}, place))
        elif number % 10 == 8:
            survey.append(
                Row(
                    "calculate",
                    f"q{number}",
                    {"calculation": f"count-selected(${{q{number - 1}}})"},
                    {},
                    place,
                )
            )
        else:
            cells = {"relevant": f"${{q{number - 1}}} = 'yes'"} if number % 10 > 1 else {}
            survey.append(
                Row("select_one l", f"q{number}", cells, {"label": {"": f"Question {number}"}}, place)
            )
    choices = tuple(Choice(name, {"label": {"": name}}) for name in ("yes", "no"))
    settings = {"form_id": "long", "version": "2026112501", "form_title": "Long"}
    return Form({}, settings, tuple(survey), {"l": choices}, file="f.xlsx")


def measure() -> None:
    """Print what each part of checking the case form costs, and the growth of rules and of the whole check."""
    case = pack.find("case").workbook
    raw = case.read_bytes()
    form = workbook.read(raw, file=case.name).form
    inspection.inspect(case)  # everything imported, as after the start of the program
    show("case: read the workbook", seconds(lambda: workbook.read(raw, file=case.name)))
    show("case: all rules", seconds(lambda: rules.check(form)))
    show("case: converter (pyxform)", seconds(lambda: convert(raw, form=form)))
    show("case: the whole check of the workbook", seconds(lambda: inspection.inspect(case)))
    source = pack.find("case").source
    if source is not None:
        show("case: the whole check of the source", seconds(lambda: inspection.inspect(source)))
    times: dict[str, list[tuple[int, float]]] = {"rules": [], "whole check": []}
    with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
        for count in SIZES:
            made = long_form(count)
            path = Path(folder, f"f{count}.xlsx")
            path.write_bytes(writing.write(made))
            times["rules"].append((count, seconds(lambda made=made: rules.check(made))))  # type: ignore[misc]  # bound now
            times["whole check"].append((count, seconds(lambda path=path: inspection.inspect(path))))  # type: ignore[misc]
    for name, some in times.items():
        for count, took in some:
            show(f"{name}, {count} rows", took)
        for (small, before), (large, after) in itertools.pairwise(some):
            grown = math.log(after / before) / math.log(large / small)
            print(f"exponent of the {name}, {small} -> {large} rows: {grown:.2f}")  # noqa: T201 - as above
