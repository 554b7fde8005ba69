"""Behind a pull from a folder stands what became of everything that lies there."""

from __future__ import annotations

import pytest

from sync_scripts.intake.completeness.proof import words
from sync_scripts.servers import folder, plain_files
from sync_scripts.servers.base import FileGone
from tests.intake.scene import Scene, alert


def test_everything_that_lies_there_is_told_with_what_became_of_it(one: Scene) -> None:
    """New, known and put aside; the same the next time, when nothing is new."""
    one.lay("a", alert(1))
    one.lay("b", alert(2))
    one.lay("b again", alert(2))
    one.lay("c", alert(3, version="2019010101"))
    for _time in range(2):
        (proof,) = one.pull().proofs
        assert (proof.count, proof.here, proof.aside, proof.holds) == (4, 3, 1, True)
        assert words(proof) == "Proof, folders: 4 in the folder = 3 here + 1 put aside."


def test_an_empty_folder_is_proved(one: Scene) -> None:
    """Nothing is there, and nothing is said to be."""
    (proof,) = one.pull().proofs
    assert (proof.count, proof.holds) == (0, True)


def test_what_could_not_be_read_is_no_proof(one: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is counted, and is nowhere here."""
    one.lay("a", alert(1))
    one.lay("b", alert(2))
    read = plain_files.content

    def broken(path: str, limit: int) -> tuple[bytes, int]:
        if "/b/" in path.replace("\\", "/"):
            raise FileGone(errno=5)
        return read(path, limit)

    monkeypatch.setattr(folder, "content", broken)
    (proof,) = one.pull().proofs
    assert (proof.count, proof.here, proof.missing, proof.holds) == (2, 1, 1, False)
    assert "No proof, folders: 2 in the folder, but 1 here." in words(proof)


def test_a_trial_counts_what_a_pull_would(one: Scene) -> None:
    """It stores nothing, and says what would come of everything."""
    one.lay("a", alert(1))
    assert one.pull(dry_run=True).proofs == one.pull().proofs != ()
