"""The generated documents are those of the catalogue as it is, and a start from them works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.wiring.catalog import SETTINGS
from tradewind.wiring.settings import load_settings
from tradewind.wiring.settings_reference import env_example, settings_markdown

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "document"),
    [("docs/reference/settings.md", settings_markdown), (".env.example", env_example)],
)
def test_the_generated_documents_are_current(path: str, document: object) -> None:
    assert callable(document)
    assert (ROOT / path).read_text() == document(), "run scripts/docs"


def test_the_example_with_every_line_taken_in_is_the_defaults(tmp_path: Path) -> None:
    lines = env_example().splitlines()
    taken = [line.removeprefix("#") for line in lines if line[:1] == "#" and line[:2] != "# "]
    (tmp_path / ".env").write_text("\n".join(taken))
    settings = load_settings(environment={}, folder=tmp_path)
    given = [setting for setting in SETTINGS if setting.default]
    assert all(settings.where(setting).startswith(".env line") for setting in given)
