"""What counts as a canary seen: an answer wherever it stands, and not the digits of a digest."""

from __future__ import annotations

import hashlib

from tests.stories.phones import Canaries


def test_an_answer_is_seen_wherever_it_stands_and_a_digest_is_none() -> None:
    """In a word, in JSON, beside a digest, in a longer number; not within 64 signs of a digest that happens to hold it."""
    made = Canaries(numbers={"918273", "677990001"})
    digest = "918273" + hashlib.sha256(b"x").hexdigest()[6:]

    assert made.seen_in(f'"hash":"{digest}"'.encode()) == set()
    for text in ('{"n":918273}', "code918273", f"{digest} 918273", "00918273", f"tel677990001 {digest}"):
        assert made.seen_in(text.encode()), text
