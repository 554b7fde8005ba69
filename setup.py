"""How the distribution is put together; what it *is* stands in pyproject.toml.

The forms live at the top of the repository, where a trainer looks for them, and must still travel in the wheel.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py


class BuildWithForms(build_py):
    """Build the packages, then lay ``forms/`` inside ``xlsform`` as ``xlsform/_forms``."""

    def run(self) -> None:
        """Build, and copy the forms unless this is an editable install."""
        super().run()
        if self.editable_mode:
            return
        target = Path(self.build_lib, "xlsform", "_forms")
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree("forms", target)


setup(
    # {"": "."} makes an editable install a plain path file, which type checkers can follow.
    package_dir={"": "."},
    packages=find_packages(include=["xlsform*", "sync_scripts*"]),
    package_data={
        "xlsform": ["py.typed"],
        "sync_scripts": [
            "py.typed",
            "locale/*/LC_MESSAGES/*.mo",
            "store/migrations/versions/*.sql",
            "register/rules/*.toml",
            "register/rules/*.csv",
            "classroom/static/*",
            "secrets/*.txt",
        ],
    },
    include_package_data=False,
    cmdclass={"build_py": BuildWithForms},
)
