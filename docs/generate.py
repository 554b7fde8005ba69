"""Write the pages that the program itself knows best: ``nox -s reference``. Nothing in them is written by hand.

``reference/cli.md`` and ``reference/cli.fr.md`` hold the help of every command; ``reference/problems.md`` holds every
error code with its sentence in French and English; ``reference/form-problems.md`` and ``form-problems.fr.md`` hold what
the form check finds, with faulty and mended forms; ``rules.md`` and ``rules.fr.md`` hold the rules that
a lawyer or a nurse must be able to read, ``tasks.md`` and ``tasks.fr.md`` the kinds of tasks, ``notices.md`` and ``notices.fr.md`` those of notices, ``flags.md`` and
``flags.fr.md`` the flags, ``fault-corpus.md`` and ``fault-corpus.fr.md`` what the form check finds of planted faults. With ``--check`` nothing is written, and pages that would change are named; with ``--quick``,
too, but for those of the fault corpus, which its own tests compare with what they judge anyhow.
"""

from __future__ import annotations

import os
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from gettext import gettext
from importlib import import_module
from pathlib import Path

import click

sys.path.insert(
    0, str(Path(__file__).resolve().parent.parent)
)  # run as a script, it does not see the repository

import sync_scripts
import xlsform
from docs import fault_corpus, flags_page, form_problems, notices_page, rules_page, tasks_page
from sync_scripts import texts
from sync_scripts.errors import Worded

REFERENCE = Path(__file__).resolve().parent / "reference"
CLI_PAGES = {"en": "cli.md", "fr": "cli.fr.md"}
CLI_HEADS = {
    "en": "# The commands\n\nMade from the program's own help by `nox -s reference`; do not edit.\n",
    "fr": "# Les commandes\n\nPage faite à partir de l'aide du programme par `nox -s reference`\u00a0; ne pas modifier.\n",
}
EXITS = (
    (0, "done", "fait"),
    (1, "failed; nothing is half-written", "échec ; rien n'est écrit à moitié"),
    (2, "the command was asked wrongly", "la commande a été mal formulée"),
    (3, "done, and this run met something that needs a person", "fait, et quelqu'un doit regarder"),
    (4, "a passphrase, key or right is missing", "il manque une phrase de passe, une clé ou un droit"),
    (
        5,
        "the network, a server or a folder did not answer",
        "le réseau, un serveur ou un répertoire ne répond pas",
    ),
    (6, "stored data are damaged", "des données gardées sont abîmées"),
    (130, "stopped by Ctrl-C", "arrêté par Ctrl-C"),
)
PROBLEMS_HEAD = """# Problems and their codes

Made from the program's own sentences by `nox -s reference`; do not edit. A code never changes its meaning and is never
used again for something else. Words in braces stand for what the program knows when it speaks: never an answer, a
name or a token.

| exit code | meaning | sens |
|---|---|---|
"""


def commands(
    command: click.Command, context: click.Context, name: str
) -> Iterator[tuple[str, click.Command, click.Context]]:
    """Yield every command that is not hidden, with its full name and context, a group before its members."""
    yield name, command, context
    if isinstance(command, click.Group):
        for word in command.list_commands(context):
            member = command.get_command(context, word)
            if member is not None and not member.hidden:
                inner = member.context_class(member, info_name=word, parent=context, terminal_width=80)
                yield from commands(member, inner, f"{name} {word}")


def cli_page(language: str) -> str:
    """Return the reference of the commands; the language must have been chosen before any command was imported."""
    from sync_scripts.cli.tree import cli

    root = cli.context_class(cli, info_name="dikalo", terminal_width=80)
    parts = [CLI_HEADS[language]]
    parts += [
        f"## {name}\n\n```text\n{made.get_help(context)}\n```\n"
        for name, made, context in commands(cli, root, "dikalo")
    ]
    return "\n".join(parts)


def errors() -> list[type[Worded]]:
    """Return every error that is declared, sorted by code; imports both packages whole."""
    for package in (xlsform, sync_scripts):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name and not module.name.endswith("__main__"):
                import_module(module.name)
    ours = ("xlsform", "sync_scripts")  # a test may define errors of its own
    return sorted(
        (kind for kind in _descendants(Worded) if kind.message and kind.__module__.partition(".")[0] in ours),
        key=lambda kind: kind.code,
    )


def _descendants(kind: type[Worded]) -> Iterator[type[Worded]]:
    for child in kind.__subclasses__():
        yield child
        yield from _descendants(child)


def problems_page() -> str:
    """Return the list of every error code, with both sentences."""
    parts = [
        PROBLEMS_HEAD + "".join(f"| {code} | {english} | {french} |\n" for code, english, french in EXITS)
    ]
    for kind in errors():
        parts.append(f"## {kind.code}\n\nExit code {kind.exit_code}.\n")
        said = (kind.message, *(one.message for one in (*kind.instead, *kind.also)))
        parts += [f"{_quoted(one, 'fr')}\n\n{_quoted(one, 'en')}\n" for one in said]
    return "\n".join(parts)


def _quoted(message: str, language: str) -> str:
    texts.speak(language)
    return "> " + gettext(message).replace("<", "\\<").replace("*", "\\*")


def pages(*, quick: bool) -> dict[str, str]:
    """Return every generated page by its file name; each language is asked of a process of its own."""
    made = {"problems.md": problems_page()}
    made |= {name: form_problems.page(language) for language, name in form_problems.PAGES.items()}
    for made_of in (rules_page, flags_page, tasks_page, notices_page):
        made |= {name: made_of.page(language) for language, name in made_of.PAGES.items()}
    made |= {} if quick else fault_corpus.judged_pages()
    for language, name in CLI_PAGES.items():
        environ = {**os.environ, "DIKALO_LANG": language, "PYTHONIOENCODING": "utf-8"}
        asked = [sys.executable, __file__, "--cli", language]
        done = subprocess.run(asked, env=environ, capture_output=True, check=True, encoding="utf-8")
        made[name] = done.stdout
    return made


def main(argv: list[str]) -> int:
    """Write the pages; with ``--check`` or ``--quick`` only name those that would change."""
    if argv[:1] == ["--cli"]:
        texts.speak(argv[1])
        sys.stdout.write(cli_page(argv[1]))
        return 0
    stale, looks = 0, argv[:1] in (["--check"], ["--quick"])
    for name, text in pages(quick=argv[:1] == ["--quick"]).items():
        path = REFERENCE / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale += 1
            print("changed:", path.name)
            if not looks:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, encoding="utf-8", newline="\n")
    return int(looks and stale > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
