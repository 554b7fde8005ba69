"""A run that is killed at any step leaves every unit whole or erased; the next run ends what it began."""

from __future__ import annotations

from sync_scripts.store import durable
from sync_scripts.store.schema import raw
from tests import every_decision
from tests.purging.ground import CANARY, VOICE, Ground


class Killed(BaseException):
    """The process ended here."""


def test_a_run_may_be_killed_at_any_step(one: Ground) -> None:
    """After each kill the register is whole; in the end everything confirmed is gone, once."""
    for number in (1, 2):
        one.do(every_decision.triage, one.code(number))
        one.do(every_decision.dismiss, one.code(number), reason="no facts")
    one.later(days=31)
    assert len(one.confirm()) == 2
    kills = 0
    for number in range(500):
        left = number

        def count(_name: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        durable.watch(count)
        try:
            one.run()
        except Killed:
            kills += 1
        else:
            break
        finally:
            durable.watch(None)
        purged = one.scene.count(raw.event, raw.event.c.op == "alert.purge")
        gone = one.scene.count(raw.submission, raw.submission.c.status == "erased")
        assert purged == gone
        if number % 7 == 0:
            assert one.sound()
    assert kills > 30
    assert one.scene.count(raw.event, raw.event.c.op == "alert.purge") == 2
    left_over = one.everything()
    assert CANARY.encode() not in left_over
    assert VOICE not in left_over
    assert list(one.scene.register.folder.rglob("*.age")) == []
    assert one.sound()
