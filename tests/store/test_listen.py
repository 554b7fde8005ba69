"""``--listen`` without ``--open``: nobody waits for a voice message that was never going to be played."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync_scripts import cli


@pytest.mark.parametrize(
    "words", [("alerts", "AL-7Q2M4X-B"), ("cases", "DK-7Q2M4X-B")], ids=lambda one: one[0]
)
def test_a_voice_message_is_not_played_without_a_reason(
    tmp_path: Path, words: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What is missing is said before a passphrase is asked for."""
    group, code = words
    ended = cli.main(["--lang", "en", "-C", str(tmp_path), group, "show", code, "--listen"])

    assert ended == 2
    assert "--listen goes with --open REASON" in capsys.readouterr().err
