"""``dikalo qr`` as a trainer meets it: nothing leaks that was not asked for, nothing is written by halves."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync_scripts import cli
from sync_scripts.classroom.page import join_settings
from sync_scripts.phones import access
from sync_scripts.phones.access import PhonesDamaged
from sync_scripts.phones.code import Card, decode, encode, page
from sync_scripts.phones.settings import COVER, faults, is_hardened
from sync_scripts.store import durable
from sync_scripts.store.workspace import unlock
from tests.qr.conftest import ADDRESS, TOKEN, Run, scanned, settings
from tests.store.commands import DAY, found, pipe
from tests.store.ending import told_to_end
from xlsform import pdf


def password_of(root: Path, code: str) -> str:
    """Return the administration password kept for a person."""
    return access.passwords(unlock(root, secret=lambda _prompt: ""))[code]


# --- one person ---------------------------------------------------------------------------------------------------


def test_without_a_wish_nothing_is_drawn_and_no_secret_shown(run: Run, root: Path) -> None:
    """The settings can be checked, in words and as a document; token and password are covered in both."""
    code, text, talk = run("qr", "E07", *ADDRESS)
    document = run("qr", "E07", *ADDRESS, "--json")[1]
    password = password_of(root, "E07")
    assert code == 0
    assert document["settings"]["admin"]["admin_pw"] == COVER
    for shown in (text, talk, json.dumps(document)):
        assert TOKEN not in shown
        assert password not in shown
    assert "█" not in text
    assert sorted(path.name for path in root.parent.iterdir()) == ["w"]


def test_the_picture_holds_the_whole_profile(run: Run, root: Path, tmp_path: Path) -> None:
    """What zxing reads is the hardened profile of this person, with the kept password; the file is the owner's alone."""
    target = tmp_path / "new folder" / "e07.png"
    code, text, _talk = run("qr", "E07", *ADDRESS, "--png", str(target))
    read = decode(scanned(target.read_bytes()))
    assert code == 0
    assert "in clear" in text
    assert is_hardened(read)
    assert list(faults(read)) == []
    assert read["general"]["metadata_username"] == "E07"
    assert read["general"]["server_url"].endswith(f"/v1/key/{TOKEN}/projects/3")
    assert read["admin"]["admin_pw"] == password_of(root, "E07")
    if os.name != "nt":
        for path in (target, root / access.PASSWORDS):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_server_of_the_workspace_is_used(run: Run) -> None:
    """With one server in dikalo.toml nothing need be said; its address and project stand in the code."""
    for words in ((), ("--server", "main")):
        document = run("qr", "E07", *words, "--json")[1]
        assert document["settings"]["general"]["server_url"] == (
            f"https://central.example.org/v1/key/{COVER}/projects/3"
        )


def test_each_person_has_another_password_and_keeps_it(run: Run, root: Path) -> None:
    """A second card is the same card; another person's password opens nothing; a new one is drawn when asked for."""
    for person in ("E07", "E08", "E07"):
        run("qr", person, *ADDRESS)
    first, other = password_of(root, "E07"), password_of(root, "E08")
    assert re.fullmatch(r"[a-hj-km-np-z2-9]{10}", first)
    assert first != other
    shown = run("qr", "E07", *ADDRESS, "--json", "--admin-password")[1]["admin_password"]
    assert shown == first
    again = run("qr", "E07", *ADDRESS, "--new-password", "--json", "--admin-password")[1]["admin_password"]
    assert again not in {first, other}
    assert (password_of(root, "E07"), password_of(root, "E08")) == (again, other)


def test_kept_passwords_lie_in_no_file_in_clear(run: Run, root: Path) -> None:
    """They are wrapped under the everyday key."""
    run("qr", "E07", *ADDRESS)
    assert password_of(root, "E07").encode() not in (root / access.PASSWORDS).read_bytes()
    assert TOKEN.encode() not in b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "damage", [b"", b"{}", b"[" * 500, b'{"v":1,"workspace":"x","nonce":"AA","wrapped":"AA"}']
)
def test_a_damaged_file_of_passwords_is_said_and_left(run: Run, root: Path, damage: bytes) -> None:
    """Never silently replaced by new passwords: the phones in the field have the old ones."""
    (root / access.PASSWORDS).write_bytes(damage)
    code, _text, talk = run("qr", "E07", *ADDRESS)
    assert (code, "DK-L76" in talk) == (6, True)
    assert (root / access.PASSWORDS).read_bytes() == damage
    with pytest.raises(PhonesDamaged):
        access.passwords(unlock(root, secret=lambda _prompt: ""))


def test_a_write_that_fails_anywhere_leaves_the_kept_passwords(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whichever step fails, the passwords kept before can be read, and no half file is left."""
    keys = unlock(root, secret=lambda _prompt: "")
    access.keep_password(keys, "E07", "first")
    outcomes = []
    for last in range(1, 8):
        passed = iter(range(1, last))
        monkeypatch.setattr(durable, "step", lambda _name, passed=passed: _fail_when_over(passed))
        try:
            access.keep_password(keys, f"E{last}", "other")
        except OSError:
            outcomes.append(last)
        monkeypatch.undo()
        assert access.passwords(keys)["E07"] == "first"
        assert list(root.glob("part-*")) == []
    assert len(outcomes) >= 4


def _fail_when_over(passed: Iterator[int]) -> None:
    if next(passed, None) is None:
        raise OSError


def test_a_folder_that_may_not_be_written_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a fault of the program, nor a code whose password nobody knows."""
    monkeypatch.setattr(durable, "step", lambda _name: _fail_when_over(iter(())))
    code, text, talk = run("qr", "E07", *ADDRESS, "--show")
    assert (code, "DK-F31" in talk) == (1, True)
    assert "█" not in text


def test_secrets_are_revealed_only_on_demand(run: Run) -> None:
    """For the management of phones, the document holds the settings as they are."""
    document = run("qr", "E07", *ADDRESS, "--json", "--reveal")[1]
    assert document["settings"]["general"]["server_url"].endswith(f"{TOKEN}/projects/3")
    assert is_hardened(document["settings"])


def test_a_folder_without_a_server_for_phones_is_said_so(run: Run, root: Path) -> None:
    """Not as a list of none."""
    path = root / "dikalo.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("[[server]]")], encoding="utf-8")
    code, _text, talk = run("--lang", "en", "qr", "E07")

    assert (code, "DK-L72" in talk) == (2, True)
    assert "dikalo.toml names no server for phones" in talk
    assert "known" not in talk
    assert ": -" not in talk


def test_a_dry_run_writes_and_reveals_nothing(run: Run, root: Path, tmp_path: Path) -> None:
    """No file, no kept password, no code in the terminal."""
    wishes = ("--png", str(tmp_path / "x.png"), "--show", "--reveal", "--admin-password")
    code, text, _talk = run("qr", "E07", *ADDRESS, *wishes, "--dry-run")
    assert code == 0
    assert TOKEN not in text
    assert "█" not in text
    assert not (tmp_path / "x.png").exists()
    assert not (root / access.PASSWORDS).exists()


@pytest.mark.parametrize(
    ("words", "secret", "said"),
    [
        (("E07", *ADDRESS), "too short", "DK-L74"),
        (("E07", *ADDRESS), None, "DK-C04"),
        (("E07", "--server", "other"), TOKEN, "DK-L72"),
        (("E07", "--url", "http://central.example.org", "--project", "3"), TOKEN, "DK-L73"),
        ((), TOKEN, "Give the code"),
        (("E07", "--classroom", "http://192.0.2.7:8642/t/abc"), TOKEN, "Give the code"),
        (("a person's name", *ADDRESS), TOKEN, "DK-K"),
        (("E07", *ADDRESS, "--png", "x.gif"), TOKEN, "DK-L77"),
        (("E07", *ADDRESS, "--card", "x.docx"), TOKEN, "DK-L77"),
        (("--classroom", "https://central.example.org/v1/key/x"), None, "DK-L73"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_kept(
    run: Run, root: Path, words: tuple[str, ...], secret: str | None, said: str
) -> None:
    """One clear code, no traceback, no password drawn, the secret not repeated."""
    code, _text, talk = run("qr", *words, secret=secret)
    assert code != 0
    assert said in talk
    assert "DK-C01" not in talk
    assert secret is None or secret not in talk
    assert not (root / access.PASSWORDS).exists()


def test_a_real_workspace_asks_for_its_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two secrets on two descriptors; with a wrong passphrase nothing is drawn and nothing kept."""
    root = found(tmp_path / "real", vault=None, proved=())
    words = ["-C", str(root), "qr", "E07", *ADDRESS]
    for passphrase, code in (("a wrong passphrase here", 4), (DAY, 0)):
        monkeypatch.setenv("DIKALO_KEY_FD", str(pipe(passphrase)))
        monkeypatch.setenv("DIKALO_PHONE_FD", str(pipe(TOKEN)))
        assert cli.main(words) == code
        assert (root / access.PASSWORDS).is_file() == (code == 0)


def test_no_option_takes_a_secret() -> None:
    """What stands on a command line is read by every program of the computer, and kept in its history."""
    from sync_scripts.cli.forms.qr import qr

    names = {name for option in qr.params for name in option.opts}
    assert not [name for name in names if re.search(r"token|secret|^--password", name)]


def test_settings_that_do_not_fit_write_nothing(run: Run, tmp_path: Path) -> None:
    """A title of thousands of letters is refused before a file is there."""
    title = "".join(chr(0x4E00 + number * 7 % 20_000) for number in range(3000))
    code, _text, talk = run("qr", "E07", *ADDRESS, "--title", title, "--png", str(tmp_path / "x.png"))
    assert (code, "DK-L75" in talk) == (1, True)
    assert not (tmp_path / "x.png").exists()


# --- a classroom --------------------------------------------------------------------------------------------------


def test_a_classroom_needs_no_workspace_and_holds_no_secret(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A trainer's laptop without a register; the code is the one that the classroom's own page shows."""
    address = "http://192.0.2.7:8642/t/abcdef/"
    target = tmp_path / "class.png"
    code = cli.main(["-C", str(tmp_path), "qr", "--classroom", address, "--png", str(target), "--show"])
    text = capsys.readouterr().out
    assert code == 0
    assert COVER not in text
    assert "█" in text
    read = decode(scanned(target.read_bytes()))
    assert read == join_settings(address)
    assert read["admin"] == {}
    assert "password" not in read["general"]


# --- inspecting ---------------------------------------------------------------------------------------------------


def test_inspecting_covers_secrets_and_finds_faults(run: Run, tmp_path: Path) -> None:
    """A scanned text is shown covered; a wrong type is named and asks for attention."""
    (tmp_path / "good.txt").write_text(encode(settings()) + "\n", encoding="ascii")
    chosen = settings()
    chosen["general"] |= {"delete_send": "true", "invented": TOKEN}
    (tmp_path / "bad.txt").write_text(encode(chosen), encoding="ascii")
    good, shown, _ = run("qr", "--inspect", str(tmp_path / "good.txt"), "--json", secret=None)
    bad, text, _ = run("qr", "--inspect", str(tmp_path / "bad.txt"), secret=None)
    assert (good, shown["hardened"], shown["problems"]) == (0, True, [])
    assert bad == 3
    assert "general.delete_send" in text
    assert "general.invented" in text
    assert "not the protected profile" in text
    assert TOKEN not in text + json.dumps(shown)


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n", "é".encode(), b"A" * 200_000])
def test_inspecting_something_else_is_one_clear_error(run: Run, tmp_path: Path, data: bytes) -> None:
    """A picture, an empty file, a large file."""
    (tmp_path / "x").write_bytes(data)
    code, _text, talk = run("qr", "--inspect", str(tmp_path / "x"), secret=None)
    assert (code, "DK-L71" in talk) == (1, True)


# --- the card -----------------------------------------------------------------------------------------------------


def test_a_card_is_one_page_that_needs_nothing_else() -> None:
    """No address is fetched; the password is never written out; the person's code, not a name, stands on it."""
    chosen = settings(password="canarypassword")  # noqa: S106 - invented
    made = page(Card(encode(chosen), "Dikalo <NO>", code="E07"))
    assert "canarypassword" not in made
    assert "Dikalo &lt;NO&gt;" in made
    assert "E07" in made
    assert "destroy it" in made
    assert not re.search(r"(?:src|href)=\"(?!data:image/png;base64,)", made)


@pytest.mark.browser
@pytest.mark.parametrize(("app", "lang"), [("collect", "fr"), ("kobocollect", "en")])
def test_a_card_prints_on_one_a5_page_that_another_library_reads(
    run: Run, tmp_path: Path, app: str, lang: str
) -> None:
    """The PDF is A5, one page, and zxing reads the printed code at 150 dots an inch."""
    import shutil
    import subprocess

    if not any(way.kind == "browser" for way in pdf.routes()) or shutil.which("pdftoppm") is None:
        pytest.skip("Chromium or pdftoppm is not here")
    target = tmp_path / "card.pdf"
    words = ("--app", app, "--lang", lang, "--title", "Observatoire du Nord-Ouest", "--card", str(target))
    assert run("qr", "E07", *ADDRESS, *words)[0] == 0
    said = subprocess.run(["pdfinfo", target], capture_output=True, text=True, check=True).stdout  # noqa: S607 - poppler
    assert re.search(r"Pages:\s+1\n", said)
    assert re.search(r"\(A5\)", said)
    subprocess.run(["pdftoppm", "-r", "150", "-png", target, tmp_path / "seen"], check=True)  # noqa: S607 - poppler
    (seen,) = tmp_path.glob("seen*.png")
    assert is_hardened(decode(scanned(seen.read_bytes())))


def test_a_card_that_is_being_printed_goes_when_the_program_is_told_to_end(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page that holds the access lies in a file while another program prints it, and no longer."""
    seen: list[Path] = []

    def end(*_words: object, cwd: Path, **_more: object) -> None:
        assert (cwd / "page.html").is_file()
        seen.append(cwd)
        told_to_end()

    monkeypatch.setattr(pdf, "routes", lambda: (pdf.Route("browser", Path("chromium")),))
    monkeypatch.setattr("xlsform.pdf.subprocess.run", end)

    assert run("qr", "E07", *ADDRESS, "--card", str(tmp_path / "card.pdf"))[0] == 130
    assert [one.exists() for one in seen] == [False]
    assert not (tmp_path / "card.pdf").exists()
