"""The TypeScript client: generated from the document as it is, typed, and tried on a process."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.runtime.memory_engine import MemoryEngine, running
from tradewind.gateway.process import GatewayProcess, claim_port

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "clients" / "typescript"
SECONDS_MAX = 240


def is_there() -> bool:
    """True where Node 20 or newer and npm are installed."""
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    return int(found.stdout.removeprefix("v").partition(".")[0] or 0) >= 20


pytestmark = pytest.mark.skipif(not is_there(), reason="needs Node 20 or newer with npm")


def run(folder: Path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        words,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built() -> Path:
    """The client with its packages, built; packages are kept while their list is the same."""
    listed = (SOURCE / "package-lock.json").read_bytes()
    folder = ROOT / "build" / f"typescript-{hashlib.sha256(listed).hexdigest()[:12]}"
    ignored = shutil.ignore_patterns("node_modules", "dist")
    shutil.copytree(SOURCE, folder, ignore=ignored, dirs_exist_ok=True)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        run(folder, "npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts")
    run(folder, "npm", "run", "build")
    return folder


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("home")
    with running(home, MemoryEngine()):
        process = GatewayProcess(home, claim_port(0))
        process.start(0.0)
        yield f"http://127.0.0.1:{process.port}"
        process.stop()


def test_the_types_are_those_of_the_document(built: Path) -> None:
    document = ROOT / "docs" / "api" / "openapi.json"
    made = built / "made.ts"
    options = ["--default-non-nullable", "false", "--output", str(made)]
    run(built, "npx", "openapi-typescript", str(document), *options)
    current = (SOURCE / "src" / "schema.ts").read_text()
    assert current == made.read_text(), "run npm run generate in clients/typescript"
    made.unlink()


def test_the_types_allow_what_is_right_and_refuse_what_is_wrong(built: Path) -> None:
    run(built, "npm", "run", "check")


def test_the_client_works_against_the_gateways_process(built: Path, url: str) -> None:
    said = run(built, "npm", "test", TRADEWIND_URL=url)
    assert "# fail 0" in said
    assert "# pass 0" not in said
