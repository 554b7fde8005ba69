"""The scripts of a kit, for whoever has the stick and no network: one in each language for Linux and macOS, one for Windows.

They look at every file that the kit lists, make an environment of their own, and install into it what the kit holds, by hash. They ask
nothing, want no rights of an administrator, and may be run again. Python runs isolated (``-I``): what somebody laid beside is not run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from sync_scripts.errors import N_
from sync_scripts.texts import said_in

_CHECK: Final = """\
import hashlib
import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
listed = {}
for line in (here / "SHA256SUMS").read_text(encoding="utf-8").splitlines():
    known, _, name = line.partition("  ")
    listed[name] = known
wrong = sorted(
    name
    for name, known in listed.items()
    if not (here / name).is_file() or hashlib.sha256((here / name).read_bytes()).hexdigest() != known
)
for name in wrong:
    print(name, file=sys.stderr)
sys.exit(bool(wrong))
"""

_SHELL: Final = """\
#!/bin/sh
# @again@
set -eu
cd "$(dirname "$0")"
target=${1:-"$HOME/dikalo"}
python=
for one in @commands@ python3; do
    if "$one" -I -B -c 'import ensurepip, sys, venv; sys.exit("%d.%d" % sys.version_info[:2] not in "@pythons@".split())' \
        2>/dev/null; then
        python=$one
        break
    fi
done
[ -n "$python" ] || { echo "@missing@ @pythons@" >&2; exit 1; }
echo "@looks@"
"$python" -I -B check.py || { echo "@damaged@" >&2; exit 1; }
echo "@installs@"
"$python" -I -m venv "$target"
"$target/bin/python" -I -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels \
    --require-hashes -r requirements.txt
echo "@installed@"
echo "    . \"$target/bin/activate\""
echo "    dikalo demo"
"""

_BATCH: Final = r"""
@echo off
rem @again@
chcp 65001 >nul
setlocal
cd /d "%~dp0"
set "target=%USERPROFILE%\dikalo"
if not "%~1"=="" set "target=%~1"
set "python="
for %%v in (@pythons@) do if not defined python py -%%v -I -B -c "import ensurepip, venv" >nul 2>nul && set "python=py -%%v"
if not defined python echo @missing@ @pythons@& exit /b 1
echo @looks@
%python% -I -B check.py
if errorlevel 1 echo @damaged@& exit /b 1
echo @installs@
%python% -I -m venv "%target%"
if errorlevel 1 exit /b 1
"%target%\Scripts\python" -I -m pip install --quiet --disable-pip-version-check --no-index --find-links wheels --require-hashes -r requirements.txt
if errorlevel 1 exit /b 1
echo @installed@
echo     "%target%\Scripts\activate"
echo     dikalo demo
"""

SENTENCES: Final = {
    "again": N_("Installs dikalo from this kit, without a network. It may be run again."),
    "missing": N_("This kit needs one of these versions of Python, and none is here. Install one first:"),
    "looks": N_("Looking at every file of the kit. This takes a moment."),
    "damaged": N_("The files named above are damaged or changed. Nothing was installed. Copy the kit again."),
    "installs": N_("Installing."),
    "installed": N_("dikalo is installed. Start it with:"),
}
"""What the scripts say. No sign that a shell reads as its own: no quotes, dollars, percents, ampersands, brackets."""

_READ_ME: Final = N_(
    "This folder installs dikalo on a computer without a network: Linux, Windows, or a Mac with a processor of Apple's, with Python on "
    "it (install.sh says which).\n"
    "\n"
    "1. Ask whoever made the kit, by telephone or on paper, how the file SHA256SUMS must begin when its hash is worked out, and compare:\n"
    "   Linux: sha256sum SHA256SUMS - Mac: shasum -a 256 SHA256SUMS - Windows: certutil -hashfile SHA256SUMS SHA256\n"
    "   If it is another one, install nothing: somebody changed the kit.\n"
    "2. Linux and Mac: open a terminal in this folder and type: sh install.sh\n"
    "   Windows: double-click install.bat\n"
    "   It goes into the folder dikalo of your account; name another folder behind the command if you like.\n"
    "3. Type the two lines that the script ends with. The demonstration needs no network.\n"
    "\n"
    "forms: the forms for ODK Collect, with their pictures and lists. guide: the pages of the documentation.\n"
    "The kit holds no data and no key."
)
_NAMES: Final = {"fr": ("LISEZMOI.txt", "installer"), "en": ("README.txt", "install")}
"""What the files are called in each language: the text, and the scripts without their ending."""


def files(pythons: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each script, and of what is to be read first, in both languages.

    ``pythons`` are the versions that the kit is for, the one that is liked best first.
    """
    versions = {"pythons": " ".join(pythons), "commands": " ".join(f"python{one}" for one in pythons)}
    yield "check.py", _CHECK
    for lang, (read_me, install) in _NAMES.items():
        yield read_me, said_in(lang, _READ_ME)
        yield f"{install}.sh", _filled(_SHELL, lang, versions)
        yield f"{install}.bat", _filled(_BATCH, lang, versions).lstrip()


def _filled(script: str, lang: str, versions: Mapping[str, str]) -> str:
    words = {name: said_in(lang, sentence) for name, sentence in SENTENCES.items()}
    for name, said in (words | dict(versions)).items():
        script = script.replace(f"@{name}@", said)
    return script
