"""Measure follow-up workbooks: ``python -m tests.bench.export [--cases N ...]``.

Cases are written straight into the register's tables, three services and two interventions each, with a work note;
then ``dikalo followup export`` writes them without a password, in a process of its own. Above 5,000 it needs ``--all``.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sync_scripts.followup.outbound.planning import MOST_ROWS
from sync_scripts.register.model import codes
from sync_scripts.store.canonical import instant
from sync_scripts.store.database import Rows
from sync_scripts.store.schema import register as tables
from sync_scripts.store.workspace import open_workspace
from tests.bench import make
from tests.bench.__main__ import measured

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)
SERVICES = ("health", "pss", "legal")
LEVELS = ("critical", "high", "medium", "low")


def _row(table: Any, **said: Any) -> dict[str, Any]:
    return {**dict.fromkeys(column.name for column in table.columns), **said}


def fill(rows: Rows, count: int) -> None:
    """Write cases as the register would hold them."""
    made: dict[Any, list[dict[str, Any]]] = {
        tables.case: [],
        tables.need: [],
        tables.intervention: [],
    }
    drawn: set[str] = set()
    while len(drawn) < count:
        drawn.add(codes.draw("DK"))
    for number, code in enumerate(drawn):
        made[tables.case].append(
            _row(
                tables.case,
                case_code=code,
                state="follow_up",
                urgency=LEVELS[number % 4],
                owner_code=f"RD-{number % 20:02d}",
                region="CM007",
                department="CM007002",
                opened_at=instant(START),
                next_due=(START + timedelta(days=number % 60)).date().isoformat(),
                work_note="Rappel prévu avec le service, à revoir à la prochaine réunion.",
                confidentiality="C2",
                service_only=False,
                legal_hold=False,
            )
        )
        for rank, service in enumerate(SERVICES):
            need = {"case_code": code, "person_uid": f"p{number}", "service": service, "rank": rank}
            made[tables.need].append(_row(tables.need, filing_no=number, **need))
        made[tables.intervention] += services(number, code)
    for table, some in made.items():
        for start in range(0, len(some), 1000):
            rows.many(table, some[start : start + 1000])


def services(number: int, code: str) -> list[dict[str, Any]]:
    """Return two services planned for the case of a number and code."""
    return [
        _row(
            tables.intervention,
            filing_no=2 * number + at,
            intervention_id=f"i{number}-{at}",
            case_code=code,
            number=at,
            service=SERVICES[at],
            provider_code="PRE-01" if at == 1 else None,
            status="referred",
            requested_on="2026-11-20",
            due_at=instant(START),
            consent_ok=True,
        )
        for at in (1, 2)
    ]


def main() -> None:
    """Measure one export of each size asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, nargs="+", default=[1_000, 10_000])
    for count in parser.parse_args().cases:
        with tempfile.TemporaryDirectory(prefix="dikalo-bench-") as folder:
            root, source = Path(folder) / "workspace", Path(folder) / "source"
            source.mkdir()
            make.workspace(root, source)
            workspace = open_workspace(root, secret=lambda _question: make.DAY)
            with workspace.register.writing() as rows:
                fill(rows, count)
            workspace.close()
            dikalo = (sys.executable, "-m", "sync_scripts", "-C", str(root), "followup", "export")
            ways = [("--all",)] if count > MOST_ROWS else [(), ("--all",)]
            for way in ways:
                name = " ".join((f"export {count} cases", *way))
                target = Path(folder) / "suivi.xlsx"
                measured(name, *dikalo, "--no-password", "--to", str(target), *way, key=make.DAY)
                print(f"  {target.stat().st_size // 1024} kB")  # noqa: T201 - a program that prints its figures


if __name__ == "__main__":
    main()
