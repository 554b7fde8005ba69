"""Links between alerts: the examples of the domain page, symmetry, and what holds in a register, however it was built."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from sync_scripts.errors import Attention
from sync_scripts.register import rebuild
from sync_scripts.register.decisions import AlertUnknown, deciding
from sync_scripts.register.links.compare import Compared, Told, compare, days_apart, plain, reasons_in_words
from sync_scripts.register.links.decide import LINK_MOVES, Decision, decide, same_event_with
from sync_scripts.register.links.derive import relink
from sync_scripts.register.links.refusals import LinkNotShown, LinkReasonMissing, LinkWithItself
from sync_scripts.register.links.rules import DUPLICATES, load
from sync_scripts.register.links.sight import sight_of
from sync_scripts.register.links.views import Proposals, proposals
from sync_scripts.register.ruleset import RulesBroken
from sync_scripts.store import engine
from sync_scripts.store.database import Actor, Register
from sync_scripts.store.schema import register as tables
from sync_scripts.store.schema.raw import event, submission
from sync_scripts.store.sealed import Holder, Identity
from sync_scripts.store.sealing import Recipients
from tests.register import alone as decisions
from tests.register.field import ALERT, CASE, COORDINATOR, Field, act, changed, dealt, victim
from tests.store.databases import KEY, WORKSPACE

EXAMPLES = Path(__file__).parents[1] / "data" / "duplicate_examples.csv"
RULES = load()


# --- the rules ----------------------------------------------------------------------------------------------------


def examples() -> list[dict[str, str]]:
    """Return the rows of the file of examples."""
    with EXAMPLES.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def told(row: dict[str, str], side: str) -> Told:
    """Return one alert of an example."""
    said = {
        name.removeprefix(f"{side}_"): value for name, value in row.items() if name.startswith(f"{side}_")
    }
    return Told(
        instance_id=said["instance_id"],
        first=date.fromisoformat(said["date_min"]).toordinal(),
        last=date.fromisoformat(said["date_max"]).toordinal(),
        department=said["department"],
        arrondissement=said["arrondissement"],
        icons=frozenset(said["icons"].split()),
        victims=frozenset(said["victim_kind"].split()),
        victim_count=said["victim_count"],
        submitter=said["submitter"],
        received=datetime.fromisoformat(said["received_at"]).timestamp(),
    )


def expected(reasons: str) -> list[tuple[str, int]]:
    """Return the reasons of an example; those outside the block stand there as a sentence."""
    if ":" not in reasons:
        return [(reasons.replace(" ", "_"), 0)]
    return [(name, int(points)) for name, _, points in (one.partition(":") for one in reasons.split())]


@pytest.mark.parametrize("row", examples(), ids=lambda row: row["id"])
def test_every_example_comes_out_as_it_is_written(row: dict[str, str]) -> None:
    """Level, points and reasons, with the vault open and without."""
    alike = float(row["place_similarity"]) if row["place_similarity"] else None
    opened = compare(told(row, "a"), told(row, "b"), RULES, alike)
    everyday = compare(told(row, "a"), told(row, "b"), RULES)

    assert (opened.level, opened.points) == (row["expected_level"], int(row["expected_points"]))
    assert [one[:2] for one in opened.reasons] == expected(row["expected_reasons"])
    assert (everyday.level, everyday.points) == (
        row["expected_level_everyday"],
        int(row["expected_points_everyday"]),
    )
    assert row["ruleset"] == RULES.ruleset


CHOICES: dict[str, list[Any]] = {
    "department": ["D1", "D2", None],
    "arrondissement": ["A1", "A2", None],
    "victim_count": ["1", "2_5", "unknown", ""],
    "submitter": ["x", "y", None],
    "contact_tag": [1, 2, None],
}
ALERTS = st.builds(
    lambda first, length, icons, victims, received, picked: Told(
        "",
        first,
        None if first is None else first + length,
        icons=icons,
        victims=victims,
        received=received,
        **picked,
    ),
    st.one_of(st.none(), st.integers(0, 30)),
    st.integers(0, 20),
    st.frozensets(st.sampled_from(sorted(RULES.kind.family)), max_size=3),
    st.frozensets(st.sampled_from(["woman", "man", "girl", "group", "unknown"]), max_size=3),
    st.floats(0, 4000),
    st.fixed_dictionaries({name: st.sampled_from(values) for name, values in CHOICES.items()}),
)


@given(ALERTS, ALERTS, st.one_of(st.none(), st.floats(0, 1)))
def test_it_is_the_same_whichever_alert_comes_first(a: Told, b: Told, alike: float | None) -> None:
    """Level, points and reasons are symmetric, and the points are the sum of the reasons."""
    a, b = replaced(a, "a"), replaced(b, "b")
    one, other = compare(a, b, RULES, alike), compare(b, a, RULES, alike)

    assert one == other
    assert one.points == sum(reason.points for reason in one.reasons)
    assert one.offered == (one.points >= RULES.threshold.possible)


def replaced(one: Told, name: str) -> Told:
    """Return an alert under another id."""
    import msgspec

    return msgspec.structs.replace(one, instance_id=name)


@given(ALERTS, ALERTS)
def test_nothing_outside_the_block_is_scored(a: Told, b: Told) -> None:
    """Another department, or more than seven days between the windows: no points at all, whatever else is alike."""
    a, b = replaced(a, "a"), replaced(b, "b")
    gap = days_apart(a, b)
    outside = a.department is None or a.department != b.department or gap is None or gap > 7

    if outside:
        assert compare(a, b, RULES) == Compared("none", 0, compare(a, b, RULES).reasons)
        assert [reason.points for reason in compare(a, b, RULES).reasons] == [0]
    else:
        assert compare(a, b, RULES).reasons[0].rule == "date_gap"


def test_an_edited_version_is_named_before_any_points() -> None:
    """Two versions of one submission are not two alerts."""
    row = examples()[0]
    a, b = told(row, "a"), told(row, "b")
    b = Told(**{**{name: getattr(b, name) for name in b.__struct_fields__}, "deprecated_id": a.instance_id})

    assert compare(a, b, RULES).level == compare(b, a, RULES).level == "edited_version"


def test_places_are_compared_without_accents_signs_and_capitals() -> None:
    """What a tired hand writes differently is not a difference."""
    assert plain("Élé-Mbatu  (Alakuma)") == plain("ele mbatu ALAKUMA") == "ele mbatu alakuma"


def test_reasons_are_sentences_in_both_languages() -> None:
    """Every reason has its words and its points; a rule that is not known shows its name."""
    row = examples()[0]
    stored = compare(told(row, "a"), told(row, "b"), RULES, 0.7).stored
    french, english = (reasons_in_words(stored, lang, RULES) for lang in ("fr", "en"))

    assert [rule for rule, _ in french] == [rule for rule, _ in english]
    assert french[0] == ("date_gap", "dates à 0 jour(s) l'une de l'autre (+25)")
    assert english[3] == ("place_text", "place names: 70 % alike (+8)")
    assert reasons_in_words('[["gone",3,null]]', "en", RULES) == [("gone", "gone (+3)")]


def test_every_reason_that_can_be_given_has_its_words() -> None:
    """No sentence is missing in the file of rules."""
    source = Path(compare.__code__.co_filename).read_text("utf-8")
    given_ = {part.split('"')[0] for part in source.split('Reason("')[1:]}

    assert (
        given_
        - RULES.reason.keys()
        - {"other_department", "too_far_apart", "same_instance_id", "deprecated_id"}
        == set()
    )


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("same_icon = 20", "same_icons = 20"),
        ("probable = 75", 'probable = "75"'),
        ("max_gap_days = 7", "max_gap_days = 9"),
        ("schema = 1", "schema = 2"),
    ],
)
def test_a_broken_rules_file_stops_before_anything_is_compared(tmp_path: Path, was: str, now: str) -> None:
    """A misspelled word, another type, a gap without points, another schema: each is named."""
    text = DUPLICATES.read_text("utf-8")
    assert was in text
    (tmp_path / "duplicates.toml").write_text(text.replace(was, now, 1), "utf-8")

    with pytest.raises(RulesBroken):
        load(tmp_path / "duplicates.toml")


# --- in a register ------------------------------------------------------------------------------------------------


ELSEWHERE = {"where": {"department": "CM010005", "arrondissement": "CM010005002"}}
OTHER_FACTS = {"what": {"alert_icon": "burning"}, "who": {"victim_kind": "group", "victim_count": "21_100"}}


def links(field: Field, *columns: str) -> list[Any]:
    """Return some columns of all links."""
    return [tuple(row[column] for column in columns) for row in field.rows(tables.alert_link)]


def link(
    field: Field, decision: Decision, reason: str = "", *, actor: Actor = COORDINATOR, codes: Any = None
) -> Any:
    """Decide on the first two alerts."""
    one, other = codes or (dealt(0, "AL"), dealt(1, "AL"))
    with deciding(field.register, actor, field.later()) as by:
        return decide(by, one, other, decision, reason)


def same_after_rebuild(field: Field) -> bool:
    """Tell whether a rebuild finds every table as it is."""
    return rebuild.check(field.register, field.later()).differing == ()


def test_two_alerts_of_one_event_are_proposed_and_both_are_kept(register: Register) -> None:
    """The later one proposes the link; no alert loses anything (a rule never merges)."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    before = field.one(tables.alert)
    field.send("alert", "r2", ALERT)
    first, second = field.rows(tables.alert)

    assert links(field, "alert_a", "alert_b", "level", "decision") == [("r1", "r2", "probable", "pending")]
    assert first == before
    assert (second["state"], second["case_code"]) == ("received", None)
    assert same_after_rebuild(field)


def test_a_rule_never_merges_whatever_the_points(register: Register) -> None:
    """However much two alerts are alike: two rows, two codes, no case, no state but the first, no event of a person."""
    field = Field(register)
    for number in range(4):
        field.send("alert", f"r{number}", ALERT)
    rows = field.rows(tables.alert)

    assert len({row["code"] for row in rows}) == 4
    assert {(row["state"], row["case_code"]) for row in rows} == {("received", None)}
    assert len(links(field, "alert_a")) == 6
    with register.reading() as reading:
        assert set(reading.execute(select(event.c.op)).scalars()) == {"alert.code"}


def test_an_edit_takes_away_links_that_no_longer_hold(register: Register) -> None:
    """The other alert was not touched, and its link is gone all the same; edited back, it is there again."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    field.send("alert", "r1", changed(ALERT, ELSEWHERE), edit=1)
    gone = links(field, "alert_a")
    assert same_after_rebuild(field)
    field.send("alert", "r1", ALERT, edit=2)

    assert gone == []
    assert links(field, "alert_a", "alert_b") == [("r1", "r2")]
    assert same_after_rebuild(field)


def test_an_alert_that_is_no_more_has_no_link(register: Register) -> None:
    """A submission of which no version may be read any more takes its links along."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    from sync_scripts.register import build

    with register.writing() as rows:
        rows.execute(update(submission).where(submission.c.root_id == "r2").values(status="quarantined"))
        build.apply(rows, [("alert", "r2")], field.draw, field.now)

    assert links(field, "alert_a") == []
    assert same_after_rebuild(field)


def test_a_refused_alert_is_compared_with_nothing(register: Register) -> None:
    """It is counted and nothing else is done with it, also when it was proposed before."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    field.send("alert", "r2", changed(ALERT, {"gate": {"consent_alert": "refused"}}), edit=1)

    assert links(field, "alert_a") == []
    assert same_after_rebuild(field)


def test_not_same_is_remembered(register: Register) -> None:
    """It is never proposed again: not after an edit of either, not after a rebuild from nothing."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    link(field, "not_same")
    for number, said in enumerate((changed(ALERT, ELSEWHERE), ALERT), 1):
        field.send("alert", "r2", said, edit=number)
        field.send("alert", "r1", changed(ALERT, {"danger": {"danger_now": "yes"}}), edit=number)
        assert [row[0] for row in links(field, "decision")] == ["not_same"]
        assert same_after_rebuild(field)
    with register.writing() as rows:
        rows.execute(delete(tables.alert_link))
    rebuild.rebuild(register, field.later())

    assert [row[0] for row in links(field, "decision")] == ["not_same"]
    assert shown(field).links == []


def test_a_decision_says_who_when_and_why(register: Register) -> None:
    """Who decided, when and why stand beside what the rules say; the event holds both alerts."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    done = link(field, "same_event", "One call told of both.")
    row = field.one(tables.alert_link)

    assert (done.was, done.now, done.written) == ("pending", "same_event", True)
    assert (row["decision"], row["decided_by"], row["decision_reason"]) == (
        "same_event",
        "CO-01",
        "One call told of both.",
    )
    assert row["decided_at"] is not None
    assert row["level"] == "probable"
    assert same_after_rebuild(field)


@pytest.mark.parametrize("was", LINK_MOVES)
@pytest.mark.parametrize("now", ["same_event", "related", "not_same"])
def test_a_decision_is_changed_with_a_reason_only(sqlite_register: Register, was: str, now: Decision) -> None:
    """Every move of the table, in both directions: listed ones pass, without a reason only from pending."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    if was != "pending":
        link(field, was)  # type: ignore[arg-type]  # the keys of the table are decisions
    if now == was:
        assert link(field, now).written is False
        return
    assert now in LINK_MOVES[was]
    if was != "pending":
        with pytest.raises(LinkReasonMissing):
            link(field, now)
        assert field.one(tables.alert_link)["decision"] == was
    link(field, now, "We know more.")

    assert field.one(tables.alert_link)["decision"] == now
    assert same_after_rebuild(field)


def test_people_may_link_what_no_rule_proposes(register: Register) -> None:
    """With a reason; the pair then has its row, with no points, and keeps it."""
    field = Field(register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", changed(ALERT, ELSEWHERE))
    with pytest.raises(LinkReasonMissing):
        link(field, "related")
    link(field, "related", "The same group on its way.")
    field.send("alert", "r1", changed(ALERT, OTHER_FACTS), edit=1)

    assert links(field, "points", "level", "decision") == [(0, "none", "related")]
    assert same_after_rebuild(field)


def test_an_alert_is_not_linked_with_itself(sqlite_register: Register) -> None:
    """One code twice, or one that does not exist, decides nothing."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    code = dealt(0, "AL")
    with pytest.raises(LinkWithItself):
        link(field, "same_event", codes=(code, code))
    with pytest.raises(AlertUnknown):
        link(field, "same_event", codes=(code, "AL-000000-0"))


def test_a_duplicate_needs_somebody_who_took_the_event_up(sqlite_register: Register) -> None:
    """Decided the same event is not enough: the other alert must be opened or linked."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    link(field, "same_event")
    number = field.rows(tables.alert)[1]["filing_no"]
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == []
    decisions.triage(field.register, dealt(0, "AL"), COORDINATOR, field.later())
    decisions.open_case(
        field.register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == [dealt(0, "AL")]
    link(field, "related", "Two events.")
    with field.register.reading() as rows:
        assert same_event_with(rows, number) == []


def test_one_phone_within_half_an_hour_is_a_reason(register: Register) -> None:
    """The account that first sent each alert is compared, not whoever edited it."""
    field = Field(register)
    field.send("alert", "r1", ALERT, submitter="phone-1")
    field.now -= timedelta(minutes=50)
    field.send("alert", "r2", ALERT, submitter="phone-1")
    field.send("alert", "r1", ALERT, edit=1, submitter="somebody")

    assert "submitter.same_within_30_min" in field.one(tables.alert_link)["reasons"]


# --- who is shown a pair ------------------------------------------------------------------------------------------


SEXUAL = changed(ALERT, {"what": {"alert_icon": "sexual"}})


def shown(field: Field, who: str = "CO-01", **which: Any) -> Proposals:
    """Return what a worker is shown."""
    with field.register.reading() as rows:
        return proposals(rows, sight_of(rows, Actor(who, "key")), **which)


def test_sexual_violence_is_shown_to_the_coordinator_while_there_is_no_case(
    sqlite_register: Register,
) -> None:
    """Others are told that something is not shown, and decide nothing on it; a code that is only claimed neither."""
    field = Field(sqlite_register)
    decisions.add_worker(field.register, "CO-01", "coordinator", COORDINATOR, field.later())
    decisions.add_worker(field.register, "RD-01", "case_owner", COORDINATOR, field.later())
    field.send("alert", "r1", SEXUAL)
    field.send("alert", "r2", SEXUAL)

    assert len(shown(field).links) == 1
    assert (shown(field, "RD-01").links, shown(field, "RD-01").hidden) == ([], 1)
    for actor in (Actor("RD-01", "key"), Actor("CO-01", "claimed")):
        with pytest.raises(LinkNotShown):
            link(field, "same_event", actor=actor)
    assert field.one(tables.alert_link)["decision"] == "pending"


def test_sexual_violence_is_shown_to_the_owner_of_the_case_only(sqlite_register: Register) -> None:
    """Once there is a case, the coordinator is not shown the pair any more."""
    field = Field(sqlite_register)
    decisions.add_worker(field.register, "CO-01", "coordinator", COORDINATOR, field.later())
    field.send("alert", "r1", SEXUAL)
    field.send("alert", "r2", SEXUAL)
    first = dealt(0, "AL")
    decisions.triage(field.register, first, COORDINATOR, field.later())
    decisions.open_case(field.register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw)

    assert shown(field).hidden == 1
    assert len(shown(field, "RD-01").links) == 1
    assert shown(field, "RD-02").hidden == 1


def test_a_case_of_gender_based_violence_hides_its_pairs_too(sqlite_register: Register) -> None:
    """The icon may say something else; what was documented counts."""
    field = Field(sqlite_register)
    decisions.add_worker(field.register, "CO-01", "coordinator", COORDINATOR, field.later())
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    first = dealt(0, "AL")
    decisions.triage(field.register, first, COORDINATOR, field.later())
    opened = decisions.open_case(
        field.register, first, COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )
    assert len(shown(field).links) == 1
    told_ = changed(CASE, {"header": {"case_code": str(opened.case)}, "victims": [victim(1)]})
    field.send("case", "c1", changed(told_, {"acts": [act(1, violation="rape")]}))

    assert shown(field).hidden == 1
    assert len(shown(field, "RD-01").links) == 1


def test_what_is_shown_holds_no_tag_and_no_id(sqlite_register: Register) -> None:
    """Both alerts side by side, the earlier one first, by code; the cut tag gives points and is never shown."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    (line,) = shown(field).links

    assert [alert["code"] for alert in line["alerts"]] == [dealt(0, "AL"), dealt(1, "AL")]
    assert "contact.same_tag" in line["reasons"]
    assert not {"contact_tag", "alert_id", "alert_a"} & {*line, *line["alerts"][0]}


@pytest.fixture
def fresh_register(
    template_file: Path, holders: dict[Holder, Identity], tmp_path: Path
) -> Iterator[Callable[[], Register]]:
    """Give a function that makes an empty register for each example."""
    made: list[Register] = []

    def make() -> Register:
        path = tmp_path / f"{len(made)}.db"
        shutil.copyfile(template_file, path)
        keys = {holder: identity.public for holder, identity in holders.items()}
        register = Register(
            engine=engine.sqlcipher(path, KEY),
            workspace_id=WORKSPACE,
            demo=False,
            folder=tmp_path,
            recipients=Recipients.of(keys),
            match_key=bytes(32),
        )
        made.append(register)
        return register

    yield make
    for one in made:
        one.close()


# --- however it was built -----------------------------------------------------------------------------------------


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["send", "edit", "refuse", "decide", "triage"]),
        st.integers(0, 3),
        st.integers(0, 3),
        st.sampled_from(["week", "today", "older", "month"]),
        st.sampled_from(["CM007002002", "CM007002001"]),
        st.sampled_from(["same_event", "related", "not_same"]),
    ),
    min_size=2,
    max_size=10,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_links_page_by_page_are_those_of_a_rebuild(
    fresh_register: Callable[[], Register], steps: Any
) -> None:
    """Whatever arrives, is edited, refused, decided or triaged, in whatever order: the same bytes."""
    field = Field(fresh_register())
    edits: dict[str, int] = {}
    for what, one, other, when, place, decision in steps:
        root = f"r{one}"
        said = changed(ALERT, {"when": {"when_rel": when}, "where": {"arrondissement": place}})
        if what == "refuse":
            said = changed(said, {"gate": {"consent_alert": "refused"}})
        if what in {"send", "edit", "refuse"}:
            edits[root] = edits.get(root, -1) + 1
            field.send("alert", root, said, edit=edits[root])
            continue
        codes = {row["alert_id"]: row["code"] for row in field.rows(tables.alert)}
        if root not in codes or f"r{other}" not in codes:
            continue
        try:
            if what == "triage":
                decisions.triage(field.register, codes[root], COORDINATOR, field.later())
            elif one != other:
                link(field, decision, "why", codes=(codes[root], codes[f"r{other}"]))
        except Attention:
            continue
    before = field.rows(tables.alert_link)

    assert same_after_rebuild(field)
    with field.register.writing() as rows:
        numbers = [row["filing_no"] for row in field.rows(tables.alert)]
        relink(rows, numbers)
    assert field.rows(tables.alert_link) == before


def test_days_between_windows_are_none_when_they_touch() -> None:
    """Overlap and the same day count as no gap; the next day is one."""
    row = examples()[0]
    a = told(row, "a")
    day = timedelta(days=1).days
    later = Told(
        **{
            **{n: getattr(a, n) for n in a.__struct_fields__},
            "first": (a.last or 0) + day,
            "last": (a.last or 0) + day,
        }
    )

    assert days_apart(a, a) == 0
    assert days_apart(a, later) == days_apart(later, a) == 1


# --- the commands -------------------------------------------------------------------------------------------------


def test_the_commands_show_both_alerts_and_take_a_decision(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Side by side with reasons in words; a dry run writes nothing; a decision takes the pair off the list."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    run = runner(sqlite_register, monkeypatch, capsys)
    first, second = dealt(0, "AL"), dealt(1, "AL")

    listed, shown_ = run("alerts", "links"), run("alerts", "links", first)
    dry = run("alerts", "decide", first, second, "same_event", "--dry-run", "--json")
    document = json.loads(run("--json", "alerts", "links")[1])
    done = run("alerts", "decide", second, first, "not_same")

    assert listed[1].splitlines()[1].split("\t")[:4] == [first, second, "Probable", "100"]
    assert f"\t{first}\t{second}" in shown_[1]
    assert "- same kind of event (+20)" in shown_[1]
    assert json.loads(dry[1])["written"] is False
    assert [one["rule"] for one in document["links"][0]["reasons_in_words"]][:2] == [
        "date_gap",
        "place.same_arrondissement",
    ]
    assert document["links"][0]["decision"] == "pending"
    assert done == (0, f'{second} and {first}: "Not the same event". Both alerts are kept.\n')
    assert run("alerts", "links")[1] == "No two alerts are proposed as one event.\n"
    assert "Not the same event (CO-01," in run("alerts", "links", "--all", second)[1]
    assert run("alerts", "decide", first, second, "related")[0] == 3


def runner(
    register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """Return a function that runs a command line on a register and returns its exit code and what it printed."""
    from contextlib import contextmanager

    from sync_scripts.cli import outcome
    from sync_scripts.cli.shell import Shell
    from tests.register.test_commands import Opened

    @contextmanager
    def workspace(
        _shell: Shell, *, write: bool = False, command: str = "", own_hand: bool = False
    ) -> Iterator[Opened]:
        yield Opened(register)

    monkeypatch.setattr(Shell, "workspace", workspace)

    def run(*words: str) -> tuple[int, str]:
        capsys.readouterr()
        return outcome.run(words, "en"), capsys.readouterr().out

    return run


def test_the_history_of_an_alert_says_what_was_decided_on_its_links(sqlite_register: Register) -> None:
    """Under both codes, that it was decided and what, and no more; of other alerts nothing."""
    from sync_scripts.register.logbook import logbook

    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    link(field, "not_same", "Two villages.")
    with sqlite_register.reading() as rows:
        found = {code: list(logbook(rows, code)) for code in (dealt(n, "AL") for n in range(3))}
    first, second, third = found.values()

    assert [line["op"] for line in first] == [line["op"] for line in second] == ["link.decide"]
    assert first[0]["about"] == f"{dealt(0, 'AL')} {dealt(1, 'AL')}"
    assert first[0]["payload"] == {"was": "pending", "decision": "not_same"}
    assert third == []


def test_places_are_as_alike_as_the_examples_say() -> None:
    """The likeness of the examples is that of the scorer named in the rules; an empty place is not compared."""
    from sync_scripts.register.links.refine import alike, same_contact

    with_likeness = [row for row in examples() if row["place_similarity"]]
    found = [round(alike(row["a_place_hint"], row["b_place_hint"]) or 0, 2) for row in with_likeness]

    assert found == [float(row["place_similarity"]) for row in with_likeness]
    assert alike("Nkwen", "  - ") is None
    assert alike("Bamenda Élé", "ele, BAMENDA") == 1
    assert same_contact("677 12 34 56", "+237 677123456") is True
    assert same_contact("677123456", "677123457") is False
    assert same_contact("677123456", "Monsieur") is None


def test_the_page_of_an_alert_names_the_others(
    sqlite_register: Register, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With how likely and what was decided; not those that are not the same, and nothing for a refused one."""
    field = Field(sqlite_register)
    for root in ("r1", "r2", "r3"):
        field.send("alert", root, ALERT)
    field.send("alert", "r4", {"gate": {"consent_alert": "refused"}})
    run = runner(sqlite_register, monkeypatch, capsys)
    first, second, third, refused = (dealt(number, "AL") for number in range(4))
    link(field, "not_same", codes=(first, third))
    page = run("alerts", "show", first)[1]
    document = json.loads(run("--json", "alerts", "show", first)[1])

    assert f"- {second}: Probable, 100 points; To decide" in page
    assert third not in page.split("Perhaps the same event")[1].split("What is due")[0]
    assert [one["code"] for one in document["links"]] == [second]
    assert run("alerts", "show", refused)[0] == 0


def test_two_alerts_of_one_case_are_not_asked_about_again(sqlite_register: Register) -> None:
    """Whoever tied both to the case has said enough; with everything they are still listed."""
    field = Field(sqlite_register)
    field.send("alert", "r1", ALERT)
    field.send("alert", "r2", ALERT)
    for number in range(2):
        decisions.triage(field.register, dealt(number, "AL"), COORDINATOR, field.later())
    decisions.open_case(
        field.register, dealt(0, "AL"), COORDINATOR, field.later(), owner="RD-01", draw=field.draw
    )
    assert len(shown(field).links) == 1
    decisions.link(field.register, dealt(1, "AL"), dealt(0, "DK"), COORDINATOR, field.later())

    assert shown(field).links == []
    assert len(shown(field, everything=True).links) == 1
