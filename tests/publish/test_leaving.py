"""Which case may leave for whom: the one function that decides it, and the rows that come of it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from sync_scripts.publish.audiences import Audience, OpenCase, Team, leaving, may_leave
from sync_scripts.publish.lists import ProvidersUnsuitable, case_list, content, providers_of
from sync_scripts.register.forms.answers import row_uuid

NW = Team("nord-ouest", frozenset({"CM007002", "CM007005"}), frozenset({"f12", "rd-01"}))
SW = Team("sud-ouest", frozenset({"CM010001", "CM007005"}), frozenset({"f20", "rd-02"}))


def case(
    department: str | None = "CM007002", level: str = "C2", owner: str | None = "RD-01", state: str = "active"
) -> OpenCase:
    """Give a case."""
    return OpenCase("DK-7Q2M4X-B", department, "2026-12-01", state, level, owner)


@pytest.mark.parametrize(
    ("one", "to", "why"),
    [
        (case(), Audience((NW,)), ""),
        (case(level="C1"), Audience((NW,)), ""),
        (case(state="closed"), Audience((NW,)), "left"),
        (case(state="merged"), Audience((NW,), everywhere=True), "left"),
        (case(level="C4"), Audience((NW,)), "secret"),
        (case(level="C4"), Audience((NW,), everywhere=True), "secret"),
        (case(level=""), Audience((NW,)), "secret"),
        (case(level="C5"), Audience((NW,)), "secret"),
        (case("CM010001"), Audience((NW,)), "zone"),
        (case(None), Audience((NW,)), "zone"),
        (case(), Audience(()), "zone"),
        (case("CM010001"), Audience((NW,), everywhere=True), ""),
        (case(), Audience((NW, SW)), "zone"),
        (case(), Audience((NW, SW), parted=True), ""),
        (case("CM007005"), Audience((NW, SW)), ""),
        (case(level="C3"), Audience((NW,)), ""),
        (case(level="C3", owner="RD-02"), Audience((NW,)), "owner"),
        (case(level="C3", owner=None), Audience((NW,)), "owner"),
        (case(level="C3"), Audience((NW, SW), parted=True), ""),
        (case("CM007005", level="C3"), Audience((NW, SW), parted=True), "owner"),
        (case(level="C3"), Audience((NW, SW)), "owner"),
        (case(level="C3"), Audience((NW,), everywhere=True), "owner"),
        (case("CM010001", level="C3"), Audience((NW,)), "zone"),
    ],
)
def test_may_leave(one: OpenCase, to: Audience, why: str) -> None:
    """C4 never, C3 to the owner's team alone, the others within their zone; what is not known counts as secret."""
    assert may_leave(one, to) == why


def test_a_case_whose_people_withdrew_is_on_no_phone() -> None:
    """Whatever its zone, its confidentiality and who asks; only that it is closed says more."""
    for level, to in (
        ("C1", Audience((NW,))),
        ("C3", Audience((NW,))),
        ("C2", Audience((NW,), everywhere=True)),
    ):
        assert may_leave(replace(case(level=level), stopped=True), to) == "withdrawn"
    assert may_leave(replace(case(state="closed"), stopped=True), Audience((NW,))) == "left"


def test_a_list_holds_five_columns_sorted_by_code() -> None:
    """No owner, no confidentiality; the same content gives the same bytes whatever the order."""
    one, two = case(), OpenCase("DK-39WJ1P-S", "CM007005", None, "open_intake", "C1", "RD-01")
    made = case_list(leaving([one, two], Audience((NW,))))

    assert made == case_list(leaving([two, one], Audience((NW,))))
    assert made.decode().splitlines() == [
        "name,label,department,due,status",
        f"{row_uuid('DK-39WJ1P-S')},DK-39WJ1P-S,CM007005,,open_intake",
        f"{row_uuid('DK-7Q2M4X-B')},DK-7Q2M4X-B,CM007002,2026-12-01,active",
    ]


def test_a_uuid_is_the_same_everywhere_and_of_version_four() -> None:
    """Central refuses any other version; another laptop makes the same."""
    assert row_uuid("DK-7Q2M4X-B") == row_uuid("DK-7Q2M4X-B") != row_uuid("DK-39WJ1P-S")
    assert uuid.UUID(row_uuid("DK-7Q2M4X-B")).version == 4


def test_a_shelter_is_a_bare_code(tmp_path: Path) -> None:
    """Neither its name nor its place nor what it does is on a phone."""
    path = tmp_path / "providers.csv"
    path.write_text(
        "name,label,department,services\nPR-2,Maison du soleil,CM007002,safehouse health\nPR-1,Clinique,CM007002,health\n",
        encoding="utf-8",
    )
    rows = providers_of(path)
    assert rows is not None
    made = content("providers.csv", rows).decode()

    assert made.splitlines()[1:] == ["PR-1,Clinique,CM007002,health", "PR-2,PR-2,,"]
    assert providers_of(tmp_path / "none.csv") is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name,label,department,services,address\n", 1),
        ("name,label,department\n", 1),
        ("", 1),
        ("name,label,department,services\nP,a,b,c\nP,a,b,c\n", 3),
        ("name,label,department,services\nP,=1+1,b,c\n", 2),
        ("name,label,department,services\n,a,b,c\n", 2),
    ],
)
def test_a_file_of_providers_with_more_is_refused(tmp_path: Path, text: str, line: int) -> None:
    """An address that stands in the file must not reach a phone by a slip."""
    path = tmp_path / "providers.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ProvidersUnsuitable) as found:
        providers_of(path)

    assert found.value.line == line
