"""Tags: cut short on purpose, one per number, none for what is no number."""

from __future__ import annotations

import pytest

from sync_scripts.store.seal import tags

K = bytes(range(32))


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("677 12 34 56", "+237677123456"),
        ("6-77-12-34-56", "+237677123456"),
        ("222.12.34.56", "+237222123456"),
        ("+237 677123456", "+237677123456"),
        ("00237677123456", "+237677123456"),
        ("237677123456", "+237677123456"),
        ("677123456", "+237677123456"),
        ("٦٧٧١٢٣٤٥٦", "+237677123456"),
        ("(+237) 677 12 34 56", None),
        ("+2348031234567", "+2348031234567"),
        ("002348031234567", "+2348031234567"),
        ("+237 577123456", None),
        ("+237 67712345", None),
        ("577123456", None),
        ("77123456", None),
        ("12345", None),
        ("+0123456789", None),
        ("+1234567890123456", None),
        ("call 677123456", None),
        ("", None),
        ("-", None),
        ("677123456 or 655123456", None),
    ],
)
def test_a_number_is_normalised_before_it_is_tagged(typed: str, number: str | None) -> None:
    """However it is typed, one number has one form; what is no number has none."""
    assert tags.e164(typed) == number


def test_one_number_has_one_tag_however_typed() -> None:
    """Two reports of one contact meet."""
    forms = ["677123456", "+237 677 12 34 56", "00237-677123456"]
    assert len({tags.contact_tag(K, typed) for typed in forms}) == 1


def test_what_is_no_number_has_no_tag() -> None:
    """It is counted, never guessed at."""
    assert tags.contact_tag(K, "no phone") is None
    assert tags.document_tag(K, "12-a") is None


def test_many_numbers_share_each_tag() -> None:
    """Whoever has the key and tries every number is left with more than a thousand for each tag."""
    count = 200_000
    seen: dict[int, int] = {}
    for number in range(count):
        tag = tags.contact_tag(K, f"6{number:08}")
        assert tag is not None
        seen[tag] = seen.get(tag, 0) + 1

    assert set(seen) <= set(range(2**tags.BITS))
    assert 100_000_000 / 2**tags.BITS >= 1000
    assert len(seen) > 0.9 * 2**tags.BITS  # spread evenly, so none is shared by few


def test_a_tag_depends_on_the_key_and_on_what_it_is_of() -> None:
    """Registers cannot be joined by their tags, nor phone numbers with document numbers."""
    assert tags.contact_tag(K, "677123456") != tags.contact_tag(bytes(32), "677123456")
    assert tags.contact_tag(K, "677123456") != tags.document_tag(K, "+237677123456")
    assert tags.media_tag(K, "uuid:1", "a.jpg") != tags.media_tag(K, "uuid:2", "a.jpg")
    assert tags.source_tag(K, "classroom", "a") != tags.source_tag(K, "other", "a")


def test_a_file_name_is_compared_in_one_form() -> None:
    """One road delivers an accent as one character, another as two."""
    assert tags.media_tag(K, "uuid:1", "été.jpg") == tags.media_tag(K, "uuid:1", "e\u0301te\u0301.jpg")


def test_marks_have_their_lengths() -> None:
    """Short in logs, long enough to tell files apart."""
    assert len(tags.instance_mark(K, "uuid:1")) == 8
    assert len(tags.media_tag(K, "uuid:1", "a")) == len(tags.source_tag(K, "s", "a")) == 32


def test_a_document_number_is_tagged_whatever_its_spelling() -> None:
    """Blanks, hyphens and small letters do not make it another document."""
    assert tags.document_tag(K, "ab 123-456") == tags.document_tag(K, "AB123456")
