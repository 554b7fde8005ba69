"""The preview of a form: what the server hands out, and the alert filled by ODK Web Forms in a browser that reaches nothing else."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sync_scripts.classroom.preview import Preview, make_app, showing
from sync_scripts.classroom.running import listen, serving
from sync_scripts.cli import main
from sync_scripts.cli.forms import seeing
from tests.classroom.raw import Wire
from tests.classroom.test_browser import CHROMIUM, browse
from tests.forms.xlsform.worlds import book
from xlsform import pack
from xlsform.preview import library

ALERT = pack.forms_root() / "src" / "alert.yaml"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve a preview of the alert's workbook; the library is not there."""
    form = pack.forms_root() / "alert.xlsx"
    with showing(Preview(form, pack.forms_root()), tmp_path_factory.mktemp("library")) as address:
        yield address


@pytest.fixture
def wire(address: str) -> Iterator[Wire]:
    """Return a connection to it."""
    with Wire(address) as wire:
        yield wire


def test_both_languages_stand_side_by_side_and_each_opens_in_its_own(wire: Wire) -> None:
    """The form of a frame differs from that of another only in the language it opens in."""
    page = html.fromstring(wire.ask("GET", "").text)
    forms = [wire.ask("GET", f"phone/{number}/form.xml").text for number in (0, 1)]
    opened = [html.fromstring(one.encode()).xpath("//translation[@default]/@lang") for one in forms]

    assert page.xpath("//iframe/@src") == ["/phone/0", "/phone/1"]
    assert page.xpath("//figcaption/text()") == ["Français (fr)", "English (en)"]
    assert opened == [["Français (fr)"], ["English (en)"]]
    assert 'lang="English (en)"' in forms[0]


def test_each_question_says_where_its_answer_goes(wire: Wire) -> None:
    """Path, level and field of the register travel to the frame, not into the form."""
    places = json.loads(html.fromstring(wire.ask("GET", "phone/0").text).xpath("//body/@data-places")[0])

    assert places["where/arrondissement"] == "where/arrondissement · 2 restricted · alert.arrondissement"


def test_the_ways_through_the_form_are_named_beside_it(wire: Wire) -> None:
    """Each condition in words and each answer of the form's own lists, as the phones name them when they are walked."""
    page = html.fromstring(wire.ask("GET", "").text)
    ways = {one.get("data-way"): one.text_content().strip() for one in page.xpath("//*[@data-way]")}

    assert ways["gate/consent_alert=refused"] == "Non, la personne refuse"
    assert ways["sexual"].startswith("Violence sexuelle")
    assert "where/arrondissement=CM007001002" not in ways
    assert next(way for way in ways if "=" not in way) == "gate/refused_note"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("media/alert_arrest.png", 200),
        ("media/arrondissements.csv", 200),
        ("media/cases.csv", 404),  # of another form
        ("media/..%2Falert.xlsx", 404),
        ("library/..%2Falert.xlsx", 404),
        ("static/page.css", 404),
    ],
)
def test_only_what_belongs_to_the_form_is_handed_out(wire: Wire, path: str, status: int) -> None:
    """A name leads to no other file of this computer."""
    assert wire.ask("GET", path).status == status


def test_nothing_can_be_sent_and_no_other_page_reads_it(wire: Wire) -> None:
    """There is no address that takes an answer; a page under another name, or around a frame, gets nothing."""
    policies = [wire.ask("GET", path).headers["content-security-policy"] for path in ("", "phone/0")]
    imports = html.fromstring(wire.ask("GET", "phone/0").text).xpath("//script[@type='importmap']/text()")[0]
    digest = base64.b64encode(hashlib.sha256(imports.encode()).digest()).decode()

    assert [wire.ask("POST", path).status for path in ("", "saved", "phone/0")] == [405, 405, 405]
    assert all("default-src 'none'" in one and "frame-ancestors" in one for one in policies)
    assert [word for word in ("unsafe-inline", "http") if word in policies[0]] == []
    assert f"'sha256-{digest}'" in policies[1]
    assert "script-src 'self' 'wasm-unsafe-eval' 'sha256-" in policies[1]
    wire.host = wire.host.replace("127.0.0.1", "example.org")
    assert wire.ask("GET", "").status == 400


def test_a_save_is_seen_and_errors_stand_in_place_of_the_form(tmp_path: Path) -> None:
    """While the form cannot be shown its errors are; mended, it is there again."""
    form, seen = tmp_path / "form.xlsx", []
    form.write_bytes(b"")
    with showing(Preview(form, pack.forms_root()), tmp_path) as address, Wire(address) as wire:
        for kind in ("text", "no such type", "text"):
            form.write_bytes(book((("type", "name", "label"), (kind, "a", "A"))))
            page = html.fromstring(wire.ask("GET", "").text)
            errors = [one.text for one in page.xpath("//*[@class='finding error']//strong")]
            seen.append((len(page.xpath("//iframe")), "PX-TYPE" in errors))
            assert page.xpath("//body/@data-stamp") == [json.loads(wire.ask("GET", "saved").text)["stamp"]]

    assert seen == [(1, False), (0, True), (1, False)]


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_an_open_page_loads_again_when_the_form_is_saved(tmp_path: Path) -> None:
    """Nobody touches the browser: what was saved while it was open is what it shows."""
    form = tmp_path / "form.xlsx"

    def save(kind: str) -> None:
        form.write_bytes(book((("type", "name", "label"), (kind, "a", "A"))))

    class Saving(Preview):
        """A form that somebody saves when the page has asked twice whether it was."""

        asked = 0

        def stamp(self) -> str:
            """Save at the third time: the page itself was the first."""
            self.asked += 1
            if self.asked == 3:
                save("second")
            return super().stamp()

    save("first")
    with showing(Saving(form, pack.forms_root()), tmp_path) as address:
        dom, console = browse(
            tmp_path, address, "--dump-dom", "--timeout=20000", "--virtual-time-budget=15000"
        )

    assert ("of question second" in dom, "of question first" in dom) == (True, False)
    assert console == ""


# --- the library --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def web_forms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the real library: what npm fetches, or this person's copy of it."""
    if library.folder().is_dir():
        return library.folder()
    place = tmp_path_factory.mktemp("cache") / "web-forms"
    try:
        library.fetch(place)
    except library.NpmMissing:
        pytest.skip("npm is not installed")
    return place


NPM = {
    "brings something else": "for name in getodk-web-forms-0.22.0 vue-3.5.45; do echo x > $name.tgz; done",
    "brings nothing": "exit 0",
    "fails": "exit 1",
}


@pytest.mark.parametrize(
    ("npm", "raised"),
    [
        (None, library.NpmMissing),
        ("fails", library.NpmFailed),
        ("brings nothing", library.NpmFailed),
        ("brings something else", library.LibraryDiffers),
    ],
)
@pytest.mark.skipif(os.name == "nt", reason="npm is a shell script here")
def test_a_library_that_does_not_come_as_it_was_tried_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, npm: str | None, raised: type[Exception]
) -> None:
    """No npm, no network, another file: an error of its own, and the cache stays empty."""
    monkeypatch.setattr(library, "find_spec", lambda _name: None)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (tmp_path / "bin").mkdir()
    if npm is not None:
        (tmp_path / "bin" / "npm").write_text(f"#!/bin/sh\n{NPM[npm]}\n", "utf-8")
        (tmp_path / "bin" / "npm").chmod(0o755)
    with pytest.raises(raised):
        library.fetch(tmp_path / "cache" / "web-forms")

    assert [*tmp_path.rglob("*.js")] == []
    assert not (tmp_path / "cache" / "web-forms").exists()


def test_the_command_says_the_address_and_stops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """A fetched library is not fetched again; a language that the form does not speak is a usage error."""

    class Interrupted:
        """Somebody who presses Ctrl-C at once."""

        def wait(self, _seconds: float) -> bool:
            """Press it."""
            raise KeyboardInterrupt

    monkeypatch.setattr(seeing, "Event", Interrupted)
    monkeypatch.setattr(library, "folder", lambda: tmp_path)
    words = ("-C", str(tmp_path), "--lang", "en", "--json", "forms", "preview", "alert", "--language")

    assert main([*words, "en"]) == 0
    said = json.loads(capfd.readouterr().out)
    assert said["address"].startswith("http://127.0.0.1:")
    assert (said["file"], said["languages"]) == ("forms/src/alert.yaml", ["en"])
    assert main([*words, "fub"]) == 2
    assert "it speaks: fr, en" in capfd.readouterr().out


class Driven:
    """A preview with one page more, which fills the form in a frame as a hand would, and hands in what it saw.

    A picture that comes only then keeps the browser waiting: it dumps a page when all of it is there, however slow the machine.
    """

    def __init__(self, preview: ASGIApp, number: int) -> None:
        """Fill the form in the language of that number."""
        self.preview, self.number = preview, number
        self.told: dict[str, Any] = {}
        self.ended = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; all but three are the preview's."""
        answer = b""
        match scope["path"]:
            case "/drive":
                answer = (DRIVE % self.number).encode()
            case "/told":
                self.told = await Request(scope, receive).json()
                self.ended.set()
            case "/ended":
                await self.ended.wait()
            case _:
                return await self.preview(scope, receive, send)
        return await Response(answer, media_type="text/html")(scope, receive, send)


DRIVE = """<!doctype html><meta charset="utf-8"><iframe src="/phone/%d" width="400" height="3000"></iframe><img src="/ended" alt="">
<script type="module">
const frame = document.querySelector("iframe");
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const until = async (found) => { for (let i = 0; i < 800; i++) { const it = found(); if (it) return it; await wait(50); } return null; };
const all = (what) => [...frame.contentDocument.querySelectorAll(what)];
const one = (what) => all(what)[0];
const question = (path) => all(".question-container").find((one) => one.dataset.noted?.startsWith(path + " "));
const told = { log: [] };
addEventListener("phone", ({ detail }) => { told.phone = detail; told.walked = [...new Set([...told.walked ?? [], ...detail.walked])]; });
const answers = [
  ["gate/consent_alert"], ["danger/danger_now"], ["what/alert_icon"], ["when/when_rel"],
  ["where/region"], ["where/department"], ["where/arrondissement"], ["who/victim_kind"], ["who/victim_count"],
  ["known/info_source"], ["known/reporter_code", "PF-07"], ["contact/safe_to_contact"], ["contact/contact_code", "CT-07"],
];
const type = (field, text) => {
  field.value = text;
  for (const kind of ["input", "change"]) field.dispatchEvent(new frame.contentWindow.Event(kind, { bubbles: true }));
};
const choose = async (list) => {
  list.click();
  (await until(() => one(".p-select-option")))?.dispatchEvent(new frame.contentWindow.MouseEvent("mousedown", { bubbles: true }));
  await until(() => !one(".p-select-option"));
};
const answer = async (path, text) => {
  const at = await until(() => question(path));
  const find = (what) => at?.querySelector(what);
  if (find("input[type=radio], input[type=checkbox]")) find("input").click();
  else if (find(".p-select")) await choose(find(".p-select"));
  else if (text && find("input, textarea")) type(find("input, textarea"), text);
  else told.log.push(at ? `${path}: ${at.innerHTML}` : `${path} is not there`);
  if (!await until(() => question(path)?.dataset.noted.includes("answer: "))) told.log.push(`${path} took no answer`);
};
try {
  await until(() => one(".question-container[data-noted]"));
  told.title = one(".question-container").innerText;
  for (const [path, text] of answers) await answer(path, text);
  told.notes = all("[data-noted]").map((one) => one.dataset.noted);
  told.button = all(".footer button").at(-1).innerText;
  all(".footer button").at(-1).click();
  await until(() => !one("#done").hidden || one(".highlight"));
  told.done = one("#done").innerText;
  told.log.push(...all(".highlight").map((one) => one.innerText));
} catch (fault) { told.log.push(String(fault)); }
await fetch("/told", { method: "POST", body: JSON.stringify(told) });
</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
@pytest.mark.parametrize(
    ("number", "title", "button"),
    [
        (0, "La personne est-elle d'accord ?", "Envoyer"),
        (1, "Does the person agree?", "Send"),
    ],
    ids=["fr", "en"],
)
def test_the_alert_is_filled_in_a_browser(
    web_forms: Path, tmp_path: Path, number: int, title: str, button: str
) -> None:
    """ODK Web Forms shows it, takes an answer to each question that asks for one, and finds it complete; nothing else is reached.

    The button is in the language of the form; the page around it hears which ways were walked, and the hidden values with their
    level. Of all that the page says of itself only the pictures of a map are left, which were not fetched.
    """
    driven = Driven(make_app(Preview(ALERT, pack.forms_root()), web_forms), number)
    with closing(listen(0, lan=False)) as listener, serving(driven, listener):
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/drive"
        alone = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
        _dom, console = browse(tmp_path, address, alone, "--dump-dom")
    told = driven.told

    assert told["log"] == []
    assert (title in told["title"], told["button"]) == (True, button)
    assert {"gate/consent_alert=given", "contact", "contact/contact_code"} <= set(told["walked"])
    assert not {"gate/refused_note", "gate/consent_alert=refused"} & set(told["walked"])
    values = {one["place"]: (one["words"], one["value"]) for one in told["phone"]["values"]}
    assert values["dikalo_form"] == ("dikalo_form · 0 public", "alert")
    assert values["known/own_code"] == ("known/own_code · 1 internal · alert.reporter_code", "")
    assert told["done"] == "This form is complete. Nothing was sent or kept; it starts again."
    assert "danger/danger_now · 1 internal · alert.danger_now · answer: yes" in told["notes"]
    said = [line for line in console.split("\n") if "/phone/" in line and "[DOM]" not in line]
    assert [line for line in said if "Loading the image" not in line] == []
