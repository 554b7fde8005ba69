"""May this leave? Every state of consent against every purpose and every output of the domain page, and what lies over it."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sync_scripts.register.disclosure.sharing import (
    OUTPUTS,
    Agreed,
    Asked,
    may_leave,
)
from sync_scripts.register.forms.answers import Consent

AT = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)
ON = date(2026, 11, 25)
PURPOSES = (
    "document",
    "services",
    "refer_identity",
    "stats",
    "justice",
    "advocacy",
    "un",
    "media",
    "photo_audio",
    "followup_contact",
)
TICKED = '{"services":["health"]}'


def all_of(state: str, *, scope: str = "identified", **more: Any) -> tuple[Consent, ...]:
    """Return every purpose in one state, the identity ticked for health."""
    return tuple(
        Consent(
            one,
            state,
            scope if one in {"advocacy", "un", "media"} else None,
            TICKED if one == "refer_identity" else None,
            "2026-11-01",
            "2027-11-01",
            **more,
        )
        for one in PURPOSES
    )


WITHDRAWN = all_of("withdrawn", withdrawn_at="2026-11-20T08:00:00.000000Z")
STATES: dict[str, Agreed] = {
    "missing": Agreed((), child=False),
    "not_asked": Agreed(all_of("not_asked"), child=False),
    "given": Agreed(all_of("given"), child=False),
    "refused": Agreed(all_of("refused"), child=False),
    "unable": Agreed(all_of("unable"), child=False),
    "guardian": Agreed(all_of("guardian"), child=True),
    "assent": Agreed(all_of("assent"), child=True),
    "family": Agreed(all_of("guardian"), child=False),
    "withdrawn": Agreed(WITHDRAWN, child=False),
}
"""The states of the page, every purpose in the same one; ``family`` is a guardian's yes for an adult."""

ASKED: dict[str, Asked] = {
    "referral with identity": Asked("referral_identity", "other_ngo", service="health"),
    "referral without identity": Asked("referral", "other_ngo", service="health"),
    "report": Asked("report", "public"),
    "gbvims": Asked("gbvims", "other_ngo"),
    "mrm": Asked("mrm", "un"),
    "uwazi, advocacy": Asked("uwazi", "public", purpose="advocacy"),
    "uwazi, un": Asked("uwazi", "public", purpose="un"),
    "uwazi, justice": Asked("uwazi", "public", purpose="justice"),
    "bundle, justice": Asked("bundle", "court", purpose="justice"),
    "bundle, justice, counsel": Asked("bundle", "court", purpose="justice", counsel=True),
    "bundle, un": Asked("bundle", "un", purpose="un"),
    "media kit": Asked("media_kit", "media"),
    "transfer": Asked("transfer", "other_ngo"),
    "evidence, justice": Asked("evidence", "court", purpose="justice"),
    "evidence, justice, counsel": Asked("evidence", "court", purpose="justice", counsel=True),
    "evidence, un": Asked("evidence", "un", purpose="un"),
    "evidence, advocacy": Asked("evidence", "public", purpose="advocacy"),
    "evidence, media": Asked("evidence", "media", purpose="media"),
    "facts": Asked("facts"),
    "services": Asked("services"),
    "contact": Asked("contact"),
    "list": Asked("list"),
    "notice": Asked("notice"),
}
WHOLE = {"list", "notice"}
"""What says of a case only that it is there."""

#                             missing not_asked given refused unable guardian assent family withdrawn
TABLE = """
referral with identity      |   -   |    -    | yes |   -   |   -  |   yes  | yes  | yes  |    -
referral without identity   |   -   |    -    | yes |   -   |   -  |   yes  | yes  | yes  |    -
report                      |   -   |    -    | yes |   -   |  yes |    -   | yes  | yes  |    -
gbvims                      |   -   |    -    | yes |   -   |  yes |    -   | yes  | yes  |    -
mrm                         |   -   |    -    | yes |   -   |   -  |    -   | yes  | yes  |    -
uwazi, advocacy             |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
uwazi, un                   |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
uwazi, justice              |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
bundle, justice             |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
bundle, justice, counsel    |   -   |    -    | yes |   -   |   -  |    -   | yes  | yes  |    -
bundle, un                  |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
media kit                   |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
transfer                    |   -   |    -    | yes |   -   |   -  |   yes  | yes  | yes  |    -
evidence, justice           |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
evidence, justice, counsel  |   -   |    -    | yes |   -   |   -  |    -   | yes  | yes  |    -
evidence, un                |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
evidence, advocacy          |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
evidence, media             |   -   |    -    | yes |   -   |   -  |    -   |  -   | yes  |    -
facts                       |   -   |    -    | yes |   -   |  yes |    -   | yes  | yes  |    -
services                    |   -   |    -    | yes |   -   |   -  |   yes  | yes  | yes  |    -
contact                     |   -   |    -    | yes |   -   |   -  |   yes  | yes  | yes  |    -
list                        |  yes  |   yes   | yes |   -   |  yes |   yes  | yes  | yes  |    -
notice                      |  yes  |   yes   | yes |   -   |  yes |   yes  | yes  | yes  |    -
"""


def table() -> dict[tuple[str, str], bool]:
    """Return (output, state) -> whether it may leave."""
    found = {}
    for line in TABLE.strip().splitlines():
        output, *cells = (cell.strip() for cell in line.split("|"))
        for state, cell in zip(STATES, cells, strict=True):
            found[output, state] = cell == "yes"
    return found


@pytest.mark.parametrize(("output", "state"), list(itertools.product(ASKED, STATES)))
def test_every_state_against_every_output(output: str, state: str) -> None:
    """The table of the domain page, line by line; a no always says why, a yes never does."""
    answer = may_leave(ASKED[output], STATES[state], AT, ON)

    assert answer.allowed is table()[output, state], answer
    assert bool(answer.why) is not answer.allowed
    assert answer.by_override is False


@pytest.mark.parametrize("output", ASKED)
def test_the_yes_of_a_child_alone_is_never_more_than_with_the_guardian(output: str) -> None:
    """A child who answers for herself: nothing to the United Nations or media, no court without a lawyer."""
    alone = Agreed(all_of("given"), child=True, minor=True)
    unknown = Agreed(all_of("given"), child=True)
    inside = {"referral with identity", "referral without identity", "report", "gbvims"}
    inside |= {"bundle, justice, counsel", "facts", "services", "contact", "transfer"} | WHOLE
    inside |= {"evidence, justice, counsel"}

    assert may_leave(ASKED[output], alone, AT, ON).allowed is (output in inside)
    assert may_leave(ASKED[output], unknown, AT, ON).allowed


NEEDED: dict[str, tuple[str, ...]] = {
    "referral with identity": ("services", "refer_identity"),
    "referral without identity": ("services",),
    "report": ("stats",),
    "gbvims": ("stats",),
    "mrm": ("un",),
    "uwazi, advocacy": ("advocacy",),
    "uwazi, un": ("un",),
    "uwazi, justice": ("justice",),
    "bundle, justice": ("justice",),
    "bundle, justice, counsel": ("justice",),
    "bundle, un": ("un",),
    "media kit": ("media",),
    "transfer": ("services", "refer_identity"),
    "evidence, justice": ("justice", "photo_audio"),
    "evidence, justice, counsel": ("justice", "photo_audio"),
    "evidence, un": ("un", "photo_audio"),
    "evidence, advocacy": ("advocacy", "photo_audio"),
    "evidence, media": ("media", "photo_audio"),
    "facts": ("document",),
    "services": ("services",),
    "contact": ("followup_contact",),
    "list": (),
    "notice": (),
}

CHILD_BOTH = {"document", "services", "refer_identity", "stats", "photo_audio", "followup_contact"}
COVERS: dict[str, set[str]] = {
    "missing": set(),
    "not_asked": set(),
    "refused": set(),
    "withdrawn": set(),
    "expired": set(),
    "given": set(PURPOSES),
    "family": set(PURPOSES),
    "unable": {"document", "stats"},
    "guardian": {"services", "refer_identity", "followup_contact"},
    "assent": CHILD_BOTH,
}
"""State of one purpose -> the purposes for which that state is a yes, from the rows of the page; for a child with assent
besides: a court with counsel, and the table of grave violations."""


def one_of(state: str, purpose: str) -> tuple[Consent, ...]:
    """Return one purpose in a state; nothing where it is missing."""
    if state == "missing":
        return ()
    word = {"expired": "given", "family": "guardian"}.get(state, state)
    (made,) = (one for one in all_of(word) if one.purpose == purpose)
    if state == "expired":
        return (Consent(purpose, "given", made.scope, made.detail, "2025-11-25", "2026-11-25"),)
    gone = "2026-11-20T08:00:00.000000Z" if state == "withdrawn" else None
    return (Consent(purpose, word, made.scope, made.detail, made.given_at, made.expires_at, gone),)


@pytest.mark.parametrize("output", ASKED)
@pytest.mark.parametrize("state", COVERS)
def test_every_state_of_every_purpose_against_every_output(output: str, state: str) -> None:
    """One purpose in one state, all others given: it leaves if it needs another purpose, or if the state covers this one."""
    child = state in {"guardian", "assent"}
    for purpose in PURPOSES:
        others = tuple(one for one in all_of("given") if one.purpose != purpose)
        agreed = Agreed(others + one_of(state, purpose), child=child)
        covered = purpose in COVERS[state]
        if state == "assent" and purpose == "justice":
            covered = "counsel" in output
        if state == "assent" and purpose == "un":
            covered = output == "mrm"
        answer = may_leave(ASKED[output], agreed, AT, ON)

        assert answer.allowed is (purpose not in NEEDED[output] or covered), (purpose, answer)


@pytest.mark.spread(8)
@pytest.mark.parametrize(("output", "purpose"), list(itertools.product(ASKED, PURPOSES)))
@pytest.mark.parametrize("state", ["missing", "refused", "not_asked", "withdrawn", "expired"])
def test_every_purpose_stands_for_itself(output: str, purpose: str, state: str) -> None:
    """All purposes given but one: what needs that one stays, everything else leaves."""
    others = tuple(one for one in all_of("given") if one.purpose != purpose)
    (this,) = (one for one in all_of("given") if one.purpose == purpose)
    changed = {
        "missing": (),
        "refused": (Consent(purpose, "refused"),),
        "not_asked": (Consent(purpose, "not_asked"),),
        "withdrawn": (
            Consent(purpose, "given", this.scope, this.detail, this.given_at, this.expires_at, "2026-11-20"),
        ),
        "expired": (Consent(purpose, "given", this.scope, this.detail, "2025-11-25", "2026-11-25"),),
    }[state]
    answer = may_leave(ASKED[output], Agreed(others + changed, child=False), AT, ON)

    assert answer.allowed is (purpose not in NEEDED[output])
    assert answer.allowed or answer.why == state


def test_the_tests_know_every_output() -> None:
    """An output that is added to the code needs its lines here."""
    assert {asked.output for asked in ASKED.values()} == set(OUTPUTS)
    assert NEEDED.keys() == ASKED.keys()


def test_consent_runs_out_on_its_day() -> None:
    """The last day is the one before; then it counts as not given until it is asked again."""
    agreed = Agreed(all_of("given"), child=False)

    assert may_leave(ASKED["report"], agreed, AT, date(2027, 10, 31)).allowed
    assert may_leave(ASKED["report"], agreed, AT, date(2027, 11, 1)).why == "expired"
