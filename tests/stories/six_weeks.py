"""Six weeks of a coordinator's work, told in steps. `SixWeeks.tell` is the table of contents; every step says what happens.

An office with one laptop, two servers and a folder; five people; some two hundred alerts and sixty cases. Each step does
a thing with the product and notes in a `Model` what somebody who was there would remember. Chance is seeded: the story is
the same each time, but for the random keys.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sync_scripts.followup.errors import WorkbookExpired
from sync_scripts.register.alert_decisions.event_links import decide as say_of_pair
from sync_scripts.register.consent_decisions.decide import withdraw
from sync_scripts.register.directory.providers import set_provider
from sync_scripts.store.database import Actor
from tests import every_decision
from tests.register.field import closing
from tests.stories.hands import AWAY, DAYS, ROADS, Hands
from tests.stories.model import Alert, Case
from tests.stories.office import OWNERS, SUPERVISOR
from tests.stories.phones import uid
from tests.stories.screen import said


class SixWeeks(Hands):
    """The story: what happens once, on which day, and what happens every day."""

    first: Case
    """RD-01's, of which two workbooks disagree."""
    second: Case
    """RD-02's, during whose import the light goes out."""
    far: Case
    """RD-03's, of which a workbook comes back late."""
    gone: Case
    """The one whose person withdraws."""
    over: Case
    """The one that is closed, and taken up again."""
    trashed: Alert
    """The one that somebody deletes at the server."""

    # --- the table of contents ---

    def tell(self) -> None:
        """Tell the six weeks, day by day: what happens once, then the round of every day."""
        once: dict[int, Callable[[], None]] = {
            1: self.the_directory_gets_a_provider,
            3: self.a_photo_is_announced,
            6: self.the_photo_arrives,
            7: self.the_photo_is_here,
            8: self.three_workbooks_go_out,
            9: self.the_first_workbook_comes_back,
            10: self.the_second_is_cut_off_by_a_power_cut_and_comes_again,
            11: self.the_third_disagrees_and_the_conflict_is_settled,
            13: self.an_alert_is_linked_to_the_wrong_case_and_moved,
            14: self.a_duplicate_that_was_none_is_taken_back,
            15: self.a_workbook_goes_out_for_long,
            25: self.the_laptop_is_back_and_the_old_workbook_comes_late,
            27: self.a_person_withdraws,
            29: self.a_pull_is_cut_off_by_a_power_cut,
            30: self.two_cases_are_one,
            31: self.somebody_deletes_an_alert_at_the_server,
            33: self.an_urgent_alert_is_dismissed_by_two,
            34: self.it_is_taken_out_of_the_trash,
            35: self.the_laptop_has_seen_that_it_is_back,
            36: self.a_case_changes_hands,
            38: self.a_case_goes_its_whole_way_and_is_closed_by_another,
            41: self.the_closed_case_is_taken_up_again,
        }
        for day in range(1, DAYS + 1):
            self.office.morning(day)
            self.people_send_what_they_saw(day)
            if day in AWAY:
                continue
            self.office.pull()
            once.get(day, lambda: None)()
            self.the_coordinator_decides()
            self.cases_are_documented()
            self.office.publish()
            self.office.tell()
            if day % 7 == 0:
                self.somebody_looks_over_the_shoulder()
        self.office.later(hours=1)
        self.office.pull()

    # --- every day ---

    def people_send_what_they_saw(self, day: int) -> None:
        """Alerts come by all three roads; now and then somebody corrects one that was sent before."""
        share = self.alerts * day // DAYS - self.alerts * (day - 1) // DAYS
        for _ in range(share):
            self._alert(self.dice.choice(ROADS))
        known = [
            one for one in self.model.alerts.values() if self.roads[one.number] != "folder" and not one.edits
        ]
        if day % 3 == 0 and known:
            one = self.dice.choice(known)
            said = self._seen(one.icon, danger=one.danger, consent=one.consent)
            self.office.send("alert", said, self.roads[one.number], of=one.number)
            one.edits += 1

    def the_coordinator_decides(self) -> None:
        """Every new alert is triaged; of some a case is made, some belong to a case, some are unfounded."""
        for one in self.model.of("received"):
            self.office.decide(every_decision.triage, one.code)
            one.state = "triaged"
            if one.danger:
                self.office.decide(every_decision.contacted, one.code)
            fate = self.dice.random() * self.alerts
            if fate < self.cases:
                self._open(one)
            elif fate < self.cases * 1.3 and self.model.going_on():
                self._link(one, self.dice.choice(self.model.going_on()))
            elif fate < self.cases * 1.5:
                self._dismiss(one)

    def cases_are_documented(self) -> None:
        """Somebody is interviewed a day after a case was opened; later comes a report of a service."""
        for case in self.model.open_cases():
            days = (self.office.now - case.opened).days
            if case.code not in self.documented and days >= 1:
                self._interview(case)
            elif days in {3, 4} and self.dice.random() < 0.4:
                self._report(case)

    def somebody_looks_over_the_shoulder(self) -> None:
        """On Sundays the page of the day and the lists are looked at, by whoever sits beside."""
        for words in ((), ("alerts", "list"), ("cases", "list", "--json")):
            self.seen.append(
                (
                    f"day {self.office.now:%d.%m.}: dikalo {' '.join(words)}",
                    said(self.office.workspace.root, *words),
                )
            )

    # --- what happens once ---

    def the_directory_gets_a_provider(self) -> None:
        """A clinic that people may be referred to."""
        self.office.decide(set_provider, "PRE-01", {"name": "Clinique A", "services": "health"})

    def a_photo_is_announced(self) -> None:
        """An alert says that there is a photo; the phone had no more network for it."""
        number = self._alert("central", photo="kanari-photo.jpg")
        self.office.pull()
        self.late = number, "kanari-photo.jpg"
        assert self._files(number) == ["missing"]

    def the_photo_arrives(self) -> None:
        """Three days later it is at the server."""
        assert self.late is not None
        number, name = self.late
        self.office.central.late_file("alert", uid(number), name, b"\xff\xd8 kanari")

    def the_photo_is_here(self) -> None:
        """Nothing at the server moved with it, and the laptop has it all the same."""
        assert self.late is not None
        assert self._files(self.late[0]) == ["held"]

    def three_workbooks_go_out(self) -> None:
        """One for each of two owners, and one of everything for the coordinator: one case is in two of them."""
        self.books = {
            "one": self.office.hand("RD-01", owner="RD-01"),
            "two": self.office.hand("RD-02", owner="RD-02"),
            "all": self.office.hand("tous"),
        }
        self.first, self.second = (self._of(owner)[0] for owner in OWNERS[:2])

    def the_first_workbook_comes_back(self) -> None:
        """RD-01 wrote a note; it is taken, once."""
        book = self.office.edit(self.books["one"], (self.first.code, "note", "Rappel fait mardi."))
        assert self.office.bring(book, by=Actor("RD-01", "key")).changes == 1
        assert self.office.bring(book, by=Actor("RD-01", "key")).status == "already"
        self.first.note = "Rappel fait mardi."

    def the_second_is_cut_off_by_a_power_cut_and_comes_again(self) -> None:
        """Twice the light goes out in the middle of the import. Nothing of it is there; the third time all of it is.

        It hands a case over, so the coordination imports it.
        """
        book = self.office.edit(
            self.books["two"],
            (self.second.code, "note", "Vu au centre."),
            (self.second.code, "owner", "RD-03"),
        )
        for step, times in (("execute", 3), ("commit", 1)):
            self.office.power_cut(lambda: self.office.bring(book), step, times)
            self.agrees()
        assert self.office.bring(book).changes == 2
        self.second.note, self.second.owner = "Vu au centre.", "RD-03"

    def the_third_disagrees_and_the_conflict_is_settled(self) -> None:
        """The coordinator's copy has another note of RD-01's case: it is asked, and the coordinator keeps the file's."""
        book = self.office.edit(self.books["all"], (self.first.code, "note", "Rappel prévu jeudi."))
        done = self.office.bring(book)
        assert (done.changes, len(done.conflicts)) == (0, 1)
        answered = self.office.choose(self.office.questions("conflits"), self.first.code, "Fichier")
        assert self.office.bring(answered).changes == 1
        self.first.note = "Rappel prévu jeudi."

    def an_alert_is_linked_to_the_wrong_case_and_moved(self) -> None:
        """Two villages have one name. The alert goes to the right case, with a reason."""
        wrong, right = self.model.open_cases()[:2]
        one = self._triaged()
        self._link(one, wrong)
        self.office.decide(
            every_decision.move_alert, one.code, right.code, reason="Deux villages du même nom"
        )
        one.case = right.code

    def a_duplicate_that_was_none_is_taken_back(self) -> None:
        """Two alerts are said to be one event, and one is set aside, an urgent one by two; a call shows that they are two."""
        taken = next(one for one in self.model.of("opened") if self._speaks_of_no_rape(one))
        other = next(one for one in self.model.of("triaged") if self._speaks_of_no_rape(one))
        self.office.decide(say_of_pair, taken.code, other.code, "same_event", "Le même appelant")
        done = self.office.decide(every_decision.duplicate, other.code, taken.code, reason="Le même appelant")
        if done.proposal is not None:
            self.office.decide(every_decision.sign, done.proposal, by=SUPERVISOR)
        self.office.decide(every_decision.unlink, other.code, reason="Deux villages")
        self.office.decide(say_of_pair, taken.code, other.code, "not_same", "Deux villages")
        self.model.pairs[frozenset({taken.code, other.code})] = "not_same"

    def a_workbook_goes_out_for_long(self) -> None:
        """RD-03 takes a copy to where there is no network. It may come back within a week."""
        self.books["long"] = self.office.hand("RD-03", owner="RD-03")
        self.far = self._of("RD-03")[-1]

    def the_laptop_is_back_and_the_old_workbook_comes_late(self) -> None:
        """Nine days of alerts came at once. The expired copy is refused, then taken with a reason: no work is lost."""
        book = self.office.edit(self.books["long"], (self.far.code, "note", "Famille rencontrée."))
        with pytest.raises(WorkbookExpired):
            self.office.bring(book, by=Actor("RD-03", "key"))
        done = self.office.bring(book, by=Actor("RD-03", "key"), late="Neuf jours sans réseau")
        assert (done.changes, done.late) == (1, True)
        self.far.note = "Famille rencontrée."

    def a_person_withdraws(self) -> None:
        """She takes back everything. From then on her case is on no list for the phones."""
        self.gone = next(one for one in self.model.open_cases() if one.agreed)
        self.office.publish()
        assert self.gone.code in self._listed()
        self.office.decide(withdraw, self.gone.code, reason="Elle a peur")
        self.gone.withdrawn = self.office.now
        self.gone.agreed = {
            purpose: "withdrawn" if state == "given" else state for purpose, state in self.gone.agreed.items()
        }
        self.office.publish()
        assert self.gone.code not in self._listed()

    def a_pull_is_cut_off_by_a_power_cut(self) -> None:
        """Three alerts wait when the light goes out in the middle of the pull; the next one brings all, and each once."""
        waiting = [self._alert(road) for road in ROADS]
        self.office.power_cut(self.office.pull, "many", 4)
        report = self.office.pull()
        assert 0 < report.new <= len(waiting)
        assert self.office.pull().new == 0
        self.agrees()

    def two_cases_are_one(self) -> None:
        """Two families told of one thing: the work goes on in one case, and nothing of the other is lost."""
        one, kept = [case for case in self.model.open_cases() if case.agreed and case is not self.gone][:2]
        self.office.decide(every_decision.merge, one.code, kept.code, reason="La même famille")
        one.state, one.into = "merged", kept.code

    def somebody_deletes_an_alert_at_the_server(self) -> None:
        """What was decided stays as it is; somebody is told to look."""
        self.trashed = next(one for one in self.model.of("linked") if self.roads[one.number] == "central")
        self.office.central.delete("alert", uid(self.trashed.number))
        self.office.pull()
        self.agrees()
        assert self._marks(self.trashed.number) == {"deleted"}

    def it_is_taken_out_of_the_trash(self) -> None:
        """No stamp moves at the server."""
        self.office.central.restore("alert", uid(self.trashed.number))

    def the_laptop_has_seen_that_it_is_back(self) -> None:
        """Once a day it looks at everything that there is."""
        assert "deleted" not in self._marks(self.trashed.number)

    def an_urgent_alert_is_dismissed_by_two(self) -> None:
        """One proposes, the other signs; in between nothing has changed."""
        one = next(one for one in self.model.of("triaged") if one.danger)
        done = self.office.decide(every_decision.dismiss, one.code, "Fausse alerte, vérifiée sur place")
        self.agrees()
        self.office.decide(every_decision.sign, done.proposal, by=SUPERVISOR)
        one.state = "dismissed"

    def a_case_changes_hands(self) -> None:
        """Whoever had it goes on leave."""
        case = self._of("RD-01")[-1]
        self.office.decide(every_decision.assign, case.code, "RD-02")
        case.owner = "RD-02"

    def a_case_goes_its_whole_way_and_is_closed_by_another(self) -> None:
        """Assessed, planned, referred, followed; its owner asks for the closure, the supervisor decides it."""
        case = next(one for one in self.model.open_cases() if self._is_calm(one))
        owner = Actor(case.owner, "key")
        for step in ("assessment", "action_plan"):
            self.office.decide(every_decision.move, case.code, step, by=owner)
        self.office.decide(every_decision.plan_service, case.code, "health", by=owner)
        for step in ("intervention", "follow_up"):
            self.office.decide(
                every_decision.move, case.code, step, by=owner, reason="La clinique répond lundi"
            )
        self.office.send("closure", closing(case.code), "central")
        self.office.pull()
        self.office.decide(every_decision.move, case.code, "closure_pending", by=owner)
        self.office.decide(every_decision.move, case.code, "closed", by=SUPERVISOR)
        case.state, self.over = "closed", case
        self.office.publish()
        assert case.code not in self._listed()

    def the_closed_case_is_taken_up_again(self) -> None:
        """The threats began anew."""
        self.office.decide(every_decision.move, self.over.code, "reopened", reason="Nouvelles menaces")
        self.over.state = "reopened"
