"""``vault`` as a person meets it: words, documents, exit codes, refusals."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from sync_scripts.store import durable
from sync_scripts.store.lock import hold
from sync_scripts.store.seal import demo_keys
from tests.store.commands import ALERT, CASE, DAY, STORY, VAULT, Run, last_line


@pytest.mark.parametrize("code", [ALERT, "al 7q2m4x b", CASE, "dk-k7q4zz-6"])
def test_an_alert_or_a_case_is_opened_with_the_vault_passphrase_alone(
    real: Path, run: Run, code: str
) -> None:
    """Names and story of its persons, and of nobody else; written down with who and why."""
    exit_code, document, _talk = run("vault", "open", code, "--reason", "a call", "--json", vault=VAULT)

    assert exit_code == 0
    shown = {item["row"]: item for item in document["opened"]}
    assert set(shown) == {"alert:uuid:1", "person:2"}
    assert shown["alert:uuid:1"]["answers"] == [{"code": "short_text", "label": "short_text", "value": STORY}]
    assert all(re.fullmatch(r"[0-9a-f]{8}/\d+", item["code"]) for item in document["opened"])
    line = last_line(real)
    assert (line["action"], line["actor"]) == ("OPENED", "coord-1")
    assert (line["details"]["reason"], line["details"]["proof"]) == ("a call", "key")


@pytest.mark.parametrize(("kind", "holder"), [("paper", "R"), ("organisation", "O")])
def test_paper_or_organisation_open_alone(real: Path, run: Run, kind: str, holder: str) -> None:
    """Without keys.json; whoever types the key says who he is, which is only a claim."""
    (real / "keys.json").rename(real / "keys.away")
    key = demo_keys.IDENTITIES[holder].secret  # type: ignore[index] # R or O
    words = ("vault", "open", ALERT, "--reason", "why", "--key", kind)
    refused, _text, talk = run(*words, vault=key)
    assert (refused, "DK-C22" in talk) == (2, True)

    exit_code, text, _talk = run(*words, "--as", "lawyer-1", vault=f" {key.lower()}")

    assert exit_code == 0
    assert STORY in text
    (real / "keys.away").rename(real / "keys.json")
    details = last_line(real)["details"]
    assert (details["holder"], details["proof"]) == (holder, "claimed")


def test_raw_bytes_are_shown_only_when_asked_for(real: Path, run: Run) -> None:
    """The exact bytes hold everything, so they are not shown by the way."""
    _code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--raw", "--json", vault=VAULT)
    assert [item["text"] for item in document["opened"] if item["kind"] == "raw"] == ["<alert/>"]


@pytest.mark.skipif(os.name == "nt", reason="modes and links are others there")
def test_a_file_that_is_put_somewhere_is_its_owners_from_the_first_byte(
    real: Path, run: Run, tmp_path: Path
) -> None:
    """In a folder that others read, too: nobody reads it while it is copied, and no link leads it elsewhere."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    modes: list[int] = []
    words = ("vault", "open", ALERT, "--reason", "why", "--files", str(out))
    run(*words, vault=VAULT)
    (put,) = out.iterdir()
    out.chmod(0o755)
    put.unlink()
    elsewhere.write_bytes(b"")
    put.symlink_to(elsewhere)

    def look(_step: str) -> None:
        modes.extend(one.stat().st_mode & 0o777 for one in out.iterdir() if not one.is_symlink())

    durable.watch(look)
    try:
        run(*words, vault=VAULT)
    finally:
        durable.watch(None)

    assert (set(modes), put.read_bytes(), put.is_symlink()) == ({0o600}, b"photo", False)
    assert elsewhere.read_bytes() == b""
    assert [one.name for one in out.iterdir()] == [put.name]


def test_a_file_is_put_where_it_is_asked_for_under_a_harmless_name(
    real: Path, run: Run, tmp_path: Path
) -> None:
    """Whatever the phone called it."""
    words = ("vault", "open", ALERT, "--reason", "why")
    _code, text, _talk = run(*words, vault=VAULT)
    assert "--files" in text
    run(*words, "--files", str(tmp_path / "out"), vault=VAULT)
    (found,) = (tmp_path / "out").iterdir()

    assert re.fullmatch(r"[0-9a-f]{8}-2-_\.\._été_1\.jpg", found.name)
    assert found.read_bytes() == b"photo"
    assert not list(tmp_path.glob("*.jpg"))


def test_a_single_item_is_opened_by_its_name(real: Path, run: Run) -> None:
    """As a list showed it."""
    _code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--json", vault=VAULT)
    name = document["opened"][0]["code"]
    _code, again, _talk = run("vault", "open", "--item", name, "--reason", "why", "--json", vault=VAULT)
    assert again["opened"] == document["opened"][:1]


@pytest.mark.parametrize(
    ("words", "exit_code", "error"),
    [
        (["vault", "open", ALERT, "--reason", " "], 2, "DK-S34"),
        (["vault", "open", "--reason", "why"], 2, "DK-C23"),
        (["vault", "open", ALERT, "--item", "aaaaaaaa/1", "--reason", "why"], 2, "DK-C23"),
        (["vault", "open", "--item", "a/1", "--reason", "why"], 2, "DK-C23"),
        (["vault", "open", "--item", "aaaaaaaa/1", "--reason", "why"], 1, "DK-S35"),
        (["vault", "open", "DK-000000-0", "--reason", "why"], 1, "DK-S35"),
    ],
    ids=["no reason", "nothing", "both", "short", "unknown item", "unknown case"],
)
def test_what_cannot_be_opened_is_said(
    real: Path, run: Run, words: list[str], exit_code: int, error: str
) -> None:
    """In words, and nothing is written down."""
    before = last_line(real)["seq"]
    found, document, _talk = run(*words, "--json", vault=VAULT)
    assert (found, document["code"]) == (exit_code, error)
    assert last_line(real)["seq"] == before


def test_a_wrong_passphrase_opens_nothing(real: Path, run: Run) -> None:
    """Not the everyday one either."""
    code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--json", vault=DAY)
    assert (code, document["code"]) == (4, "DK-K03")


def test_opening_waits_for_no_pull(real: Path, run: Run) -> None:
    """The chain has one writer; who it is stands in the sentence."""
    with hold(real, "pull"):
        code, _text, talk = run("vault", "open", ALERT, "--reason", "why", vault=VAULT)
    assert (code, "pull" in talk) == (1, True)


def test_damage_is_said_and_the_rest_is_shown(real: Path, run: Run) -> None:
    """Exit code 6, after everything that opens."""
    shutil.rmtree(real / "sealed")
    code, document, _talk = run("vault", "open", ALERT, "--reason", "why", "--json", vault=VAULT)
    problems = {item["row"]: item.get("problem") for item in document["opened"]}
    assert code == 6
    assert problems == {"alert:uuid:1": None, "person:2": "DK-S32"}


def test_a_demonstration_opens_by_itself(demo: Path, run: Run) -> None:
    """And says what it is."""
    code, text, talk = run("vault", "open", ALERT, "--reason", "to see")
    assert (code, STORY in text, "DEMONSTRATION" in talk) == (0, True, True)


def test_a_holder_proves_that_he_opens(real: Path, run: Run) -> None:
    """The day is kept for doctor."""
    code, document, _talk = run("vault", "test", "--json", vault=VAULT)
    assert (code, document["holder"]) == (0, "V")
    key = demo_keys.IDENTITIES["O"].secret
    words = ("vault", "test", "--key", "organisation", "--as", "boss", "--json")
    code, document, _talk = run(*words, vault=key)
    assert (code, document["code"]) == (4, "DK-S26"), "nobody compared the fingerprint"
    told = run("keys", "holders", "--json", day=DAY)[1]["fingerprint"]
    assert run(*words, "--holders", "0" * 32, vault=key)[:2][0] == 6
    code, document, _talk = run(*words, "--holders", f"{told[:4].upper()} {told[4:]}", vault=key)
    assert [proof["code"] for proof in document["proofs"]] == ["V", "O"]
