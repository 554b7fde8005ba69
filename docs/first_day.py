"""Take the pictures of a coordinator's first day from the demonstration: ``nox -s screens``. Needs Chromium.

Makes a demonstration in a folder of its own, runs the commands of ``docs/premier-jour.md`` in a terminal of 112 columns,
in French and in English, and takes a picture of what each one shows. Everything on them is invented.
"""

from __future__ import annotations

import html
import json
import os
import pty
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from openpyxl import load_workbook

from xlsform.pdf import routes

HERE = Path(__file__).resolve().parent
PICTURES = HERE / "pictures"
NAMES = {"fr": "premier-jour", "en": "first-day"}
NOTES = {"fr": "Rappeler demain matin.", "en": "Call back tomorrow morning."}
COLUMNS = 112
STYLE = """body{margin:0;background:#1d1f21;color:#e6e6e6;font:14px/1.35 'DejaVu Sans Mono',monospace;padding:14px 18px}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;width:112ch}b{color:#fff}.p{color:#8abeb7}"""
_ESCAPE = re.compile(r"\x1b\[([0-9;?]*)([a-zA-Z])")


def terminal(words: Sequence[str], folder: Path) -> str:
    """Return what a command shows in a terminal, escape sequences and all."""
    master, slave = pty.openpty()
    environment = {**os.environ, "COLUMNS": str(COLUMNS), "LINES": "50", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", "sync_scripts", *words],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=environment,
        cwd=folder,
    )
    os.close(slave)
    shown = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        shown += part
    process.wait()
    os.close(master)
    return shown.decode("utf-8", "replace").replace("\r\n", "\n")


def page(command: str, shown: str) -> str:
    """Return a page that looks like the terminal: the command, then what it showed."""
    bold, out = False, []
    at = 0
    for match in _ESCAPE.finditer(shown):
        out.append(html.escape(shown[at : match.start()]))
        at = match.end()
        if match[2] == "m":
            wanted = "1" in match[1].split(";")
            if wanted != bold:
                out.append("<b>" if wanted else "</b>")
                bold = wanted
    out.append(html.escape(shown[at:]) + ("</b>" if bold else ""))
    prompt = f'<span class="p">$ dikalo {html.escape(command)}</span>'
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><pre>{prompt}\n{"".join(out).rstrip()}</pre>'


def height(shown: str) -> int:
    """Return how many lines of the picture a text takes, with its prompt; long ones go on below."""
    lines = _ESCAPE.sub("", shown).rstrip().split("\n")
    return 2 + sum(-(-max(1, len(line)) // COLUMNS) for line in lines)


def picture(text: str, lines: int, target: Path, folder: Path) -> None:
    """Take a picture of a page."""
    source = folder / "screen.html"
    source.write_text(text, encoding="utf-8")
    browser = next(one.program for one in routes() if one.kind == "browser")
    subprocess.run(
        [
            str(browser),
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--run-all-compositor-stages-before-draw",
            "--virtual-time-budget=2000",
            f"--user-data-dir={folder / 'browser'}",
            f"--window-size={COLUMNS * 9},{max(lines, 7) * 19 + 30}",
            f"--screenshot={target}",
            source.as_uri(),
        ],
        check=True,
        capture_output=True,
    )


def commands(root: Path, lang: str) -> Iterator[tuple[str, list[str]]]:
    """Yield the commands of the day, as a person types them and as they are run."""

    def run(line: str) -> tuple[str, list[str]]:
        return line, ["-C", root.name, "--lang", lang, *line.split()]

    yield run("")
    yield run("alerts list --urgency critical")
    alert = first(root, "alerts", "received")
    yield run(f"alerts show {alert}")
    yield run(f"alerts triage {alert}")
    yield run(f"alerts open {alert} --owner DEMO-01")
    yield run("cases list")
    (book,) = (root / "out").glob("*.xlsx")
    write_into(book, NOTES[lang])
    where = f"{root.name}/out/{book.name}"
    yield run(f"followup import {where}")
    yield run(f"followup import {where} --apply")
    yield run(f"log {alert}")


def first(root: Path, what: str, state: str) -> str:
    """Return the code of the first one in a state."""
    done = subprocess.run(
        [sys.executable, "-m", "sync_scripts", "-C", str(root), "--json", what, "list"],
        check=True,
        capture_output=True,
        text=True,
    )
    found: str = next(one["code"] for one in json.loads(done.stdout)[what] if one["state"] == state)
    return found


def write_into(book: Path, note: str) -> None:
    """Write a note into the first case of the workbook, as a coordinator would."""
    made = load_workbook(book)
    for sheet in made.worksheets:
        if sheet["A1"].value == "dk:cases":
            keys = [cell.value for cell in sheet[3]]
            sheet.cell(6, keys.index("note") + 1).value = note
    made.save(book)


def main() -> None:
    """Make every picture anew."""
    for lang, name in NAMES.items():
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            subprocess.run(
                [sys.executable, "-m", "sync_scripts", "--lang", lang, "demo"],
                check=True,
                capture_output=True,
                cwd=folder,
            )
            root = home / "dikalo-demo"
            for number, (line, words) in enumerate(commands(root, lang), 1):
                shown = terminal(words, home)
                target = PICTURES / f"{name}-{number}.png"
                picture(page(line, shown), height(shown), target, home)
                print(target.name, target.stat().st_size)


if __name__ == "__main__":
    main()
