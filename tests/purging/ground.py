"""A source with a few alerts and a case, pulled for real, so that there is something sealed to erase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage

from sync_scripts.intake.completeness.soundness import checks
from sync_scripts.register.care import rebuild
from sync_scripts.register.purging import carrying, confirming
from sync_scripts.store.database import Actor
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal import erasing
from sync_scripts.store.vault.pages import decrypt_page
from tests import every_decision
from tests.intake.scene import COORDINATOR, VERSION, Scene, alert, scene, story, uid
from tests.store.databases import World, every_byte

CANARY = "Kanari Zebulon 677112233"
OTHER = "Somebody else entirely"
VOICE = b"voice of nobody " * 400
TYPED = Actor("coord-1", "claimed")


def calm(number: int, answers: str = "", *, meta: str = "", consent: str = "given") -> bytes:
    """Return an alert that one person may dismiss."""
    made = alert(number, answers, meta=meta).decode()
    made = made.replace("<danger_now>yes", "<danger_now>no").replace(
        "<alert_icon>arrest", "<alert_icon>threat"
    )
    return (
        made.replace("<when_rel>today", "<when_rel>week")
        .replace("<consent_alert>given", f"<consent_alert>{consent}")
        .encode()
    )


def photo(name: str = "v.amr") -> str:
    """Return the answer that names a voice message, beside a sealed text."""
    return f"<story><voice>{name}</voice><short_text>{CANARY}</short_text></story>"


def case(number: int, name: str = CANARY, *, stats: str = "yes", meta: str = "") -> bytes:
    """Return a documented case of one person as a phone writes it."""
    return (
        f'<data id="case" version="{VERSION}">'
        f"<gate><start>2026-11-24T09:00:00.000+01:00</start><end>2026-11-24T10:00:00.000+01:00</end>"
        f"<interview_private>yes</interview_private><consent_case>yes</consent_case></gate>"
        f"<header><case_known>no</case_known><doc_date>2026-11-24</doc_date><documenter_code>EN-01</documenter_code></header>"
        f"<consent><consent_by>self</consent_by><c_document>yes</c_document><c_services>yes</c_services>"
        f"<c_stats>{stats}</c_stats><confidentiality>C2</confidentiality></consent>"
        f"<incident><incident_date>2026-11-18</incident_date><date_precision>exact</date_precision>"
        f"<region>CM007</region><department>CM007002</department><place_type>home</place_type>"
        f"<narrative>{name} told it</narrative></incident>"
        f"<victims><victim_uid>v{number}</victim_uid><victim_no>1</victim_no><unit>individual</unit>"
        f"<consent_covers>yes</consent_covers><victim_sex>f</victim_sex><age>34</age><age_band>25_59</age_band>"
        f"<full_name>{name}</full_name><displacement>idp</displacement></victims>"
        f"<acts><act_uid>a{number}</act_uid><act_no>1</act_no><violation>threat</violation><act_victims>V1</act_victims></acts>"
        f"<dikalo_form>case</dikalo_form><dikalo_version>{VERSION}</dikalo_version>"
        f"<meta><instanceID>{uid(number)}</instanceID>{meta}</meta></data>"
    ).encode()


@dataclass
class Ground:
    """A scene in which people decide and erase."""

    scene: Scene

    def do(self, what: Callable[..., Any], *words: Any, by: Actor = COORDINATOR, **more: Any) -> Any:
        """Decide one thing in a transaction of its own."""
        self.scene.now += timedelta(minutes=1)
        with every_decision.deciding(self.scene.register, by, self.scene.now) as hand:
            return what(hand, *words, **more)

    def plan(self) -> confirming.Plan:
        """Return what is due now."""
        with self.scene.register.reading() as rows:
            return confirming.plan(rows, self.scene.now)

    def confirm(self, **more: Any) -> list[confirming.Confirmed]:
        """Confirm the plan as it stands."""
        self.scene.now += timedelta(minutes=1)
        with every_decision.deciding(self.scene.register, COORDINATOR, self.scene.now) as hand:
            name = confirming.plan(hand.rows, self.scene.now).id
            done: list[confirming.Confirmed] = confirming.confirm(hand, name, reason="time is over", **more)
        return done

    def run(self) -> list[carrying.Done]:
        """Carry out everything that was confirmed, as the command does."""
        self.scene.now += timedelta(minutes=1)
        return list(carrying.run(self.scene.register, COORDINATOR, self.scene.now))

    def erase_all_due(self, **more: Any) -> list[carrying.Done]:
        """Confirm what is due and carry it out."""
        self.confirm(**more)
        return self.run()

    def later(self, **gone: float) -> None:
        """Let time go on."""
        self.scene.now += timedelta(**gone)

    def code(self, number: int) -> str:
        """Return the code of the alert of a number."""
        (row,) = [row for row in self.scene.rows(tables.alert) if row["alert_id"] == uid(number)]
        return str(row["code"])

    def alert(self, number: int) -> dict[str, Any]:
        """Return the row of an alert."""
        (row,) = [row for row in self.scene.rows(tables.alert) if row["alert_id"] == uid(number)]
        return row

    def case(self) -> dict[str, Any]:
        """Return the row of the only case."""
        (row,) = self.scene.rows(tables.case)
        return row

    def everything(self) -> bytes:
        """Return all that can be read with V, R and O: every table, every opened item, and the bytes of every file."""
        found = [repr(self.scene.dump()).encode()]
        with self.scene.world.vault() as vault:
            with self.scene.register.reading() as rows:
                from sync_scripts.store.vault import items_where

                items = items_where(rows)
            found += [one.data for one in vault.open_items("test", items) if one.problem is None]
        return b"\n".join([*found, every_byte(self.scene.register.folder)])

    def keys(self) -> set[str]:
        """Return every key that V finds in the pages."""
        secret = pyrage.x25519.Identity.from_str(self.scene.world.holders["V"].secret)
        pages = self.scene.rows(raw.key_page)
        return {
            key for page in pages for _n, _kind, key in decrypt_page(page["id"], page["blob"], secret).items
        }

    def sound(self) -> bool:
        """Tell whether the register is whole, and a rebuild gives the same."""
        self.scene.register.settle()
        with self.scene.register.reading() as rows:
            wrong = [one for one in checks(rows, self.scene.register) if one.wrong]
        assert not wrong
        return rebuild.check(self.scene.register, self.scene.now).differing == ()

    def erased_ids(self) -> set[str]:
        """Return what may not come again."""
        return {row["id"] for row in self.scene.rows(raw.erased)}

    def gone(self, number: int) -> bool:
        """Tell whether an instance id is on the list of what was erased."""
        with self.scene.register.reading() as rows:
            return uid(number) in erasing.among(rows, [uid(number)])


def ground(world: World, folder: Path) -> Ground:
    """Return a register with two alerts, one of them with a voice message, and people."""
    made = Ground(scene(world, folder))
    made.scene.lay("a1", calm(1, photo()), {"v.amr": VOICE})
    made.scene.lay("a2", calm(2, story(OTHER)))
    made.scene.pull()
    # who coordinates last: until then whoever is there names the others
    for code, roles in (("RD-01", "case_owner"), ("SU-01", "supervisor"), ("CO-01", "coordinator")):
        made.do(every_decision.name_worker, code, roles)
    return made
