"""The generated documents are those of the catalogue as it is, and a start from them works."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.wiring.catalog import ENVIRONMENT, SETTINGS, TRADING_MODE, WORKERS
from tradewind.wiring.settings import load_settings
from tradewind.wiring.settings_reference import env_example, env_production, settings_markdown

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("docs/reference/settings.md", settings_markdown),
        (".env.example", env_example),
        (".env.production.template", env_production),
    ],
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


def test_the_template_of_production_starts_once_its_secrets_are_there(tmp_path: Path) -> None:
    text = env_production()
    for name, letter in (("jwt_secret", "1"), ("api_encryption_key", "2")):
        path = tmp_path / name
        path.write_text(f"d8a1f6c2e94b70735f1e2a6b8c9d0e1{letter}\n")
        path.chmod(0o600)
        text = text.replace(f"/run/secrets/{name}", str(path))
    (tmp_path / ".env").write_text(text)
    settings = load_settings(environment={}, folder=tmp_path)
    assert (settings[ENVIRONMENT], settings[WORKERS]) == ("production", 4)
    assert settings[TRADING_MODE] == "paper"
