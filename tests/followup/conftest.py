"""A small invented book to write and read back, and a desk that was laid once."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sync_scripts.followup.columns import WORKBOOK_STATES, Tier, sheets
from sync_scripts.followup.outbound.content import URGENCIES, CaseFacts, InterventionFacts, in_order, lines
from sync_scripts.followup.outbound.planning import Book, Figure, Filled
from sync_scripts.store.database import Register
from tests.followup.calling import Run, caller, found
from tests.followup.desk import Desk, lay

TODAY = date(2026, 11, 25)

CASE = CaseFacts(
    code="DK-7Q2M4X-B",
    state="follow_up",
    urgency="high",
    owner="C02",
    region="CM007",
    department="CM007002",
    opened_at="2026-10-01T08:00:00.000000Z",
    next_due="2026-11-20",
    note="Rappel prévu.",
    closure=None,
    confidentiality="C2",
    needs=("health", "pss"),
)
REFERRAL = InterventionFacts(
    intervention_id="i1",
    case_code=CASE.code,
    service="health",
    provider="HOP1",
    owner=None,
    due_at="2026-11-26T09:00:00.000000Z",
    requested_on="2026-11-19",
    done_at=None,
    status="referred",
    consent_ok=True,
    note=None,
)
LABELS = {
    "state": {"follow_up": "Suivi", "assessment": "Évaluation des besoins"},
    "urgency": {code: f"{at} · {code}" for at, code in enumerate(URGENCIES, 1)},
    "service": {"health": "Santé", "pss": "Appui psychosocial"},
    "status": {"referred": "Référée", "done": "Terminée"},
    "flag": {"overdue": "▲ En retard", "soon": "● Sous 7 j", "fine": "○ À jour"},
    "yes_no": {"yes": "Oui", "no": "Non"},
    "region": {"CM007": "Nord-Ouest"},
}

MakeBook = Callable[..., Book]


@pytest.fixture
def make_book() -> MakeBook:
    """Return a function that makes a book of some cases."""

    def make(
        cases: tuple[CaseFacts, ...] = (CASE,),
        interventions: tuple[InterventionFacts, ...] = (
            REFERRAL,
            replace(REFERRAL, intervention_id="i2", provider=None),
        ),
        tier: Tier = "T2",
        lang: str = "fr",
    ) -> Book:
        book = Book(
            export_id="01KAT0000000000000000000AB",
            register_id="R",
            exported_at=datetime(2026, 11, 25, 8, tzinfo=UTC),
            today=TODAY,
            expires_on=date(2026, 12, 2),
            tier=tier,
            scope="all",
            lang="fr" if lang == "fr" else "en",
            mark="7K2M",
            demo=True,
            protect=True,
            filled=(),
            lists={
                "state": WORKBOOK_STATES,
                "urgency": URGENCIES,
                "owner": ("C01", "C02"),
                "service": ("health", "pss"),
                "status": ("referred", "done"),
                "closure_reason": ("goals_met",),
                "case": tuple(case.code for case in cases),
            },
            labels=LABELS,
            figures=(Figure("Dossiers par état", (("Suivi", 1),)), Figure("Par urgence", (("Élevée", 1),))),
        )
        filled = tuple(
            Filled(
                sheet,
                tuple(
                    lines(
                        sheet,
                        in_order(cases, interventions),
                        register_id=book.register_id,
                        export_id=book.export_id,
                        today=TODAY,
                        lang=book.lang,
                    )
                ),
            )
            for sheet in sheets(tier)
        )
        return replace(book, filled=filled)

    return make


@pytest.fixture
def desk(sqlite_register: Register, tmp_path: Path) -> Desk:
    """Give a desk of its own, with four cases."""
    return lay(sqlite_register, tmp_path)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a real workspace with three cases."""
    root = tmp_path_factory.mktemp("desk") / "w"
    workspace = found(root, "CO-01")
    lay(workspace.register, root, count=3)
    workspace.close()
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path) -> Path:
    """Give a copy of the workspace that a module's ``template`` made."""
    shutil.copytree(template, tmp_path / "w")
    return tmp_path / "w"


@pytest.fixture
def run(root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``followup …`` there."""
    return caller(root, monkeypatch, capsys)
