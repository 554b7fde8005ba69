"""``dikalo pull --largest-file``: what a person allows for one run reaches the pull and the client of the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from sync_scripts.intake import pull as pulling
from sync_scripts.servers.http import FILE_LIMIT
from tests.encrypted.conftest import Run, Worlds


@pytest.mark.parametrize(
    ("said", "most"), [("", (100_000_000, FILE_LIMIT)), ("300", (300_000_000, 300_000_000))]
)
def test_the_option_reaches_the_pull_and_the_client(
    run: Run, worlds: Worlds, monkeypatch: pytest.MonkeyPatch, said: str, most: tuple[int, int]
) -> None:
    """Nothing else is larger than it was, and the next run is as always."""
    worlds.central.forms["alert"] = []
    run("keys", "server", "bureau", login="bureau")
    real, seen = pulling.pull, list[tuple[int, int]]()

    def look(register: Any, servers: Sequence[Any], actor: Any, way: Any) -> Any:
        seen.append((way.file_limit, servers[0].project.client.file_limit))
        return real(register, servers, actor, way)

    monkeypatch.setattr("sync_scripts.cli.inflow.pull.fetch", look)
    run("pull", *(["--largest-file", said] if said else []))

    assert seen == [most]
