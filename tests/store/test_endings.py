"""A word to end is heard, also while nothing of Python goes on."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from sync_scripts.store.clear_files import ends_in_order

pytestmark = pytest.mark.skipif(
    os.name == "nt" or threading.current_thread() is not threading.main_thread(), reason="no such signals"
)


@pytest.mark.parametrize("word", ["SIGTERM", "SIGHUP"])
def test_a_word_to_end_is_heard_while_a_question_waits(word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reached another thread, or came just before the waiting began: either way nothing disturbs what waits."""
    number = getattr(signal, word)
    before = signal.signal(number, signal.SIG_DFL)  # one that ignores it goes on
    waited, end = os.pipe()
    late = threading.Timer(20, os.write, (end, b"x"))

    def say() -> None:
        time.sleep(0.2)
        signal.pthread_kill(threading.get_ident(), number)

    def wait() -> None:
        with ends_in_order():
            threading.Thread(target=say).start()
            os.read(waited, 1)

    late.start()
    began = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt):
            wait()
        assert time.monotonic() - began < 15
    finally:
        late.cancel()
        signal.signal(number, before)
        os.close(waited)
        os.close(end)


def test_what_was_there_is_there_again() -> None:
    """The handlers, and whoever listens for signals."""
    mine = signal.getsignal(signal.SIGTERM)
    with ends_in_order():
        pass
    assert signal.getsignal(signal.SIGTERM) is mine
    assert signal.set_wakeup_fd(-1) == -1
    assert not [one for one in threading.enumerate() if one.name == "dikalo-ending"]
