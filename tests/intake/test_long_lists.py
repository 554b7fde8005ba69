"""A long old list on a register that others write into: whoever takes it over hears first that they have to wait."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync_scripts import cli
from sync_scripts.cli.work import old_lists
from tests.bench.make import DAY, workspace
from tests.bench.taking_over import lay
from tests.store.commands import pipe


@pytest.mark.parametrize(("shared", "rows", "said"), [(True, 3, True), (True, 2, False), (False, 3, False)])
@pytest.mark.parametrize("more", [("--dry-run",), ()])
def test_colleagues_wait_only_where_it_is_said_first(  # noqa: PLR0917 - what a run needs
    new_database: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    shared: bool,
    rows: int,
    said: bool,
    more: tuple[str, ...],
) -> None:
    """On a shared register and for a long list alone, before anything is written; on one laptop nobody else waits."""
    monkeypatch.setattr(old_lists, "_LONG", 2)
    workspace(tmp_path / "w", tmp_path, new_database("template0") if shared else None)
    listed, mapped = lay(tmp_path, rows)
    monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(DAY)))
    words = ("cases", "import", str(listed), "--map", str(mapped), *more)

    assert cli.main(["-C", str(tmp_path / "w"), "--lang", "en", *words]) == 0
    told = capsys.readouterr().err
    assert ("nobody else can write" in told) is said
    assert ("files of 2 rows" in told) is said
