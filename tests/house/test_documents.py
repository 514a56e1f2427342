"""The documents: what they show runs, what they name exists."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tradewind.cli.commands import COMMANDS

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/guides/*.md")])
BLOCK = re.compile(r"^(<!-- run -->\n)?```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECONDS_MAX = 120

by_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def blocks(document: Path, language: str) -> list[str]:
    """Return the blocks of a language that are marked to be run."""
    found = BLOCK.findall(document.read_text())
    return [text for mark, marked_as, text in found if mark and marked_as == language]


@by_document
def test_the_shell_lines_of_a_document_run(document: Path, tmp_path: Path) -> None:
    script = "set -e\n" + "".join(blocks(document, "sh"))
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "TRADEWIND_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        ["sh", "-c", script],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=SECONDS_MAX,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@by_document
def test_the_python_of_a_document_runs(document: Path, tmp_path: Path) -> None:
    program = "\n".join(blocks(document, "python"))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@by_document
def test_the_scripts_a_document_names_exist(document: Path) -> None:
    named = set(re.findall(r"\bscripts/\w+", document.read_text()))
    assert [name for name in named if not os.access(ROOT / name, os.X_OK)] == []


@by_document
def test_the_documents_a_document_names_exist(document: Path) -> None:
    named = set(re.findall(r"\b[A-Z_]+\.md\b", document.read_text()))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_the_readme_shows_only_commands_that_exist() -> None:
    found = BLOCK.findall((ROOT / "README.md").read_text())
    text = "\n".join(text for _, language, text in found if language == "sh")
    joined = text.replace("\\\n", " ")
    lines = (
        shlex.split(line, comments=True) for line in joined.splitlines() if "tradewind " in line
    )
    words = [line[1] for line in lines if line[0] == "tradewind" and not line[1].startswith("-")]
    assert set(words) <= set(COMMANDS)


def test_decisions_have_their_five_lines() -> None:
    for entry in (ROOT / "DECISIONS.md").read_text().split("\n## ")[1:]:
        parts = re.findall(r"^- \*\*(\w+)\*\*: ", entry, re.MULTILINE)
        assert parts == ["Question", "Choice", "Reason", "Price", "Reopen"], entry


def test_every_package_is_described_and_every_layer_is_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    packages = [path.name for path in (ROOT / "src" / "tradewind").iterdir() if path.is_dir()]
    described = {name for name in packages if f"\n| `{name}` |" in text}
    assert described == {name for name in packages if not name.startswith("__")}
