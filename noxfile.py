"""What CI runs, runnable here: ``nox`` for everything, ``nox -s check`` for one part, ``nox --list`` for the menu."""

from __future__ import annotations

import sys
from pathlib import Path

import nox

nox.needs_version = ">=2025.5"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"
nox.options.sessions = ["check", "tests", "wheel", "translations", "samples_check"]

PYTHONS = ["3.11", "3.12", "3.13"]


@nox.session
def check(session: nox.Session) -> None:
    """Style, types, and who may import whom."""
    session.install("-e", ".[test,check]", "nox")
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("lint-imports")
    session.run("validate-pyproject", "pyproject.toml")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The tests, on each Python that is found."""
    session.install("-e", ".[test]")
    session.run("pytest", *session.posargs, env={"DIKALO_BOTH_DATABASES": "1"})


@nox.session
def coverage(session: nox.Session) -> None:
    """The tests with their branch coverage."""
    session.install("-e", ".[test]")
    session.run("coverage", "run", "-m", "pytest", "-n", "0", *session.posargs)
    session.run("coverage", "report")


@nox.session
def wheel(session: nox.Session) -> None:
    """The wheel, built twice and equal: installed with what is locked into an empty environment, used and type-checked in an empty folder."""
    dist = Path(session.create_tmp(), "dist").resolve()
    for old in dist.glob("dikalo-*"):
        old.unlink()
    session.install("build", "cyclonedx-bom", "pyright[nodejs]", "uv")
    session.run("python", "docs/release.py", "--to", str(dist))
    empty = Path(session.create_tmp(), "empty").resolve()
    session.run(
        "uv", "venv", "--quiet", "--clear", "--python", str(session.virtualenv.location), str(empty / "venv")
    )
    python = next(path for path in (empty / "venv").glob("*/python*") if path.stem == "python")
    install = ("uv", "pip", "install", "--quiet", "--python", str(python))
    session.run(*install, "--require-hashes", "-r", "requirements.lock")
    session.run(*install, "--no-deps", *map(str, dist.glob("dikalo-*.whl")))
    with session.chdir(empty):
        session.run(str(python.with_name("dikalo")), "--help", external=True, silent=True)
        for lang, begins in (("fr", "# Changer de clés"), ("en", "# Changing keys")):
            words = (str(python.with_name("dikalo")), "--lang", lang, "guide", "keys")
            if not str(session.run(*words, external=True, silent=True)).startswith(begins):
                session.error(f"the wheel holds no page of the guide in {lang}")
        session.run(
            str(python.with_name("dikalo")),
            "forms",
            "paper",
            "alert",
            "-o",
            "alert.html",
            external=True,
            silent=True,
        )
        session.run(
            "python",
            "-c",
            "import shutil; [shutil.rmtree(one, True) for one in ('demo', 'demo-classroom', 'kit', 'office', 'office-demo')]",
        )
        session.run(
            str(python.with_name("dikalo")), "demo", "--into", "demo", "--json", external=True, silent=True
        )
        _install_without_network(session, python, next(dist.glob("dikalo-*.whl")), empty)
        # pyright looks into the environment it is started from, and says nothing of a package that is not there
        session.install("--force-reinstall", *map(str, dist.glob("dikalo-*.whl")))
        for package in ("xlsform", "sync_scripts"):
            session.run("pyright", "--ignoreexternal", "--verifytypes", package)


def _install_without_network(session: nox.Session, python: Path, wheel: Path, place: Path) -> None:
    """Make an offline kit, install from it where there is no network, and run the demonstration there."""
    if sys.platform != "linux":
        session.log("no network namespaces here: the offline kit was not tried")
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    session.run("uv", "pip", "install", "--quiet", "--python", str(python), "pip")
    kit = (str(python.with_name("dikalo")), "kit", "offline", "--to", "kit", "--wheel", str(wheel))
    session.run(*kit, "--system", "linux", "--python", version, external=True, silent=True)
    script = f"ip link set lo up && sh kit/install.sh {place / 'office'} && office/bin/dikalo demo --into office-demo --json"
    session.run("unshare", "--map-root-user", "--net", "sh", "-c", script, external=True, silent=True)


@nox.session(default=False)
def lock(session: nox.Session) -> None:
    """Write the versions and hashes of all that users install, newest that pyproject.toml admits; look at each before it is committed."""
    session.install("uv")
    session.run(
        *("uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", PYTHONS[0]),
        *("--extra", "all", "--generate-hashes", "--no-header", "--no-annotate", "--quiet", "--upgrade"),
        *("--output-file", "requirements.lock"),
    )


@nox.session(default=False)
def release(session: nox.Session) -> None:
    """Make what is published: wheel and source archive, what they are made of, checksums; signed with ``-- --key FILE``."""
    session.install("build", "cyclonedx-bom", "uv")
    session.run("python", "docs/release.py", *session.posargs)


@nox.session
def translations(session: nox.Session) -> None:
    """Every sentence has its French, click's too, and the compiled catalogues are up to date."""
    session.install("-e", ".[test]")
    session.run("pytest", "-q", "tests/cli/test_catalogues.py")


@nox.session
def catalogues(session: nox.Session) -> None:
    """Gather the sentences of both packages and of click into the catalogues, and compile them."""
    session.install("-e", ".", "babel")
    session.run("python", "docs/catalogues.py")


@nox.session
def layout(session: nox.Session) -> None:
    """Write the first layout of the register from the tables in the code; only as long as nobody keeps data under it."""
    session.install("-e", ".")
    session.run("python", "docs/layout.py")


@nox.session
def reference(session: nox.Session) -> None:
    """Write the pages that the program itself knows best: commands and problems."""
    session.install("-e", ".")
    session.run("python", "docs/generate.py")


@nox.session
def pictures(session: nox.Session) -> None:
    """Draw the pictograms of the alert form anew from their SVG sources, and their contact sheet."""
    session.install("-e", ".[pictures]")
    session.run("python", "docs/pictograms.py")


@nox.session(default=False)
def screens(session: nox.Session) -> None:
    """Take the pictures of a coordinator's first day, and of how a form is seen, anew; needs Chromium, LibreOffice, pdftoppm, Java."""
    session.install("-e", ".[java,pictures]")
    session.run("python", "docs/first_day.py")
    session.run("python", "-m", "docs.form_screens")


@nox.session
def samples(session: nox.Session) -> None:
    """Fill the sample submissions again with ODK Collect's own engine (needs Java)."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tests.samples", *session.posargs)


@nox.session
def samples_check(session: nox.Session) -> None:
    """The committed samples are what the engine gives (needs Java)."""
    session.install("-e", ".[test]")
    session.run("pytest", "-q", "-m", "java", "tests/forms/engine", "tests/samples")


@nox.session
def pyxform3(session: nox.Session) -> None:
    """The shipped forms through pyxform 3.0.0, which KoboToolbox runs: the same forms for phones."""
    older = Path(session.create_tmp(), "pyxform3").resolve()
    session.install("-e", ".[test]")
    session.install("--target", str(older), "pyxform==3.0.0")
    session.run(
        "pytest",
        "-q",
        "-m",
        "pyxform3",
        "tests/forms/xlsform/test_pyxform3.py",
        env={"DIKALO_PYXFORM3": str(older)},
    )


@nox.session
def faults(session: nox.Session) -> None:
    """The large suites: kills, power cuts, full disks, fuzzing, whole tables, and the laws with all their examples."""
    session.install("-e", ".[test]")
    every = {"DIKALO_ALL_EXAMPLES": "1"}
    session.run("pytest", "-n", "0", "-m", "slow", *session.posargs, env=every)
    session.run(
        "pytest",
        "-n",
        "0",
        "tests/laws",
        "tests/register/test_no_clock_later.py",
        "tests/attacks/test_old_keys.py",
        env=every,
    )


@nox.session
def bench(session: nox.Session) -> None:
    """Measure speed and memory; prints figures, judges nothing."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session
def measure(session: nox.Session) -> None:
    """The measures of the core, was / is / asked, as a table; judges nothing."""
    session.install("-e", ".[test]")
    session.run("python", "-m", "tests.bench.measures", *session.posargs)
