"""Reading submissions: three engines, one tree; and everything that is refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync_scripts.intake.errors import (
    REASONS,
    BadInstanceId,
    DoctypeRefused,
    Encrypted,
    NoForm,
    NoInstanceId,
    NotUtf8,
    NotWellFormed,
    Refused,
    TooDeep,
    TooLarge,
    TooManyAttributes,
    TooManyElements,
)
from sync_scripts.intake.receive import answers
from sync_scripts.intake.receive.answers import read
from sync_scripts.register.forms.answers import Node

ID = "uuid:c35074e1-8fd0-4bfb-9b6d-2f0d1a9b7a11"
META = f"<meta><instanceID>{ID}</instanceID></meta>"

JAVAROSA = f"""<?xml version='1.0' encoding='UTF-8' ?><data id="alert" version="2026112501" \
xmlns:ev="http://www.w3.org/2001/xml-events" xmlns:orx="http://openrosa.org/xforms" \
xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa">\
<gate><start>2026-11-25T09:28:32.834Z</start><end>2026-11-25T10:30:02.1+01:00</end></gate>\
<where><region>CM010</region></where><victim><uid>u1</uid><age>12</age></victim><victim><uid>u2</uid></victim>\
<photo /><dikalo_form>alert</dikalo_form><dikalo_version>2026112501</dikalo_version>\
<orx:meta><audit /><orx:instanceID>{ID}</orx:instanceID></orx:meta></data>"""

WEB_FORMS = f"""<data id="alert" version="2026112501"><gate><start>2026-11-25T09:28:32.834+00:00</start>\
<end>2026-11-25T09:30:02.100+00:00</end></gate><where><region>CM010</region></where>\
<victim><uid>u1</uid><age>12</age></victim><victim><uid>u2</uid></victim><photo/>\
<dikalo_form>alert</dikalo_form><dikalo_version>2026112501</dikalo_version>\
<meta><audit/><instanceID>{ID}</instanceID></meta></data>"""

ENKETO = f"""<data xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms" id="alert"
 version="2026112501">
  <gate>
    <start>2026-11-25T09:28:32.834-00:00</start>

    <end>2026-11-25T09:30:02.100-00:00</end>
  </gate>
  <where><region> CM010
  </region></where>
  <victim><uid>u1</uid><age>12</age></victim>

  <victim><uid>u2</uid></victim>
  <photo/>
  <dikalo_form>alert</dikalo_form><dikalo_version>2026112501</dikalo_version>
  <orx:meta>
    <orx:audit/>
    <orx:instanceID>{ID}</orx:instanceID>
  </orx:meta>
</data>
"""

KOBO = f"""<?xml version='1.0' ?><aiUe6rc2v6Czgh6SFTjBAT id="aiUe6rc2v6Czgh6SFTjBAT" version="1 (2026-11-25 09:07:18)">\
<formhub><uuid>648253b847db4e05bce791d0a235ff8a</uuid></formhub><username>enum1</username>\
<gate><start>2026-11-25T09:28:32.834Z</start><end>2026-11-25T09:30:02.100Z</end></gate>\
<where><region>CM010</region></where><victim><uid>u1</uid><age>12</age></victim><victim><uid>u2</uid></victim>\
<dikalo_form>alert</dikalo_form><dikalo_version>2026112501</dikalo_version>\
<__version__>vf85ngSc4FF9J5Rs4iTsqA</__version__><meta><instanceID>uuid:11111111-8fd0-4bfb-9b6d-2f0d1a9b7a11</instanceID>\
<deprecatedID>{ID}</deprecatedID><rootUuid>{ID[5:]}</rootUuid><instanceName>2026 CM010</instanceName></meta>\
</aiUe6rc2v6Czgh6SFTjBAT>"""


def shape(text: str) -> list[tuple[str, object]]:
    """Return the tree of a submission without its metadata."""
    return [
        (node.name, node.value) for node in read(text.encode()).tree if node.name not in {"gate", "username"}
    ]


@pytest.mark.parametrize("text", [WEB_FORMS, ENKETO, KOBO], ids=["web forms", "enketo", "kobo"])
def test_the_engines_say_the_same(text: str) -> None:
    """Namespaces, white space, empty nodes and what a server adds make no difference to the answers."""
    assert shape(text) == shape(JAVAROSA)
    assert shape(JAVAROSA) == [
        ("where", (Node("region", "CM010"),)),
        ("victim", (Node("uid", "u1"), Node("age", "12"))),
        ("victim", (Node("uid", "u2"),)),
    ]


@pytest.mark.parametrize("text", [JAVAROSA, WEB_FORMS, ENKETO, KOBO], ids=["java", "web", "enketo", "kobo"])
def test_the_envelope_is_read(text: str) -> None:
    """Our own stamps win over the root, whose id and version a server may have replaced; times are UTC."""
    found = read(text.encode()).submission

    assert (found.stamp, found.stamp_version) == ("alert", "2026112501")
    assert found.device_start == datetime(2026, 11, 25, 9, 28, 32, 834_000, UTC)
    assert found.device_end == datetime(2026, 11, 25, 9, 30, 2, 100_000, UTC)


def test_what_kobo_adds_goes_to_the_envelope() -> None:
    """Root, earlier version, name on the phone, account and the server's own form id are kept apart."""
    found = read(KOBO.encode()).submission

    assert found.form == "aiUe6rc2v6Czgh6SFTjBAT"
    assert found.form_version == "1 (2026-11-25 09:07:18)"
    assert found.root_uuid == found.deprecated_id == ID
    assert found.instance_name == "2026 CM010"
    assert found.submitter == "enum1"


def test_without_stamps_the_root_speaks() -> None:
    """Forms of others have no stamps."""
    found = read(f'<data id="other" version="3">{META}</data>'.encode()).submission

    assert (found.stamp, found.stamp_version, found.form) == ("other", "3", "other")


def test_a_start_mark_of_bytes_is_no_fault() -> None:
    """Windows programs put a byte order mark in front."""
    assert read(b"\xef\xbb\xbf" + JAVAROSA.encode()).submission.instance_id == ID


def test_comments_and_cdata_are_not_doctypes() -> None:
    """Only a real document type is refused, not the words."""
    text = f'<?x y?><!-- <!DOCTYPE --><data id="a"><q><![CDATA[<!DOCTYPE a>]]></q><!-- c -->{META}</data>'

    assert read(text.encode()).tree == (Node("q", "<!DOCTYPE a>"),)


@pytest.mark.parametrize("text", ["", "2026", "2026-11-25T09:00:00", "0001-01-01T00:00:00+14:00", "9999"])
def test_a_clock_that_cannot_be_read_is_not_known(text: str) -> None:
    """A time without zone, or beyond all calendars, is no time and no reason to refuse."""
    found = read(f'<data id="a"><end>{text}</end>{META}</data>'.encode()).submission

    assert found.device_end is None


def deep(levels: int) -> str:
    """Return a submission of that many levels of elements, an answer at the bottom."""
    inner = levels - 2
    return f'<data id="a">{META}{"<g>" * inner}<q>1</q>{"</g>" * inner}</data>'


def test_the_limits_themselves_are_allowed() -> None:
    """Exactly 50 levels, 100 attributes, 50,000 elements and 5 MB are still honest."""
    attributes = " ".join(f'a{number}="1"' for number in range(99))
    read(deep(50).encode())
    read(f'<data id="a" {attributes}>{META}</data>'.encode())
    read(f'<data id="a">{META}{"<q>1</q>" * (50_000 - 3)}</data>'.encode())
    text = f'<data id="a">{META}<q></q></data>'
    read(text.replace("<q>", "<q>" + "x" * (5_000_000 - len(text))).encode())


MANY_ATTRIBUTES = " ".join(f'a{number}="1"' for number in range(100))

REFUSALS = {
    "truncated": (JAVAROSA[:-40].encode(), NotWellFormed, "line 1"),
    "truncated in a letter": (JAVAROSA.encode()[:300] + "é".encode()[:1], NotUtf8, "byte 300"),
    "latin-1": ('<data id="a"><q>é</q></data>'.encode("latin-1"), NotUtf8, "byte 16"),
    "latin-1 declared": (b'<?xml version="1.0" encoding="ISO-8859-1"?><data id="a"/>', NotUtf8, "line 1"),
    "utf-16": (JAVAROSA.replace("UTF-8", "UTF-16").encode("utf-16"), NotUtf8, "byte 0"),
    "utf-7 declared": (b"<?xml version='1.0' encoding='utf-7'?><data id='a'/>", NotUtf8, "line 1"),
    "empty": (b"", NotWellFormed, "line 1"),
    "zeros": (b"\0" * 500, NotWellFormed, "line 1"),
    "no xml": (b"hello", NotWellFormed, "line 1"),
    "doctype": (f'<!DOCTYPE data><data id="a">{META}</data>'.encode(), DoctypeRefused, ""),
    "entities": (b'<!DOCTYPE d [<!ENTITY x "y">]><d id="a">&x;</d>', DoctypeRefused, ""),
    "doctype behind a comment": (b"<?xml version='1.0'?><!-- <a> --> <!DOCTYPE d><d/>", DoctypeRefused, ""),
    "file entity": (b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>', DoctypeRefused, ""),
    "unknown entity": (b'<d id="a">&x;</d>', NotWellFormed, "line 1"),
    "51 levels": (deep(51).encode(), TooDeep, ""),
    "300 levels": (deep(300).encode(), TooDeep, ""),
    "100,000 levels": (deep(100_000).encode(), TooManyElements, ""),
    "too many elements": (f'<data id="a">{META}{"<q/>" * 50_000}</data>'.encode(), TooManyElements, ""),
    "far too many": (b'<data id="a">' + b"<q/>" * 1_000_000, TooManyElements, ""),
    "attributes": (f'<data id="a" {MANY_ATTRIBUTES}>{META}</data>'.encode(), TooManyAttributes, ""),
    "too large": (b'<data id="a"><q>' + b"x" * 5_000_000 + b"</q></data>", TooLarge, ""),
    "no form": (f"<data>{META}</data>".encode(), NoForm, "/@id"),
    "a form id that is a sentence": (f'<data id="who was hurt">{META}</data>'.encode(), NoForm, "/@id"),
    "blank form": (b'<h:html xmlns:h="http://www.w3.org/1999/xhtml"><h:head/></h:html>', NoForm, "/@id"),
    "no instanceID": (b'<data id="a"><meta/></data>', NoInstanceId, "meta/instanceID"),
    "empty instanceID": (b'<data id="a"><meta><instanceID> </instanceID></meta></data>', NoInstanceId, ""),
    "strange instanceID": (b'<d id="a"><meta><instanceID>42</instanceID></meta></d>', BadInstanceId, ""),
    "path as instanceID": (
        b'<d id="a"><meta><instanceID>uuid:../../../etc/passwd</instanceID></meta></d>',
        BadInstanceId,
        "meta/instanceID",
    ),
    "two instanceIDs": (
        f'<d id="a">{META}<meta><instanceID>uuid:123456789</instanceID></meta></d>'.encode(),
        BadInstanceId,
        "meta/instanceID",
    ),
    "strange deprecatedID": (
        f'<d id="a"><meta><instanceID>{ID}</instanceID><deprecatedID>x</deprecatedID></meta></d>'.encode(),
        BadInstanceId,
        "meta/deprecatedID",
    ),
    "encrypted": (
        b'<data id="a" version="1" encrypted="yes"><base64EncryptedKey>AA</base64EncryptedKey></data>',
        Encrypted,
        "",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_not_honest_is_refused_with_its_own_code(name: str) -> None:
    """Each kind of bad input has one code and a place; nothing else ever comes out."""
    data, kind, place = REFUSALS[name]
    with pytest.raises(Refused) as caught:
        read(data)

    assert type(caught.value) is kind
    assert caught.value.place.startswith(place)


@pytest.mark.parametrize("code", REASONS)
def test_every_reason_has_words(code: str) -> None:
    """A stored code can be worded again, with nothing but place, form and version."""
    reason = REASONS[code](place="line 3", form="alert", version="1")

    assert reason.code == code
    assert "{" not in reason.words()


def test_a_refusal_says_which_form_it_is() -> None:
    """When reading came that far, form and version are known, for the counts."""
    with pytest.raises(NoInstanceId) as caught:
        read(b'<data id="alert" version="7"><meta/></data>')

    assert (caught.value.form, caught.value.version) == ("alert", "7")


@given(st.binary(max_size=400))
def test_any_bytes_give_answers_or_a_typed_error(data: bytes) -> None:
    """Nothing that comes in can raise anything but a refusal."""
    _try(data)


PIECES = st.lists(
    st.sampled_from(
        [
            *"<>/=\"'&;![]-?",
            "data",
            ' id="a"',
            "<meta>",
            "</meta>",
            "<instanceID>",
            "</instanceID>",
            ID,
            "<!DOCTYPE",
            "<![CDATA[",
            "]]>",
            "<!--",
            "-->",
            "<?xml version='1.0' encoding='",
            "?>",
            "&#x0;",
            "&amp;",
            "xmlns:a='b'",
            "a:",
            "\ud7ff",
            "\u202e",
            "é",
            "<end>2026-11-25T99</end>",
        ]
    ),
    max_size=40,
)


@settings(max_examples=300)
@given(PIECES)
def test_pieces_of_xml_give_answers_or_a_typed_error(pieces: list[str]) -> None:
    """The same for text that looks like XML."""
    _try("".join(pieces).encode())


@settings(max_examples=300)
@given(st.data())
def test_a_changed_submission_gives_answers_or_a_typed_error(data: st.DataObject) -> None:
    """The same for a real submission with bytes cut out, exchanged or added."""
    text = KOBO.encode()
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    _try(text[:start] + data.draw(st.binary(max_size=12)) + text[stop:])


def _try(data: bytes) -> None:
    try:
        found = read(data)
    except Refused as refused:
        known = type(refused) in REASONS.values()
    else:
        known = bool(found.submission.stamp) and all(part.value for part in found.tree)
    assert known


def test_no_value_is_in_a_refusal() -> None:
    """What somebody answered never stands in an error, even where the error is about it."""
    canary = "Kumba-7731"
    for text in (
        f'<data id="{canary} x"><q>{canary}</q></data>',
        f'<data id="a"><meta><instanceID>{canary}</instanceID></meta></data>',
        f"<data><{canary}>",
        f'<data id="a" {canary}>',
        f"<data>&{canary};</data>",
    ):
        with pytest.raises(Refused) as caught:
            read(text.encode())
        assert canary not in f"{caught.value!r}{caught.value}{caught.value.words()}{caught.value.fields()}"
        assert caught.value.__cause__ is None
        assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_limits_are_those_of_the_documentation() -> None:
    """The numbers in the sentences are the numbers in the code."""
    assert (answers.BYTES_LIMIT, answers.DEPTH_LIMIT, answers.ELEMENTS_LIMIT, answers.ATTRIBUTES_LIMIT) == (
        5_000_000,
        50,
        50_000,
        100,
    )
