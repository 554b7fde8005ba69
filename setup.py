"""How the distribution is put together; what it *is* stands in pyproject.toml.

The forms and the pages of the guide live at the top of the repository, where people look for them, and must still travel in
the wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class BuildWithForms(build_py):
    """Build the packages, then lay ``forms/`` inside as ``xlsform/_forms``, and the pages of ``docs/`` as ``sync_scripts/_guide``."""

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


setup(
    # {"": "."} makes an editable install a plain path file, which type checkers can follow.
    package_dir={"": "."},
    packages=find_packages(include=["xlsform*", "sync_scripts*"]),
    package_data={
        "xlsform": ["py.typed", "templates/*.html"],
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
    cmdclass={"build_py": BuildWithForms},
)
