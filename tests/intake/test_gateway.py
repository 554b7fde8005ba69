"""A gateway that gives up on what takes too long (504): less is asked for, of either kind of server."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from sync_scripts.servers.inquiry import LEAST, batches
from tests.contract import kobo_world
from tests.intake.scene import Scene, uid
from tests.intake.test_one_address import KINDS, held, make

ALL = {uid(number) for number in range(1, 8)}


def too_many(most: int) -> Callable[[httpx.Request], httpx.Response | None]:
    """Give up on lists of more rows."""

    def knob(request: httpx.Request) -> httpx.Response | None:
        asked = request.url.params
        return httpx.Response(504) if int(asked.get("$top", asked.get("limit", 0))) > most else None

    return knob


@KINDS
@pytest.mark.parametrize("most", [LEAST, 600])
def test_what_is_too_much_for_a_server_is_asked_for_in_smaller_pages(
    one: Scene, kind: str, most: int
) -> None:
    """What is new and the comparison of everything: all arrives, and there is a proof."""
    far = make(one, kind)
    far.world.knob = too_many(most)
    report = far.report()

    assert held(far) == ALL
    assert report.proofs[0].holds


@KINDS
def test_it_is_not_asked_for_less_and_less_for_ever(one: Scene, kind: str) -> None:
    """A server that cannot show ten rows is out of order, and that is said."""
    far = make(one, kind)
    far.report()
    far.wait(30)
    far.world.knob = too_many(LEAST - 1)
    asked = len(far.world.log)
    done = far.pull()

    assert done.failure is not None
    assert (done.failure.exit_code, len(far.world.log) - asked < 60) == (5, True)


@KINDS
def test_what_is_asked_for_by_name_is_asked_for_in_halves(one: Scene, kind: str) -> None:
    """Seven, and no question for more than two of them is answered; what fails otherwise is not asked for again."""
    far = make(one, kind)
    form = "alert" if kind == "central" else kobo_world.FORM
    statuses = {504: 7, 500: 0}
    for status, shown in statuses.items():

        def knob(request: httpx.Request, status: int = status) -> httpx.Response | None:
            asked = request.url.params.get("$filter", "") + request.url.params.get("query", "")
            return httpx.Response(status) if sum(root in asked for root in ALL) > 2 else None

        far.world.knob = knob
        pages = [*far.server.again((form, root) for root in sorted(ALL))]

        assert sum(len(page.sightings) for page in pages) == shown
        assert any(page.trouble for page in pages) == (not shown)


@KINDS
@pytest.mark.parametrize("sign", ["a", "é"])
def test_long_ids_are_asked_for_in_urls_that_a_server_takes(one: Scene, kind: str, sign: str) -> None:
    """Eighty of two hundred signs, each up to six bytes in a URL; one that no URL bears keeps nobody away."""
    far = make(one, kind, 0)
    form = "alert" if kind == "central" else kobo_world.FORM
    lengths: list[int] = []

    def knob(request: httpx.Request) -> httpx.Response | None:
        lengths.append(len(str(request.url)))
        return httpx.Response(431) if lengths[-1] > 15_000 else None

    far.world.knob = knob
    roots = [f"uuid:{number:04d}{sign * 200}" for number in range(80)]
    asked = [*batches((form, root) for root in [*roots, "x" * 9_000])]
    pages = [*far.server.again((form, root) for root in [*roots, "x" * 9_000])]

    assert [root for _form, some in asked for root in some] == roots
    assert not [page.trouble for page in pages if page.trouble]
    if kind == "central" and not sign.isascii():
        assert (
            lengths == []
        )  # its filters name none of these: they are asked for with their page (test_odd_ids)
    else:
        assert max(lengths) > 1_000
