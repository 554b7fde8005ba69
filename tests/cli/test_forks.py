"""Tests that a forked child of a test process that holds Java can look for reference cycles."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time

import pytest

PATIENCE_S = 30.0
MANY, SMALL_B = 100_000, 1_000


@pytest.mark.java
@pytest.mark.skipif(sys.platform == "win32", reason="nothing is forked there")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # of forks beside threads
@pytest.mark.usefixtures("java")
def test_a_child_beside_java_collects_and_goes_on() -> None:
    """JPype hangs a callback on the collector that waits for Java's threads, and a child has none of them."""
    much = [
        bytes(SMALL_B) for _one in range(MANY)
    ]  # JPype asks Java only where the heap has grown since it started
    child = os.fork()
    if child == 0:
        gc.collect()
        os._exit(0)
    until = time.monotonic() + PATIENCE_S
    while (ended := os.waitpid(child, os.WNOHANG)) == (0, 0) and time.monotonic() < until:
        time.sleep(0.05)
    if ended == (0, 0):
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    assert ended == (child, 0)
    del much
