"""Prints the tests that a change is likely to break.

They are the tests it touches, those of the packages it touches, and those of the packages that
import a module it touches. All others run in scripts/test.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ALWAYS = ("tests/tidy", "tests/house")
BUILD_FILES = ("setup.py", "pyproject.toml", "compiled.py")


def changed_tests(changed: list[str]) -> list[str]:
    """Return test paths for changed paths; a package's tests are in the folder of its name."""
    chosen = {path for path in ALWAYS if Path(path).exists()}
    for path in map(Path, changed):
        chosen.update(str(test) for test in tests_of(path) if test.exists())
    return sorted(chosen)


def tests_of(path: Path) -> list[Path]:
    """Return where the tests of one path are; some of the answers may not exist."""
    if path.name in BUILD_FILES:
        return [Path("tests", "build")]
    if path.parts[0] == "tests":
        return [path] if path.name.startswith("test_") else [path.parent]
    if path.parts[:2] == ("src", "tradewind") and len(path.parts) > 3:
        return [Path("tests", package) for package in {path.parts[2], *users_of(path)}]
    return []


def users_of(path: Path) -> set[str]:
    """Return the packages in which some file seems to import the module of this path."""
    package = ".".join(path.parts[1:-1])
    spellings = (f"{package}.{path.stem} import", f"from {package} import")
    return {
        user.parts[2]
        for user in Path("src/tradewind").glob("*/**/*.py")
        if any(spelling in user.read_text() for spelling in spellings)
    }


def changed_paths() -> list[str]:
    """Return what differs from main, in commits and in the working tree."""
    base = git("merge-base", "HEAD", "main")
    differing = git("diff", "--name-only", base[0]) if base else []
    return differing + git("ls-files", "--others", "--exclude-standard")


def git(*arguments: str) -> list[str]:
    """Return the lines git prints; none where git fails, as in a copy without a repository."""
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    return done.stdout.split() if done.returncode == 0 else []


if __name__ == "__main__":
    sys.stdout.write("\n".join(changed_tests(changed_paths())) + "\n")
