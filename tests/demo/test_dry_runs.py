"""A dry run speaks of what would be: nothing that it says is said in the same words once it is done.

Each command that has ``--dry-run`` is run so over the demonstration, in both languages, and then in earnest. What both say is
a fact that was true before, and named here; everything else is said as what would be. Where a sentence of its own says what
would be, it is also looked at as a sentence: in the code it stands beside the one that is said afterwards.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

import click
import pytest
from babel.messages.pofile import read_po

from sync_scripts import cli as program
from sync_scripts.cli.tree import cli
from sync_scripts.texts import LOCALE
from tests.intake.test_desk import ANSWERS
from tests.intake.test_legacy import MAP, ROWS, workbook

SOURCE = Path(program.__file__).parent
ELSEWHERE: Mapping[str, str] = {
    "backup": "a stick: tests/backup/test_command.py",
    "decrypt": "a folder of encrypted submissions: tests/intake/test_decrypt.py",
    "forms base": "writes a base only with --to: tests/forms/overlay/test_library.py",
    "forms build": "sources of forms, which no workspace has: tests/forms/xlsform/test_forms_command.py",
    "forms check": "a form with something to put right (--fix): tests/forms/rules/test_mending.py",
    "forms deploy": "a server: tests/deploy",
    "init": "no demonstration: tests/cli/setup",
    "keys passphrase": "typed at a terminal: tests/store/test_own_keys.py",
    "keys rewrap": "opens with the vault's own passphrase: tests/store/test_rewrapping.py",
    "keys server": "a server: tests/cli/setup",
    "phones add": "a server: tests/publish/test_phones.py",
    "phones lost": "a server: tests/publish/test_phones.py",
    "phones revoke": "a server: tests/publish/test_phones.py",
    "panic": "destroys what opens it: tests/store/test_panic.py",
    "restore": "a stick, and a laptop that is gone: tests/backup/test_command.py",
    "retention purged": "a server: tests/purging/test_command.py",
    "reviews push": "a server: tests/intake/test_reviews.py",
    "kit offline": "a network, and no workspace: tests/release/test_kit.py",
    "notify test": "a service that sends messages: tests/daily/test_notify_command.py",
    "qr": "a secret typed at a terminal: tests/qr",
    "vault intake": "a vault passphrase, and something encrypted: tests/encrypted",
}
"""Commands that need more than a demonstration; their sentences are looked at below, with all others."""


@dataclass(frozen=True)
class Step:
    """One command of the walk.

    Attributes:
        words: the command line; names in braces are what `World` gives.
        facts: a pattern of what is true before and after, and so is said in the same words.
        earnest: what is said instead of ``--dry-run`` to do it; None: it is not done.
    """

    words: str
    facts: str = "-"
    earnest: str | None = ""


STEPS = (
    Step("alerts triage {received}"),
    Step("alerts assign {received} RD-NW-01"),
    Step("alerts contacted {triaged}"),
    Step("alerts contacted {triaged} --undo --reason x"),
    Step("alerts ask {triaged}"),
    Step("alerts dismiss {medium} --reason x"),
    Step("alerts decide {twin} {received} same_event --reason x"),
    Step("alerts open {received} --owner RD-NW-01"),
    Step("alerts link {twin} {received}"),
    Step("alerts unlink {twin} --reason x"),
    Step("alerts link {third} {served}"),
    Step("alerts move {third} {open} --reason x"),
    Step("alerts move {third} --owner RD-NW-01 --reason x"),
    Step("alerts refer {fourth} PRE-CE-02 --reason x --vital"),
    Step("alerts task {fourth} --flag Look"),
    Step("alerts new --from {answers}"),
    Step("cases assign {served} RD-NW-03"),
    Step("cases contacted {served}"),
    Step("cases contacted {served} --failed --reason x"),
    Step("cases contacted {served} --undo --reason x"),
    Step("cases note {served} Called"),
    Step("cases note {served} {nothing} --yes"),
    Step("cases set {served} --urgency critical --retention justice"),
    Step("cases verify {served} possible --reason x"),
    Step("cases task {served} supervision --done --reason x"),
    Step("cases refer {open} legal --to PRE-CE-02 --unlisted --reason x"),
    Step("cases move {open} assessment --reason x"),
    Step("cases merge {bare} {bare2} --reason x --yes"),
    Step("cases dossier {open} --purpose justice --to court:Tribunal --reason x", earnest=None),
    Step("cases import {old} --map {map} --skip-rejected", facts=r"[A-H]\d|\d+ rows? (is|are) rejected|cell"),
    Step("consent override {served} refer_identity --reason x"),
    Step("approve {proposal} --as DEMO-02 --yes"),
    Step("consent record {quiet} media=anonymous --reason x"),
    Step("consent withdraw {quiet} --reason x"),
    Step("retention plan --confirm {plan} --reason x"),
    Step("retention run"),
    Step("person correct {open} person.V1.sex m --reason x"),
    Step("person decide {open} V1 {served} V1 not_same --reason x"),
    Step("evidence add {photo} --case {served} --type photo"),
    Step("evidence move {served} E1 sealed --reason x"),
    Step("person withdraw {served} --reason x"),
    Step("person erase {served} V1 --reason x --as DEMO-02 --yes"),
    Step("providers add PRE-NW-77 --name House --services legal --checked 2026-11-01"),
    Step("providers verify PRE-CE-02"),
    Step("providers import {providers}"),
    Step("people add RD-NW-77 --role case_owner"),
    Step("people retire RD-NW-77"),
    Step("vault ask {sealed} --reason x"),
    Step("vault ask {sealed} --withdraw --reason x"),
    Step("followup export --tier T2 --no-password --to {workbook}"),
    Step("followup import {workbook}", facts="Nothing to change", earnest="--apply"),
    Step("followup conflicts --to {workbook}", facts="Nothing is open"),
    Step("notify flush"),
    Step("forms add health --author A --why x --org o", facts="case: |It is in use|  "),
    Step("forms zone case CM007 --author A --why x --org o", facts="case: |It is in use|  "),
    Step("forms audio alert --from {recordings}", facts="alert: "),
    Step("forms customise alert", facts="/"),
    Step("forms dictionary alert -o {dictionary}", facts="/"),
    Step("forms map alert -o {flow}", facts="/"),
    Step("forms paper alert -o {paper}", facts=r"No program here|\d+ questions? "),
    Step("forms fill alert a01 --to {filled}", facts="/"),
    Step("forms import {edited}", facts=".*"),
    Step("forms save {edited} --author A --why x --org o", facts="alert: |It is in use|  "),
    Step("forms upgrade alert", facts="alert: |It is in use"),
    Step("forms translate export alert --to fub --out {table}", facts="  "),
    Step("forms translate import {table}", facts="  "),
    Step("keys form alert"),
    Step("keys holders --accept --yes", facts=".*"),
    Step("quarantine retry", facts=".*"),
    Step("publish", facts=r"  |.*up to date"),
    Step("pull", facts=".*"),
    Step("sync", facts=".*"),
)


def commands(
    group: click.Group, context: click.Context, name: str = ""
) -> Iterator[tuple[str, click.Command]]:
    """Yield every command by its name."""
    for word in group.list_commands(context):
        member = group.get_command(context, word)
        assert member is not None
        inner = click.Context(member, info_name=word, parent=context)
        yield f"{name} {word}".strip(), member
        if isinstance(member, click.Group):
            yield from commands(member, inner, f"{name} {word}".strip())


def dry() -> set[str]:
    """Return every command that has the option."""
    found = commands(cli, click.Context(cli, info_name="dikalo"))
    return {name for name, one in found if any("--dry-run" in param.opts for param in one.params)}


def command_of(step: Step) -> str:
    """Return the name of the command of a step."""
    return max((name for name in dry() if f"{step.words} ".startswith(f"{name} ")), key=len)


def test_every_command_with_a_dry_run_is_walked_over() -> None:
    """A new one is put into the walk, or says where else it is looked at."""
    assert {command_of(step) for step in STEPS} | ELSEWHERE.keys() | {"cases dossier", "alerts task"} == dry()


# --- the walk -----------------------------------------------------------------------------------------------------


class World:
    """A demonstration, and what its steps name."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "demo"
        self.names: dict[str, str] = {"nothing": ""}
        assert self.run("demo", "--into", str(self.root), inside=False)[0] == 0
        self._alerts()
        self._cases()
        self._files(folder)

    def run(self, *words: str, lang: str = "en", inside: bool = True) -> tuple[int, str, str]:
        """Run a command; return its exit code, output and talk."""
        out, err = StringIO(), StringIO()
        with redirect_stdout(out), redirect_stderr(err):
            code = program.main([*(["-C", str(self.root)] if inside else []), "--lang", lang, *words])
        return code, out.getvalue(), err.getvalue()

    def document(self, *words: str) -> Any:
        """Return what a command says to a program."""
        return json.loads(self.run(*words, "--json")[1])

    def words(self, step: Step) -> list[str]:
        """Return the command line of a step."""
        if "{plan}" in step.words:
            self.names["plan"] = self.document("retention", "plan")["plan"]
        if "{proposal}" in step.words:
            waiting = self.document("approve", "list")["proposals"]
            self.names["proposal"] = next(
                one["id"] for one in waiting if one["decision"] == "consent.override"
            )
        return [word.format_map(self.names) for word in step.words.split()]

    def _alerts(self) -> None:
        found = self.document("alerts", "list")["alerts"]
        triaged = [one for one in found if one["state"] == "triaged"]
        urgent = [one["code"] for one in triaged if one["urgency"] in {"critical", "high"}]
        calm = [one["code"] for one in triaged if one["urgency"] == "medium"]
        self.names["received"] = next(one["code"] for one in found if one["state"] == "received")
        self.names |= dict(zip(("triaged", "third", "fourth"), urgent, strict=False))
        self.names |= dict(zip(("medium", "twin"), calm, strict=False))

    def _cases(self) -> None:
        listed = self.document("cases", "list")["cases"]
        self.names["sealed"] = next(one["code"] for one in listed if one["confidentiality"] == "C4")
        pages = [
            self.document("cases", "show", one["code"]) for one in listed if one["confidentiality"] != "C4"
        ]
        bare = [one["code"] for one in pages if not one["people"]]
        alone = [one for one in pages if len(one["people"]) == 1]
        adults = [one for one in alone if all(said["state"] != "guardian" for said in one["consents"])]
        self.names |= {
            "bare": bare[0],
            "bare2": bare[1],
            "quiet": next(one["code"] for one in adults if one["urgency"] == "medium"),
            "served": next(one["code"] for one in adults if one["interventions"]),
            "open": next(
                one["code"] for one in adults if one["urgency"] != "medium" and not one["interventions"]
            ),
        }

    def _files(self, folder: Path) -> None:
        names = (
            "workbook.xlsx",
            "dictionary.xlsx",
            "paper.html",
            "flow.html",
            "filled.txt",
            "table.xlsx",
            "photo.jpg",
        )
        self.names |= {name.partition(".")[0]: str(folder / name) for name in names}
        (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"x" * 200)
        texts = {
            "providers": "code,name,services\nPRE-NW-88,House,legal\n",
            "answers": json.dumps({**ANSWERS, "reporter_code": "PF-01"}),
            "map": MAP,
        }
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
            self.names[name] = str(folder / name)
        self.names["old"] = str(workbook(folder, ROWS))
        self.names["edited"] = str(self.root / "forms" / "edit" / "alert.xlsx")
        recordings = folder / "recordings"
        recordings.mkdir()
        stem = next(iter(self.document("forms", "audio", "alert")["forms"][0]["missing"]))["file"]
        (recordings / f"{stem}.ogg").write_bytes(b"OggS" + b"\0" * 200)
        self.names["recordings"] = str(recordings)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Give a demonstration."""
    return World(tmp_path_factory.mktemp("d"))


def lines(text: str) -> set[str]:
    """Return the lines of an output that say something."""
    return {line for line in text.splitlines() if line.strip()}


def test_nothing_is_said_of_a_dry_run_that_is_said_of_the_deed(world: World) -> None:
    """One walk, so that each command finds what the ones before it left; a dry run leaves nothing."""
    wrong: list[str] = []
    for step in STEPS:
        words = world.words(step)
        dry_run = world.run(*words, "--dry-run")
        french = world.run(*words, "--dry-run", lang="fr")
        if (dry_run[0], french[0]) not in {(0, 0), (3, 3)}:
            wrong.append(f"{step.words}: {dry_run[0]} {dry_run[2]}")
        if step.earnest is None:
            continue
        done = world.run(*words, *step.earnest.split())
        if done[0] not in {0, 3}:
            wrong.append(f"{step.words}, in earnest: {done[0]} {done[2]}")
        same = {line for line in lines(dry_run[1]) & lines(done[1]) if not re.match(step.facts, line)}
        wrong += [f"{step.words}: {line}" for line in sorted(same)]

    assert not wrong, "\n".join(wrong)


# --- the sentences ------------------------------------------------------------------------------------------------


def pairs() -> Iterator[tuple[str, str]]:
    """Yield each sentence of what was done with the one of what would be, from the code of the commands."""
    for path in sorted(SOURCE.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        plural = {
            node.targets[0].id: texts(node.value)
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "either":
                done, would = (
                    plural.get(one.id, []) if isinstance(one, ast.Name) else texts(one)
                    for one in node.args[:2]
                )
                yield from ((done[0] if done else "", one) for one in would)


def texts(node: ast.expr) -> list[str]:
    """Return the sentences that an expression asks the catalogue for."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"_", "ngettext"}:
        return [
            one.value for one in node.args if isinstance(one, ast.Constant) and isinstance(one.value, str)
        ]
    return []


ENGLISH = re.compile(r"\b(would|could|can be|cannot|now:)", re.IGNORECASE)
FRENCH = re.compile(r"\w+(rai|rait|raient)\b|\bpeu(t|vent)\b|maintenant", re.IGNORECASE)


def test_what_would_be_is_said_as_such_in_both_languages() -> None:
    """Would, in English; the conditional, in French: never "is done" nor "a été fait"."""
    french: dict[str, str] = {}
    with (LOCALE / "fr" / "LC_MESSAGES" / "dikalo.po").open("rb") as file:
        for entry in read_po(file):
            both = [(one,) if isinstance(one, str) else one for one in (entry.id, entry.string)]
            french |= {str(one): str(said or "") for one, said in zip(*both, strict=False)}
    found = list(pairs())

    assert len(found) > 10
    assert [would for done, would in found if would == done] == []
    assert [would for _done, would in found if not ENGLISH.search(would)] == []
    assert [
        (would, french.get(would)) for _done, would in found if not FRENCH.search(french.get(would, ""))
    ] == []
