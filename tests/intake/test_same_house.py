"""Whose address for phones is believed: the token of an account goes there."""

from __future__ import annotations

import pytest

from sync_scripts.intake.connections import same_house


@pytest.mark.parametrize(
    ("own", "other", "believed"),
    [
        ("https://kf.kobotoolbox.org", "https://kc.kobotoolbox.org", True),
        ("https://eu.kobotoolbox.org", "https://kc-eu.kobotoolbox.org", True),
        ("https://kobo.example", "https://kobo.example", True),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8001", True),
        ("https://kf.kobotoolbox.org", "http://kc.kobotoolbox.org", False),
        ("https://kf.kobotoolbox.org", "https://kc.kobotoolbox.org.example.com", False),
        ("https://kf.kobotoolbox.org", "https://evilkobotoolbox.org", False),
        ("https://kobo.example", "https://other.example", False),
        ("https://10.0.0.1", "https://20.0.0.1", False),
        ("https://kf.kobotoolbox.org", "", False),
        ("https://kf.kobotoolbox.org", "kc.kobotoolbox.org", False),
    ],
)
def test_only_an_address_of_the_same_house_gets_the_token(own: str, other: str, believed: bool) -> None:
    """The same host, or another one under the server's own domain, and never without TLS where the server has it."""
    assert same_house(own, other) is believed
