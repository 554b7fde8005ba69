"""A provider chosen on a phone is kept by its code, whatever the server's list calls its row."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from sync_scripts.register.care import rebuild
from sync_scripts.register.directory.providers import send_providers
from sync_scripts.register.forms.answers import PUBLISHED, row_uuid
from sync_scripts.store.schema import raw
from sync_scripts.store.schema import register as tables
from tests.intake.scene import COORDINATOR, FORMS, Scene, draw

PLACE, CODE = "7/providers", "PRE-NW-01"


def followup(provider: str) -> bytes:
    """Return a follow-up of the samples that names another provider."""
    found = (FORMS / "samples" / "followup" / "f01" / "submission.xml").read_bytes()
    assert CODE.encode() in found
    return found.replace(CODE.encode(), provider.encode())


def providers(one: Scene) -> set[str]:
    """Return the providers of all interventions."""
    asked = select(tables.intervention.c.provider_code).where(
        tables.intervention.c.provider_code.is_not(None)
    )
    with one.register.reading() as rows:
        return {str(code) for code in rows.execute(asked).scalars()}


def send(one: Scene, *codes: str) -> None:
    """Say that codes go to the list of a Central."""
    with one.register.writing() as rows:
        send_providers(rows, PLACE, codes, COORDINATOR, one.now, drawing=draw)


@pytest.fixture
def chosen(one: Scene) -> Scene:
    """Return a scene with a follow-up, not yet pulled, whose provider was chosen on a phone of a Central."""
    one.lay("f", followup(row_uuid(CODE, PLACE)), form="followup")
    return one


def test_what_was_sent_is_known_by_its_code(chosen: Scene) -> None:
    """The row's uuid never reaches the register; a rebuild says the same."""
    send(chosen, CODE, "PRE-NW-02")
    chosen.pull()

    assert providers(chosen) == {CODE}
    assert not rebuild.check(chosen.register, chosen.now).differing


def test_a_list_that_is_sent_later_names_what_was_chosen_before(chosen: Scene) -> None:
    """Another laptop had sent it: as soon as this one does, the code is there, and a rebuild says the same."""
    chosen.pull()
    before = providers(chosen)
    send(chosen, CODE)

    assert before == {row_uuid(CODE, PLACE)}
    assert providers(chosen) == {CODE}
    assert not rebuild.check(chosen.register, chosen.now).differing


def test_a_code_that_was_chosen_or_typed_stays(one: Scene) -> None:
    """KoboToolbox and the folder have the code itself in the list."""
    send(one, CODE)
    one.lay("f", followup("PRE-XX-09"), form="followup")
    one.pull()

    assert providers(one) == {"PRE-XX-09"}


def test_a_row_of_another_list_stays_as_it_came(chosen: Scene) -> None:
    """Nothing is guessed."""
    send(chosen, "PRE-NW-07")
    chosen.pull()

    assert providers(chosen) == {row_uuid(CODE, PLACE)}


def test_nothing_sent_is_no_event(one: Scene) -> None:
    """A second publication of the same list writes nothing."""
    send(one)

    assert one.count(raw.event, raw.event.c.op == PUBLISHED) == 0
