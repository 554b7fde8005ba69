"""The classroom answers ODK Collect row by row of the protocol; every request here is raw bytes."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from lxml import etree

from tests.classroom.conftest import CASES
from tests.classroom.raw import DEVICE, Wire

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"


def path_of(address: str, wire: Wire) -> str:
    """Return the part of an address that a connection adds its own base to."""
    prefix = f"http://{wire.host}{wire.path}"
    assert address.startswith(prefix)
    return address.removeprefix(prefix)


# --- what every answer has ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("GET", "/formList"), ("HEAD", "/submission"), ("POST", "/submission"), ("GET", "/nowhere"),
        ("PUT", "/submission"), ("GET", "/forms/mini/manifest"), ("GET", "/static/page.css"),
    ],
)  # fmt: skip
def test_every_answer_bears_the_headers_of_the_protocol(wire: Wire, method: str, path: str) -> None:
    """Without its version header Collect says "not an OpenRosa server"; nothing may be cached."""
    answer = wire.ask(method, path, ["Content-Length: 0"])

    assert answer.headers["x-openrosa-version"] == "1.0"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/formList", "/forms/mini/form.xml", "/forms/mini/manifest", "/forms/mini/media/cases.csv"]
)
def test_a_slash_more_and_unknown_parameters_change_nothing(wire: Wire, path: str) -> None:
    """Collect appends its device to every address, and people type slashes; neither is answered with a redirect."""
    plain, slashed = wire.ask("GET", path), wire.ask("GET", f"{path}/?{DEVICE}&x=1")

    assert plain.status == slashed.status == 200
    assert plain.body == slashed.body


def test_a_connection_stays_open_for_the_next_request(wire: Wire) -> None:
    """Each answer says its length, so that the phone need not connect anew."""
    for _again in range(3):
        answer = wire.ask("GET", "/formList")
        assert int(answer.headers["content-length"]) == len(answer.body)


@pytest.mark.parametrize("path", ["/", "/formList", "/t/aaaaaa", "/t/aaaaaa/formList", "/t"])
def test_without_the_secret_path_there_is_nothing(wire: Wire, path: str) -> None:
    """Somebody else on the Wi-Fi does not find the forms by trying the usual addresses."""
    wire.path = ""

    assert wire.ask("GET", path).status == 404


# --- forms ----------------------------------------------------------------------------------------------------------


def test_the_list_holds_all_that_collect_needs(wire: Wire) -> None:
    """One missing field would make Collect refuse the whole list."""
    answer = wire.ask("GET", f"/formList?{DEVICE}")
    forms = etree.fromstring(answer.body).findall(f"{LIST}xform")

    assert "text/xml" in answer.headers["content-type"]
    assert [form.findtext(f"{LIST}formID") for form in forms] == ["mini", "secret"]
    for form in forms:
        xform = wire.ask("GET", path_of(form.findtext(f"{LIST}downloadUrl"), wire) + f"?{DEVICE}")
        assert (
            form.findtext(f"{LIST}hash")
            == "md5:" + hashlib.md5(xform.body, usedforsecurity=False).hexdigest()
        )
        assert form.findtext(f"{LIST}version") == "2026112501"
        assert form.findtext(f"{LIST}name").startswith("FORMATION – ")
        assert b"<h:title>FORMATION \xe2\x80\x93 " in xform.body


def test_the_list_can_be_narrowed_to_one_form(wire: Wire) -> None:
    """Some clients ask with formID."""
    assert wire.ask("GET", "/formList?formID=secret").body.count(b"<formID>") == 1


def test_links_lead_where_the_phone_came_from(wire: Wire) -> None:
    """A phone on a cable and one on the Wi-Fi know the laptop under different addresses."""
    wire.host = "192.168.43.7:8080"

    assert wire.ask("GET", "/formList").text.count(f"http://{wire.host}{wire.path}/forms/") == 4


@pytest.mark.parametrize("host", ["evil/<x>", "evil.example", "1.2.3", "[::1", "127.0.0.1.evil.example:80"])
def test_a_forged_host_is_refused_and_not_echoed(wire: Wire, host: str) -> None:
    """What is no address in numbers gets nothing."""
    wire.host = host
    answer = wire.ask("GET", "/formList")

    assert answer.status == 421
    assert "evil" not in answer.text


def test_the_manifest_gives_the_exact_bytes(wire: Wire) -> None:
    """A fault in the manifest installs the form without its files, and nobody is told."""
    files = etree.fromstring(wire.ask("GET", f"/forms/mini/manifest?{DEVICE}").body).findall(
        f"{MANIFEST}mediaFile"
    )

    assert [file.findtext(f"{MANIFEST}filename") for file in files] == ["cases.csv"]
    answer = wire.ask("GET", path_of(files[0].findtext(f"{MANIFEST}downloadUrl"), wire))
    assert answer.body == CASES
    assert (
        files[0].findtext(f"{MANIFEST}hash") == "md5:" + hashlib.md5(CASES, usedforsecurity=False).hexdigest()
    )


def test_a_manifest_is_named_only_when_there_are_files(wire: Wire, media: Path) -> None:
    """A form without files has no manifest address."""
    (media / "cases.csv").unlink()

    assert "manifestUrl" not in wire.ask("GET", "/formList").text


def test_a_list_published_meanwhile_is_served(wire: Wire, media: Path) -> None:
    """New open cases reach the phones without a restart and without a new version of the form."""
    before = wire.ask("GET", "/forms/mini/manifest").body
    (media / "cases.csv").write_bytes(CASES + b"u,DK-1,CM001,2026-12-01,open\n")

    assert wire.ask("GET", "/forms/mini/manifest").body != before
    assert wire.ask("GET", "/forms/mini/media/cases.csv").body.endswith(b",open\n")


@pytest.mark.parametrize(
    "path",
    [
        "/forms/nope/form.xml", "/forms/nope/manifest", "/forms/mini/media/other.csv", "/static/page.html",
        "/forms/mini/media/..%2f..%2finbox%2f.dikalo-inbox", "/static/..%2fserver.py", "/static/%2e%2e/server.py",
    ],
)  # fmt: skip
def test_nothing_else_is_handed_out(wire: Wire, path: str) -> None:
    """Only the files that a form asks for and the look of the page leave the computer."""
    assert wire.ask("GET", path).status == 404


# --- before a submission ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [f"/submission?{DEVICE}", f"/submission/?{DEVICE}"])
def test_asking_first_is_answered_204_without_a_body(wire: Wire, path: str) -> None:
    """Any other 2xx is an error for Collect; without the length it would split at ten million bytes."""
    answer = wire.ask("HEAD", path)

    assert answer.status == 204
    assert answer.headers["x-openrosa-accept-content-length"] == "50000000"
    assert "location" not in answer.headers
    assert wire.ask("GET", "/formList").status == 200  # nothing was left on the connection
