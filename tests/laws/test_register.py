"""Laws of the one policy that hold of a whole register, whatever phones and people do: random work, looked at after each step."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from sync_scripts.register.case import custody
from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.consents.checks import CHECK
from sync_scripts.register.policy import standing as reading
from sync_scripts.register.policy.standing import Standing
from sync_scripts.register.rules.kinds import FALLEN, LIMITS, NEWS
from sync_scripts.store.database import Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.seal.sealed_items import Holder, Identity
from tests import every_decision
from tests.daily.telling import ALL, held
from tests.decisions.work import ALERT_CODE, CASE_CODE, OWNER, SUPERVISOR, begin
from tests.examples import tried
from tests.laws.histories import LEVELS
from tests.register.copies import copied
from tests.register.field import ALERT, CASE, FOLLOWUP, act, changed, dealt, known
from xlsform.errors import Worded

SECOND: Final = dealt(1, "AL")
SHORT: Final = tried(40)
LONG: Final = tried(1_500)
Make = Callable[[], Register]
_LOOKED_AT: Final = ("", "", "")


@pytest.fixture
def fresh(template_file: Path, holders: dict[Holder, Identity], tmp_path: Path) -> Make:
    """Give a function that makes an empty register in the place of the one before."""
    return lambda: copied(template_file, holders, tmp_path)


class Days:
    """Phones and people at random work on one case and two alerts; nothing that they tell depends on the day on which it is asked."""

    def __init__(self, register: Register, chance: random.Random) -> None:
        self.work, self.chance = begin(register), chance
        self.began = self.work.field.now
        self.did: Callable[..., Any] | None = None
        register.destinations = (ALL,)
        self.said: dict[tuple[str, str], list[Mapping[str, Any]]] = {
            ("alert", "r1"): [ALERT],
            ("case", "c1"): [
                changed(CASE, {"header": {"alert_code": ALERT_CODE}, "acts": self.held_for(30)})
            ],
        }

    def new_form(self) -> None:
        """Let a new form come."""
        number = len(self.said)
        self.work.field.later(hours=self.chance.choice((1, 30)))
        form, said = self.chance.choice(
            (
                ("alert", self.alert(ALERT)),
                ("case", known(CASE_CODE, self.interview(CASE))),
                ("followup", changed(FOLLOWUP, {"header": {"case_code": CASE_CODE}})),
            )
        )
        self._send(form, f"x{number}", said)

    def edit(self) -> None:
        """Let a form be edited on a phone, or sent once more as it was."""
        form, root = self.chance.choice(sorted(self.said))
        last = self.said[form, root][-1]
        change = {"alert": self.alert, "case": self.interview}.get(form, lambda said: said)
        self._send(form, root, change(last))

    def repeat(self) -> None:
        """Let a phone send a form once more as it was; of a custody hours go by, which the rules read anew."""
        form, root = self.chance.choice(
            sorted(one for one, said in self.said.items() if "arrested_at" not in str(said[-1]))
        )
        self._send(form, root, self.said[form, root][-1])

    def decide(self) -> None:
        """Let somebody decide; what is refused changes nothing."""
        level = self.chance.choice((*LEVELS, None))
        yes = self.chance.choice(("yes", "no"))
        what, *words = self.chance.choice(
            (
                (every_decision.set_urgency, CASE_CODE, level),
                (every_decision.triage, SECOND),
                (every_decision.triage, SECOND, level),
                (every_decision.dismiss, SECOND, "a rumour"),
                (consents.withdraw, CASE_CODE),
                (every_decision.correct, CASE_CODE, "assessment.1.suicide_risk", yes),
                (every_decision.correct, SECOND, "alert.danger_now", yes),
                (
                    every_decision.correct,
                    SECOND,
                    "alert.icons",
                    self.chance.choice(("threat", "killing", "missing")),
                ),
                (every_decision.restore, SECOND, "alert.icons"),
            )
        )
        named = {"urgency": words.pop()} if what is every_decision.triage and len(words) > 1 else {}
        named |= {} if what is every_decision.dismiss else {"reason": "asked"}
        named |= {"person": "V1"} if what is consents.withdraw else {}
        self.did = what
        with suppress(Worded):
            done = self.work.do(what, *words, by=OWNER, **named)
            if getattr(done, "proposal", None) is not None:
                self.work.do(every_decision.sign, done.proposal, by=SUPERVISOR)

    def alert(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return an alert in which something is told otherwise."""
        pick = self.chance.choice
        return changed(
            said,
            pick(
                (
                    {"danger": {"danger_now": pick(("yes", "no"))}},
                    {"what": {"alert_icon": pick(("threat", "killing", "missing", "sexual"))}},
                    {"when": {"when_rel": pick(("week", "older"))}},
                )
            ),
        )

    def interview(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Return an interview in which something is told otherwise."""
        pick = self.chance.choice
        near = pick(("yes", "no"))
        held = {"acts": self.held_for(pick((2, 20, 30)))}
        if "arrested_at" in str(said) and pick((True, False)):
            return changed(said, held)
        return changed(
            said,
            pick(
                (
                    {"needs": {"suicide_risk": pick(("yes", "no"))}},
                    {"risk": {"threats_continue": near, "perp_near": near}},
                    {"risk": {"retaliation_risk": pick(("low", "high"))}},
                    {"acts": [act(1, violation=pick(("threat", "killing", "burning")))]},
                    held,
                )
            ),
        )

    def held_for(self, hours: int) -> list[dict[str, Any]]:
        """Return that somebody was arrested so long before all this began."""
        at = {"arrested_at": (self.began - timedelta(hours=hours)).isoformat(), "legal_basis": "preliminary"}
        return [act(1, violation="arrest_arbitrary", detention=at)]

    def _send(self, form: str, root: str, said: Mapping[str, Any]) -> None:
        sent = self.said.setdefault((form, root), [])
        if sent or form != "followup":
            self.work.field.send(form, root, said, edit=len(sent))
        else:
            self.work.field.send(form, root, said)
        sent.append(said)

    # --- what stands ----------------------------------------------------------------------------------------------

    def levels(self) -> dict[str, str]:
        """Return the level that counts of each alert and case."""
        field = self.work.field
        return {row["code"]: row["level"] for row in field.rows(tables.alert)} | {
            row["case_code"]: row["level"] for row in field.rows(tables.case)
        }

    def asked(self) -> set[tuple[str, str, str, str]]:
        """Return what is asked about danger that nobody has decided on."""
        rows = self.work.field.rows(tables.task)
        return {
            (row["subject"], row["kind"], row["level"], row["due_at"])
            for row in rows
            if row["kind"] in NEWS and row["done_at"] is None
        }

    def limits(self) -> dict[tuple[str, str, str], str]:
        """Return when the first reminder of each limit is due, and, under no subject, what is looked at because one fell."""
        found: dict[tuple[str, str, str], str] = {}
        for row in (one for one in self.work.field.rows(tables.task) if one["done_at"] is None):
            key = (row["kind"], row["subject"], row["about"] or "") if row["kind"] in LIMITS else _LOOKED_AT
            if row["kind"] in LIMITS | {FALLEN, CHECK}:
                found[key] = min(row["due_at"], found.get(key, row["due_at"]))
        return found

    def told(self) -> Counter[str]:
        """Return how often somebody was told, by what it was about."""
        return Counter(one.subject for one in held(self.work.field.register))


def _later(key: tuple[str, str, str], due: str, limits: Mapping[tuple[str, str, str], str]) -> bool:
    """Tell whether a reminder is due later, or is gone and not looked at in its time."""
    return limits.get(key, limits.get(_LOOKED_AT, "9")) > due


def broken(fresh: Make, seed: int, most: int = 8) -> Iterator[str]:
    """Yield which laws a random history breaks."""
    register = fresh()
    try:
        days = Days(register, random.Random(f"laws {seed}"))
        days._send("alert", "r2", days.alert(ALERT))
        days._send("case", "c1", changed(days.said["case", "c1"][0], {"acts": days.held_for(30)}))
        for _step in range(days.chance.randint(2, most)):
            step = days.chance.choice(
                (days.new_form, days.edit, days.edit, days.repeat, days.decide, days.decide)
            )
            levels, asked, told, limits = days.levels(), days.asked(), days.told(), days.limits()
            step()
            by_phone = step in {days.edit, days.repeat}
            now = days.levels()
            lower = any(LEVELS.index(now[code]) < LEVELS.index(was) for code, was in levels.items())
            if by_phone and lower:
                yield "an edit lowered a level"
            if step == days.decide and days.did in {consents.withdraw, every_decision.dismiss} and lower:
                yield "what ends work lowered a level"
            if step != days.decide and any(_later(key, due, days.limits()) for key, due in limits.items()):
                yield "a limit moved later"
            if step != days.decide and not asked <= days.asked():
                yield "what a form says made a task later, milder or end"
            more = days.told() - told
            if max(more.values(), default=0) > 1:
                yield "two messages for one step"
            if step == days.repeat and (now, days.asked(), +more) != (levels, asked, Counter()):
                yield "a repetition changed something"
    finally:
        register.close()


def test_whatever_happens_no_law_is_broken(fresh: Make) -> None:
    """A few short histories."""
    assert [(seed, law) for seed in range(SHORT) for law in broken(fresh, seed)] == []


def _forgets_versions(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "_worst", lambda self, _versions, _edited: self.now)


def _repetition_is_news(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(reading._Heard, "known_to", lambda _self, _one: {})


def _limits_move(patch: pytest.MonkeyPatch) -> None:
    """A custody counts from when the last version says."""
    patch.setattr(custody, "every_side", lambda row, *_given: [row])


@pytest.mark.parametrize("plant", [_forgets_versions, _repetition_is_news, _limits_move])
def test_a_planted_fault_is_seen(
    plant: Callable[[pytest.MonkeyPatch], None], fresh: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turn a law off."""
    plant(monkeypatch)
    assert any(law for seed in range(SHORT) for law in broken(fresh, seed))


@pytest.mark.slow
def test_whatever_happens_no_law_is_broken_at_length(fresh: Make) -> None:
    """Many longer ones."""
    assert [(seed, law) for seed in range(LONG) for law in broken(fresh, seed, 14)] == []
