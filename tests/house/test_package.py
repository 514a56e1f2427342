"""The package as a whole: its public names, what importing it costs, what it refuses."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import tradewind

ROOT = Path(__file__).parents[2]
HEAVY = ("numpy", "fastapi", "sqlalchemy", "aiohttp", "duckdb", "msgspec", "pydantic", "uvicorn")


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", sorted(tradewind.NAMES))
def test_every_public_name_loads(name: str) -> None:
    assert getattr(tradewind, name) is not None


def test_the_public_names_are_listed() -> None:
    assert set(tradewind.NAMES) <= set(dir(tradewind))


def test_the_types_of_the_public_names_are_those_of_the_table() -> None:
    nodes = ast.parse((ROOT / "src" / "tradewind" / "__init__.pyi").read_text()).body
    typed = {
        alias.asname: {f"{node.module}:{alias.name}", f"{node.module}.{alias.name}"}
        for node in nodes
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(typed) == set(tradewind.NAMES)
    assert all(target in typed[name] for name, target in tradewind.NAMES.items())


def test_an_unknown_public_name_is_refused() -> None:
    with pytest.raises(AttributeError, match="no attribute 'no_such_name'"):
        _ = tradewind.no_such_name


def test_importing_the_package_loads_nothing_heavy() -> None:
    done = python("-c", f"import sys, tradewind; print([n for n in {HEAVY} if n in sys.modules])")
    assert done.stdout == "[]\n", done.stdout + done.stderr


def test_the_help_of_the_command_line_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom tradewind.cli.main import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n"
        f"    print([n for n in {HEAVY} if n in sys.modules])\n"
    )
    done = python("-c", code)
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr


def test_python_without_assertions_is_refused() -> None:
    done = python("-O", "-c", "import tradewind")
    assert (done.returncode, done.stdout) == (1, "")
    assert "run Python without -O" in done.stderr


def test_the_installed_version_is_the_one_of_the_source() -> None:
    assert version("tradewind") == tradewind.__version__


def test_every_extra_of_dev_exists() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert {"gateway", "testing", "dev"} <= set(extras)
