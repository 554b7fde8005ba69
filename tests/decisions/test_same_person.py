"""One person in two cases: proposed where a tag is equal, with reasons, decided by somebody, joined by nobody."""

from __future__ import annotations

import pytest

from sync_scripts.register.consent_decisions import decide as consents
from sync_scripts.register.history.logbook import logbook
from sync_scripts.register.history.visibility import Sight, sight_of
from sync_scripts.register.lifecycle.errors import ReasonMissing
from sync_scripts.register.links.people import Groups, Pair, groups, joined
from sync_scripts.register.links.same import GroupChanged, PersonWithItself, decide_people, decide_person
from sync_scripts.register.queries.event_words import told
from sync_scripts.register.queries.pages import case_view
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from tests import every_decision
from tests.decisions.work import CASE_CODE, Work, begin
from tests.register.field import CASE, COORDINATOR, act, changed, victim

EVERYTHING = Sight("CO-01", coordinates=True, owned=frozenset(), protected=frozenset())


def talked(work: Work, root: str, *victims: dict[str, str], code: str | None = None, **acts: str) -> str:
    """Let an interview arrive with these people; return the code of its case."""
    header = {"case_code": code} if code else {}
    violation = acts.get("violation", "threat")
    said = {
        "header": header,
        "victims": [{**one, "victim_uid": f"{root}-{one['victim_no']}"} for one in victims],
        "acts": [act(1, victims[0]["victim_no"] and f"V{victims[0]['victim_no']}", violation=violation)],
    }
    work.field.send("case", root, changed(CASE, said))
    rows = {row["root_id"]: row["case_code"] for row in work.field.rows(tables.filing)}
    return str(rows[root])


def phone(number: int, digits: str, **more: str) -> dict[str, str]:
    """Return somebody with a telephone number; in these tests its tag is its length."""
    return victim(number, victim_phone=digits, **more)


@pytest.fixture
def work(register: Register) -> Work:
    """A register with one case, whose person has no telephone."""
    return begin(register)


def found(
    work: Work, code: str | None = None, *, sight: Sight = EVERYTHING, everything: bool = False
) -> Groups:
    """Return the groups that somebody is shown."""
    with work.field.register.reading() as rows:
        return groups(rows, sight, code=code, everything=everything)


def names(pair: Pair) -> set[tuple[str, str]]:
    """Return case and pseudonym of both."""
    return {(one["case"], one["person"]) for one in pair.people}


def test_equal_tags_in_two_cases_propose(work: Work) -> None:
    """With what is the same beside, and what is not; people of one form share a telephone without being one."""
    one = talked(work, "a", phone(1, "677000001"), phone(2, "677000001"))
    other = talked(work, "b", phone(1, "699999999", victim_sex="m"))
    talked(work, "c", phone(1, "12345"))
    both = found(work).pairs

    assert [names(pair) for pair in both] == [{(one, "V1"), (other, "V1")}, {(one, "V2"), (other, "V1")}]
    assert all(pair.tags == ("phone",) for pair in both)
    assert (both[0].alike, both[0].differs) == (("age_band", "department"), ("kind",))
    assert found(work, one).pairs == both
    assert found(work, CASE_CODE).pairs == []


def test_two_forms_of_one_case_propose_too(work: Work) -> None:
    """The second interview numbers from one again, and the register from the next free."""
    code = talked(work, "a", phone(1, "677000001"))
    talked(work, "b", phone(1, "677000001"), code=code)
    (pair,) = found(work).pairs

    assert names(pair) == {(code, "V1"), (code, "V2")}


def test_what_is_decided_is_remembered_and_joins_no_row(work: Work) -> None:
    """Both cases say it, and it can be decided anew."""
    one, other = talked(work, "a", phone(1, "677000001")), talked(work, "b", phone(1, "677000001"))
    before = {table: work.field.rows(table) for table in (tables.person, tables.case, tables.consent)}
    work.refused(ReasonMissing, decide_person, one, "V1", (other, "v1"), "same", reason=" ")
    work.refused(every_decision.ThingUnknown, decide_person, one, "V1", (other, "V9"), "same", reason="x")
    work.refused(PersonWithItself, decide_person, one, "V1", (one, "V1"), "same", reason="x")
    work.refused(every_decision.CodeNotListed, decide_person, one, "V1", (other, "V1"), "perhaps", reason="x")
    work.do(decide_person, one, "v1", (other, "V1"), "same", reason="Both numbers were opened")
    assert found(work).pairs == []
    (pair,) = found(work, everything=True).pairs
    assert (pair.decision, pair.decided_by, pair.reason) == ("same", "CO-01", "Both numbers were opened")
    assert {table: work.field.rows(table) for table in before} == before
    with work.field.register.reading() as rows:
        assert joined(rows, one) == [{"person": "V1", "other_case": other, "other_person": "V1"}]
        assert case_view(rows, other, COORDINATOR)["same_people"] == [
            {"person": "V1", "other_case": one, "other_person": "V1"}
        ]
        line = [line for line in logbook(rows, other) if line["op"] == "person.same"][-1]
    assert "the same person" in told(line["op"], line["payload"])
    work.do(decide_person, other, "V1", (one, "V1"), "not_same", reason="Two sisters")
    with work.field.register.reading() as rows:
        assert joined(rows, one) == []


def test_a_sealed_case_shows_its_code_only(work: Work) -> None:
    """And nothing of what is the same beside."""
    one, other = talked(work, "a", phone(1, "677000001")), talked(work, "b", phone(1, "677000001"))
    work.do(every_decision.set_confidentiality, one, "C4")
    (pair,) = found(work).pairs
    mine = next(side for side in pair.people if side["case"] == one)

    assert {name for name, value in mine.items() if value is not None} == {"case"}
    assert {side["case"] for side in pair.people} == {one, other}
    assert (pair.alike, pair.differs) == ((), ())


def test_the_log_of_the_one_case_says_nothing_of_a_sealed_other(work: Work) -> None:
    """That something was decided stands there, and not whose person it is."""
    one, other = talked(work, "a", phone(1, "677000001")), talked(work, "b", phone(1, "677000001"))
    work.do(decide_person, one, "V1", (other, "V1"), "same", reason="Both numbers were opened")
    work.do(every_decision.set_confidentiality, other, "C4")
    with work.field.register.reading() as rows:
        (line,) = [line for line in logbook(rows, one) if line["op"] == "person.same"]

    assert line["hidden"]
    assert other not in told(line["op"], line["payload"], hidden=True)


def test_violence_against_women_is_shown_to_whoever_is_in_charge(work: Work) -> None:
    """Others learn that there is a pair, and not whose."""
    one = talked(work, "a", phone(1, "677000001"), violation="rape")
    other = talked(work, "b", phone(1, "677000001"))
    protected = frozenset({one})
    stranger = Sight("RD-02", coordinates=True, owned=frozenset(), protected=protected)
    owner = Sight("RD-01", coordinates=False, owned=frozenset({other}), protected=protected)

    assert (found(work, sight=stranger).pairs, found(work, sight=stranger).hidden) == ([], 1)
    assert len(found(work, sight=owner).pairs) == 1


def test_violence_against_women_in_cases_of_nobody_is_shown_to_whoever_coordinates(work: Work) -> None:
    """A case that came by a form has nobody in charge at first: then nobody at all would be shown the pair."""
    one = talked(work, "a", phone(1, "677000001"), violation="rape")
    other = talked(work, "b", phone(1, "677000001"))
    with work.field.register.reading() as rows:
        here, another = sight_of(rows, COORDINATOR), sight_of(rows, Actor("RD-09", "key"))

    assert {one, other} <= here.unowned
    assert (len(found(work, sight=here).pairs), len(found(work, sight=another).pairs)) == (1, 0)
    work.do(every_decision.assign, other, "RD-02")
    with work.field.register.reading() as rows:
        here = sight_of(rows, COORDINATOR)
    assert found(work, sight=here).pairs == []


def test_a_telephone_that_very_many_have_makes_one_group(work: Work) -> None:
    """Nobody is left out of it, nobody is named twice, and it is decided at once as it was shown: of each an event."""
    first = talked(work, "m0", phone(1, "677000001"))
    others = [talked(work, f"m{number}", phone(1, "677000001")) for number in range(1, 45)]
    (group,) = found(work).groups
    (mine,) = found(work, first).groups
    late = talked(work, "late", phone(1, "677000001"))
    work.refused(GroupChanged, decide_people, first, "V1", mine.mark[:-1] + "X", "not_same", reason="x")
    done = work.do(decide_people, first, "V1", mine.mark, "not_same", reason="The telephone of the camp")

    assert {side["case"] for pair in group.beside for side in pair.pair.people} == {first, *others}
    assert len(group.beside) == len(mine.beside) == 44
    assert (done.others, done.came) == (44, 1)
    assert names(found(work, first).pairs[0]) == {(first, "V1"), (late, "V1")}
    with work.field.register.reading() as rows:
        assert {line["op"] for line in logbook(rows, others[-1])} >= {"person.same"}


def test_who_is_one_with_somebody_is_asked_about_once(work: Work) -> None:
    """Two were decided to be one person: a third beside both is one question, and settled by one answer."""
    one, two, three = (talked(work, name, phone(1, "677000001")) for name in "abc")
    work.do(decide_person, one, "V1", (two, "V1"), "same", reason="Both numbers were opened")
    assert len(found(work).pairs) == 1
    work.do(decide_person, three, "V1", (two, "V1"), "not_same", reason="Her sister")

    assert found(work).groups == []


def test_a_withdrawal_leaves_the_decision(work: Work) -> None:
    """What was decided of two records is no consent."""
    one, other = talked(work, "a", phone(1, "677000001")), talked(work, "b", phone(1, "677000001"))
    work.do(decide_person, one, "V1", (other, "V1"), "same", reason="Both numbers were opened")
    work.do(consents.withdraw, one, reason="She asked")

    assert found(work).pairs == []
