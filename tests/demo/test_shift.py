"""Invented submissions move in time by whole days and change in nothing else."""

from __future__ import annotations

from datetime import date

from sync_scripts.demo.samples import ended_on, shift

XML = (
    b'<data id="alert" version="2026112501"><start>2026-11-20T09:10:11.123+01:00</start>'
    b"<end>2026-11-20T09:14:00.000+01:00</end><d>2026-02-28</d><t>le 2026-11-19, vers midi</t>"
    b"<photo>1700000000000.jpg</photo><n>2026-13-45</n>"
    b"<meta><instanceID>uuid:20261120-1111-4111-8111-202611201111</instanceID></meta></data>"
)


def test_no_shift_changes_no_byte() -> None:
    """A demonstration on the day of the samples shows the very bytes that the engine made."""
    assert shift(XML, 0) is XML


def test_dates_move_and_nothing_else() -> None:
    """Dates in answers move together, months included; identifiers, versions, times and nonsense stay."""
    moved = shift(XML, 3)
    assert b"<start>2026-11-23T09:10:11.123+01:00</start>" in moved
    assert b"<d>2026-03-03</d>" in moved
    assert b"le 2026-11-22, vers midi" in moved
    assert b"<n>2026-13-45</n>" in moved
    assert b"uuid:20261120-1111-4111-8111-202611201111" in moved
    assert b'version="2026112501"' in moved
    assert shift(moved, -3) == XML


def test_the_day_it_ended_is_the_phones() -> None:
    """The newest sample's last day decides the shift."""
    assert ended_on(XML) == date(2026, 11, 20)
    assert ended_on(b"<data/>") is None
