"""How the distribution is put together; what it *is* stands in pyproject.toml.

The forms and the pages of the guide live at the top of the repository, where people look for them, and must still travel in
the wheel. Two builds of one commit are equal byte for byte, whoever makes them: then anybody can tell whether a wheel is the
one that this source gives.
"""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

FIRST_DAY = 315532800
"""1 January 1980, the first day that a wheel can hold: of an archive of which nothing says when its source was written."""


class BuildWithForms(build_py):
    """Build the packages, then lay ``forms/`` inside as ``xlsform/_forms``, and the pages of ``docs/`` as ``sync_scripts/_guide``; and what is locked."""

    def run(self) -> None:
        """Build, and copy the forms and the pages unless this is an editable install."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "xlsform", "_forms")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree("forms", target)
        guide = Path(self.build_lib, "sync_scripts", "_guide")
        shutil.rmtree(guide, ignore_errors=True)
        for page in (*Path("docs").glob("*.md"), *Path("docs/en").glob("*.md")):
            place = guide / page.relative_to("docs")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, place)
        shutil.copyfile("requirements.lock", Path(self.build_lib, "sync_scripts", "_requirements.lock"))
        for path in Path(self.build_lib).rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)  # not as whoever builds has them


class SourceArchive(sdist):
    """Pack the source in the order of its names, with no trace of who packed it, nor when: the time is ``SOURCE_DATE_EPOCH``."""

    def make_distribution(self) -> None:
        """Pack as usual, then again without what differs from builder to builder."""
        super().make_distribution()
        for archive in self.archive_files:
            _pack_again(Path(archive), int(os.environ.get("SOURCE_DATE_EPOCH", FIRST_DAY)))


def _pack_again(archive: Path, made: int) -> None:
    again = archive.with_suffix(".again")
    with (
        tarfile.open(archive) as old,
        again.open("wb") as file,
        gzip.GzipFile("", "wb", fileobj=file, mtime=made) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(filter(tarfile.TarInfo.isfile, old), key=lambda one: one.name):
            plain = tarfile.TarInfo(member.name)
            plain.size, plain.mtime, plain.mode = member.size, made, 0o644
            new.addfile(plain, old.extractfile(member))
    again.replace(archive)


os.umask(0o022)  # the description of the wheel is written with it
setup(
    # {"": "."} makes an editable install a plain path file, which type checkers can follow.
    package_dir={"": "."},
    packages=find_packages(include=["xlsform*", "sync_scripts*"]),
    package_data={
        "xlsform": ["py.typed", "templates/*.html", "rules/*.txt"],
        "sync_scripts": [
            "py.typed",
            "locale/*/LC_MESSAGES/*.mo",
            "store/migrations/versions/*.sql",
            "register/rules/*.toml",
            "register/rules/*.csv",
            "classroom/static/*",
            "templates/*.html",
            "secrets/*.txt",
        ],
    },
    include_package_data=False,
    cmdclass={"build_py": BuildWithForms, "sdist": SourceArchive},
)
