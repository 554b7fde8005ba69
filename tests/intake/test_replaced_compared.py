"""A submission of which a file was replaced at its server is the one that it was: it compares as such, and is not put aside."""

from __future__ import annotations

from sync_scripts.intake.completeness.verify import verify
from sync_scripts.store.schema import raw
from tests.intake import test_files_again
from tests.intake.test_files_again import SECOND, held, put
from tests.intake.test_servers import Far

far = test_files_again.far
"""The fixture of that module."""


def test_a_deep_look_knows_what_it_is_beside_the_second_file(far: Far) -> None:
    """Its content did not change: the name of the file that came later is no name that it announced."""
    put(far, SECOND)
    far.report()
    found = verify(far.scene.register, [far.server], deep=True)

    assert len(held(far)) == 2
    assert [(one.versions, one.changed) for one in found.forms] == [(1, 0)]
    assert found.elsewhere == 0


def test_it_is_known_when_it_is_shown_whole_again(far: Far) -> None:
    """A register that forgot which places it looked at asks for all of them again."""
    put(far, SECOND)
    far.report()
    with far.scene.register.writing() as rows:
        rows.execute(raw.place.delete())
        rows.execute(raw.watermark.delete())
    far.wait(30)
    report = far.report()

    assert report.new == 0
    assert far.scene.aside() == []
