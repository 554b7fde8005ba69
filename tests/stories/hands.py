"""What a step of the story is made of: an alert is sent, a case opened, somebody interviewed, and each is remembered."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import select

from sync_scripts.store.schema.raw import attachment, submission
from tests import every_decision
from tests.register.field import ALERT, CASE, FOLLOWUP, act, changed, service, victim
from tests.stories.model import AGREED, Alert, Case, Model
from tests.stories.office import BEGIN, OWNERS, SUPERVISOR, Office, Road
from tests.stories.phones import uid

DAYS: Final = 42
AWAY: Final = range(16, 25)
"""The nine days on which the laptop has no network."""
PLACES: Final = (
    {"region": "CM007", "department": "CM007002", "arrondissement": "CM007002002"},
    {"region": "CM010", "department": "CM010001"},
)
ROADS: Final[tuple[Road, ...]] = ("central", "kobo", "folder")
ONLINE: Final[tuple[Road, ...]] = ("central", "kobo")


@dataclass
class Hands:
    """The office, and what is remembered from one step to the next.

    Attributes:
        alerts: how many there are in all.
        cases: how many cases are opened from them, about.
    """

    office: Office
    alerts: int = 200
    cases: int = 60

    def __post_init__(self) -> None:
        """Begin with nothing."""
        self.model = Model()
        self.dice: random.Random = self.office.dice
        self.documented: dict[str, tuple[int, Road]] = {}
        """Case -> its interview, and by what road it came."""
        self.roads: dict[int, Road] = {}
        self.late: tuple[int, str] | None = None
        self.books: dict[str, Path] = {}
        self.seen: list[tuple[str, bytes]] = []
        """What stood on the screen on some days, each with a name."""

    def agrees(self) -> None:
        """See that the register says what was done, and nothing else."""
        found = [*self.model.differences(self.office.workspace.register)]
        assert not found, "\n".join(found)

    # --- in few words ---

    def _alert(self, road: Road, *, photo: str | None = None) -> int:
        danger, consent = self.dice.random() < 0.2, self.dice.choice(["given"] * 8 + ["not_asked", "refused"])
        icon = self.dice.choice(["threat", "arrest", "missing", "sexual"])
        said = self._seen(icon, danger=danger, consent=consent)
        if photo is not None:
            said = changed(said, {"story": {"safe_to_photo": "yes", "photo": photo}})
        number = self.office.send("alert", said, road, files={photo: None} if photo else None)
        state = "dismissed" if consent == "refused" else "received"
        self.model.alerts[number] = Alert(number, self._heard(road), danger, icon, consent, state)
        self.roads[number] = road
        return number

    def _heard(self, road: Road) -> datetime:
        """Return when a clock begins at the latest: when a server has it; when the laptop takes it from the folder."""
        day = (self.office.now - BEGIN).days + 1
        waits = 0 if road != "folder" else AWAY.stop - day if day in AWAY else 0
        return self.office.now + timedelta(days=waits, hours=2 if road == "folder" else 0)

    def _seen(self, icon: str, *, danger: bool, consent: str = "given") -> dict[str, Any]:
        return changed(
            ALERT,
            {
                "gate": {"consent_alert": consent},
                "danger": {"danger_now": "yes" if danger else "no"},
                "what": {"alert_icon": icon},
                "when": {"when_rel": self.dice.choice(["today", "week", "month"])},
                "where": self.dice.choice(PLACES),
                "story": {"safe_to_photo": "no"},
            },
        )

    def _open(self, one: Alert) -> None:
        owner = OWNERS[len(self.model.cases) % len(OWNERS)]
        code = self.office.decide(every_decision.open_case, one.code, owner=owner).case
        one.state, one.case = "opened", code
        self.model.cases[code] = Case(code, owner, self.office.now)

    def _link(self, one: Alert, case: Case) -> None:
        self.office.decide(every_decision.link, one.code, case.code)
        one.state, one.case = "linked", case.code

    def _dismiss(self, one: Alert) -> None:
        done = self.office.decide(every_decision.dismiss, one.code, "Sans fondement, vérifié par téléphone")
        if done.proposal is not None:
            self.office.decide(every_decision.sign, done.proposal, by=SUPERVISOR)
        one.state = "dismissed"

    def _speaks_of_no_rape(self, one: Alert) -> bool:
        """Tell whether an alert may be compared by the coordinator; others are the business of whoever has the case."""
        case = self.model.cases.get(one.case or "")
        return one.icon != "sexual" and (case is None or case.raped is None)

    def _is_calm(self, case: Case) -> bool:
        """Tell whether nothing urgent runs in a case, so that it may be closed."""
        known = case.agreed and case.code in self.documented and case.withdrawn is None
        alerts = [one for one in self.model.alerts.values() if one.case == case.code]
        return bool(known) and not (case.raped or case.arrested or any(one.danger for one in alerts))

    def _triaged(self) -> Alert:
        return next(one for one in self.model.of("triaged") if not one.danger)

    def _of(self, owner: str) -> list[Case]:
        return [one for one in self.model.open_cases() if one.owner == owner]

    def _interview(self, case: Case) -> None:
        now = self.office.now
        alert = next(
            one for one in self.model.alerts.values() if one.case == case.code and one.state == "opened"
        )
        facts: dict[str, Any] = act(1)
        victims = [victim(1)]
        match self.dice.randrange(4):
            case 0:
                facts, case.raped = act(1, "V1 V2", violation="rape"), self._midnight(now)
                victims.append(victim(2))
            case 1:
                case.arrested = now - timedelta(hours=20)
                held = {"arrested_at": case.arrested.isoformat(), "legal_basis": "preliminary"}
                held["prosecutor_seen"] = (now + timedelta(days=2)).date().isoformat()  # as it was promised
                facts = act(1, violation="arbitrary_arrest", detention=held)
        said = changed(
            CASE,
            {
                "header": {"alert_code": alert.code, "doc_date": now.date().isoformat()},
                "incident": {"incident_date": now.date().isoformat(), "department": "CM007002"},
                "victims": victims,
                "acts": [facts],
                "perpetrators": [{"perp_uid": "p1", "perp_no": "1", "actor": "unknown"}],
                "sources": [{"source_uid": "s1", "source_no": "1", "source_at_risk": "no"}],
            },
        )
        road: Road = self.dice.choice(ONLINE)
        self.documented[case.code] = self.office.send("case", said, road), road
        case.agreed = dict(AGREED)

    def _midnight(self, now: datetime) -> datetime:
        """Return the earliest moment that "on this day" can mean at Douala."""
        return (now + timedelta(hours=1)).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(
            hours=1
        )

    def _report(self, case: Case) -> None:
        became = self.dice.choice(["accepted", "ongoing", "done"])
        said = service(case.code, "done" if case.raped else became)
        said = changed(said, {"legal": {"legal_step": "complaint"}, "shelter": {"shelter_code": "x"}})
        self.office.send("followup", changed(FOLLOWUP, said), "central")

    def _files(self, number: int) -> list[str]:
        with self.office.workspace.register.reading() as rows:
            asked = select(attachment.c.state).where(attachment.c.instance_id == uid(number))
            return list(rows.execute(asked).scalars())

    def _marks(self, number: int) -> set[str]:
        with self.office.workspace.register.reading() as rows:
            return set(
                rows.execute(select(submission.c.status).where(submission.c.root_id == uid(number))).scalars()
            )

    def _listed(self) -> str:
        folder = self.office.workspace.settings.publish.folder(self.office.workspace.root)
        return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.rglob("*.csv")))
