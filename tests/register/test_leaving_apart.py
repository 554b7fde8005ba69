"""What stands beside the matrix of what may leave: identity, whom a person excluded, overrides, alerts, cases and lists."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sync_scripts.register.disclosure.recipients import share_of
from sync_scripts.register.disclosure.sharing import (
    OUTPUTS,
    OVERRIDABLE,
    Agreed,
    Asked,
    Output,
    Receiver,
    alert_may_be_referred,
    alert_may_leave,
    case_may_leave,
    may_leave,
    stopped,
    warnings,
)
from sync_scripts.register.forms.answers import Consent
from sync_scripts.store.canonical import instant
from tests.register.test_leaving import (
    ASKED,
    AT,
    NEEDED,
    ON,
    PURPOSES,
    TICKED,
    WHOLE,
    WITHDRAWN,
    all_of,
    table,
)

# --- identity -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ASKED)
@pytest.mark.parametrize("scope", ["anonymous", "identified"])
def test_identity_goes_along_only_where_the_page_says_so(output: str, scope: str) -> None:
    """With a referral that asks for it, a bundle, a call; with a media kit when that was the scope; never else."""
    answer = may_leave(ASKED[output], Agreed(all_of("given", scope=scope), child=False), AT, ON)
    with_identity = {"referral with identity", "bundle, justice", "bundle, justice, counsel", "contact"}
    with_identity |= {"transfer", *(one for one in ASKED if one.startswith("evidence"))}
    to_the_un = {"bundle, un", "evidence, un"}
    with_identity -= to_the_un
    if scope == "identified":
        with_identity |= to_the_un | {"media kit"}

    assert answer.identity is (output in with_identity)
    assert answer.allowed is not (output in to_the_un and scope == "anonymous")


@pytest.mark.parametrize("output", ASKED)
def test_what_names_her_to_others_waits_while_a_form_cannot_be_read(output: str) -> None:
    """She may say no in it. Help without her name goes on, and so does the work here; asked on a later day her yes counts."""
    kept = Agreed(all_of("given", scope="identified"), child=False)
    day = max(one.given_at or "" for one in kept.consents)
    may = may_leave(ASKED[output], kept, AT, ON).allowed
    told = {"referral_identity", "transfer", "bundle", "evidence", "uwazi", "media_kit"}
    held = ASKED[output].output in told

    assert may_leave(ASKED[output], replace(kept, unread=day), AT, ON).allowed is (may and not held)
    assert may_leave(ASKED[output], replace(kept, unread="2000-01-01"), AT, ON).allowed is may


def test_identity_goes_to_the_services_ticked_only() -> None:
    """Ticked for health: not to the police, nor without the service named; without identity it goes to both."""
    agreed = Agreed(all_of("given"), child=False)

    assert may_leave(Asked("referral_identity", service="legal"), agreed, AT, ON).why == "service_not_ticked"
    assert may_leave(Asked("referral_identity"), agreed, AT, ON).why == "service_not_ticked"
    assert may_leave(Asked("referral", service="legal"), agreed, AT, ON).allowed


@pytest.mark.parametrize("purpose", ["", "stats", "media", "services"])
def test_an_export_names_a_purpose_that_it_can_have(purpose: str) -> None:
    """A bundle for statistics is no bundle."""
    agreed = Agreed(all_of("given"), child=False)

    assert may_leave(Asked("uwazi", purpose=purpose), agreed, AT, ON).why == "purpose"
    assert may_leave(Asked("bundle", purpose=purpose), agreed, AT, ON).why == "purpose"
    assert may_leave(Asked("evidence", "court", purpose=purpose), agreed, AT, ON).allowed is (
        purpose == "media"
    )


# --- whom the person excluded -------------------------------------------------------------------------------------


@pytest.mark.parametrize("output", OUTPUTS)
def test_whom_the_person_excluded_wins_over_everything(output: Output) -> None:
    """Authorities: no police, no authority, no court. Other organisations: no referral to them, no shared export."""
    receivers: tuple[Receiver, ...] = ("us", "other_ngo", "authority", "court", "un", "media", "public")
    for receiver in receivers:
        for service in ("health", "police"):
            asked = Asked(output, receiver, service=service, purpose="justice")
            consents = all_of("given", override_until=instant(AT + timedelta(hours=9)), **SIGNED)
            no_authorities = may_leave(asked, Agreed(consents, "authorities", child=False), AT, ON)
            no_others = may_leave(asked, Agreed(consents, "family other_ngos", child=False), AT, ON)

            official = receiver in {"authority", "court"} or service == "police"
            given_away = output in {"referral", "referral_identity", "transfer"} and receiver != "us"
            shared = receiver == "other_ngo" or output in {"gbvims", "uwazi"} or given_away
            assert (no_authorities.why == "withheld") is official
            assert (no_others.why == "withheld") is shared


@pytest.mark.parametrize("output", ["referral", "referral_identity", "transfer"])
def test_a_provider_that_is_an_office_of_the_state_counts_as_one(output: Output) -> None:
    """Whatever the service: a provider that is the police, too, gets nobody who excluded the authorities."""
    agreed = Agreed(all_of("given"), "authorities", child=False)
    asked = Asked(output, "other_ngo", service="health")

    assert may_leave(asked, agreed, AT, ON).allowed
    assert may_leave(replace(asked, official=True), agreed, AT, ON).why == "withheld"


def test_family_and_community_are_warnings() -> None:
    """They bar nothing; whoever calls the person is told."""
    agreed = Agreed(all_of("given"), "family community", child=False)

    assert may_leave(Asked("contact"), agreed, AT, ON).allowed
    assert warnings("other_ngos community family") == ("family", "community")
    assert warnings("none") == ()


# --- overrides ----------------------------------------------------------------------------------------------------


SIGNED: dict[str, Any] = {
    "override_reason": "unconscious",
    "override_by_1": "CO-01",
    "override_by_2": "SU-01",
}


@pytest.mark.parametrize("output", ASKED)
@pytest.mark.parametrize("state", ["missing", "not_asked", "refused", "unable", "withdrawn"])
def test_an_override_opens_what_a_vital_interest_needs_and_nothing_else(output: str, state: str) -> None:
    """Never court, advocacy, the United Nations, media, statistics; and only over a consent that is there."""
    consents = (
        all_of(state, override_until=instant(AT + timedelta(hours=72)), **SIGNED)
        if state != "missing"
        else ()
    )
    answer = may_leave(ASKED[output], Agreed(consents, child=False), AT, ON)
    vital = set(NEEDED[output]) <= OVERRIDABLE and state != "missing"
    anyway = table()[output, state]

    assert answer.allowed is (vital or anyway)
    assert answer.by_override is (vital and not anyway and output not in WHOLE)


@pytest.mark.parametrize(
    ("until", "signed"),
    [
        (AT, SIGNED),
        (AT - timedelta(seconds=1), SIGNED),
        (AT + timedelta(hours=72, seconds=1), SIGNED),
        (AT + timedelta(hours=1), {**SIGNED, "override_by_2": "co-01 "}),
        (AT + timedelta(hours=1), {**SIGNED, "override_by_2": None}),
        (AT + timedelta(hours=1), {**SIGNED, "override_reason": ""}),
    ],
    ids=["over", "long over", "beyond 72 hours", "one person twice", "one person", "no reason"],
)
def test_an_override_that_is_not_one_opens_nothing(until: datetime, signed: dict[str, Any]) -> None:
    """Two different people, a reason, not over, at most 72 hours."""
    consents = all_of("unable", override_until=instant(until), **signed)

    assert (
        may_leave(Asked("referral", service="health"), Agreed(consents, child=False), AT, ON).why == "unable"
    )


@pytest.mark.parametrize("state", ["given", "not_asked", "refused", "unable", "withdrawn", None])
def test_an_alert_is_told_of_until_the_person_refuses_or_withdraws(state: str | None) -> None:
    """Not asked, or cannot be asked: it is handled; refused: closed and counted; withdrawn: it stops."""
    for output in ("list", "notice"):
        told = alert_may_leave(Asked(output), state, ON)
        assert told.allowed is (state not in {"refused", "withdrawn"})


@pytest.mark.parametrize("state", ["given", "not_asked", "refused", "unable", "withdrawn", None])
def test_an_alert_is_handed_on_with_consent_only(state: str | None) -> None:
    """What is not asked, or cannot be asked, is a no: then two people decide for a vital interest, or nobody."""
    assert alert_may_be_referred(state, ON) is (state == "given")


# --- cases and lists ----------------------------------------------------------------------------------------------


def test_work_stops_when_everybody_withdrew() -> None:
    """Not while one person goes on, nor before anybody was asked, nor because a consent ran out."""
    withdrew, goes_on = Agreed(WITHDRAWN), Agreed(all_of("given"))
    ran_out = Agreed(tuple(Consent(one, "given", expires_at="2026-01-01") for one in PURPOSES))

    assert stopped([withdrew, withdrew], AT)
    assert stopped([Agreed(all_of("refused"))], AT)
    assert not stopped([withdrew, goes_on], AT)
    assert not stopped([ran_out], AT)
    assert not stopped([Agreed(all_of("not_asked"))], AT)
    assert not stopped([], AT)
    assert not stopped([Agreed()], AT)


def test_a_case_as_a_whole_leaves_while_one_person_goes_on() -> None:
    """Its row and its messages: also while nobody was asked; whoever excluded somebody bars nothing of that kind."""
    withdrew, goes_on = Agreed(WITHDRAWN), Agreed(all_of("given"), "authorities other_ngos")

    assert case_may_leave(Asked("notice"), [], AT, ON).allowed
    assert case_may_leave(Asked("notice"), [withdrew, goes_on], AT, ON).allowed
    assert case_may_leave(Asked("list"), [withdrew], AT, ON).why == "withdrawn"


def test_withdrawing_one_of_the_two_does_not_stop_the_work() -> None:
    """Services go on without documents, and the other way round."""
    services = tuple(one for one in all_of("given") if one.purpose == "services")
    document = tuple(one for one in WITHDRAWN if one.purpose == "document")

    assert not stopped([Agreed(services + document)], AT)


@pytest.mark.parametrize(
    ("level", "trusted", "workbook", "phones"),
    [
        ("C1", False, "all", "all"),
        ("C2", False, "all", "all"),
        ("C3", False, "none", "none"),
        ("C3", True, "all", "all"),
        ("C4", False, "none", "none"),
        ("C4", True, "few", "none"),
        (None, True, "few", "none"),
        ("C9", False, "none", "none"),
    ],
)
def test_how_much_of_a_case_a_list_may_hold(
    level: str | None, trusted: bool, workbook: str, phones: str
) -> None:
    """C3 for its owner and the coordinator; C4 few columns and on no phone; what is not known counts as C4."""
    assert share_of(level, "workbook", trusted=trusted) == workbook
    assert share_of(level, "phones", trusted=trusted) == phones


@given(
    st.sampled_from(list(ASKED)),
    st.lists(
        st.builds(
            Consent,
            st.sampled_from(PURPOSES),
            st.sampled_from(["given", "guardian", "assent", "refused", "not_asked", "unable", "withdrawn"]),
            st.sampled_from([None, "anonymous", "identified"]),
            st.sampled_from([None, TICKED]),
            st.just("2026-01-01"),
            st.sampled_from([None, "2026-11-25", "2027-01-01"]),
            st.sampled_from([None, "2026-11-20T08:00:00.000000Z"]),
        ),
        max_size=6,
    ),
    st.sampled_from(["", "other_ngos", "authorities", "none"]),
    st.booleans(),
)
def test_nothing_leaves_without_its_purpose(
    output: str, consents: list[Consent], withheld: str, child: bool
) -> None:
    """Whatever is recorded: a yes means a standing row of every purpose needed, and nobody concerned excluded."""
    answer = may_leave(ASKED[output], Agreed(tuple(consents), withheld, child), AT, ON)
    if answer.allowed:
        for purpose in NEEDED[output]:
            assert any(
                one.purpose == purpose
                and one.withdrawn_at is None
                and (
                    one.state == "unable"
                    or (
                        one.state in {"given", "guardian", "assent"} and (one.expires_at or "") > "2026-11-25"
                    )
                )
                for one in consents
            )
