"""`tradewind connect` for venues of data alone: the key is checked, stored encrypted, and found."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.local_venue import LocalVenue, local_venue

VARIABLES = ("MASSIVE_API_KEY", "POLYGON_API_KEY", "ALPHA_VANTAGE_API_KEY")
ADDRESSES = {"massive": "MASSIVE_ADDRESS", "alpha-vantage": "ALPHA_VANTAGE_ADDRESS"}
IDS = {"massive": "MASSIVE", "alpha-vantage": "ALPHAVANTAGE"}
RANGE = ("AAPL", "--timeframe", "1h", "--timerange", "20261103-20261104", "--json")


@pytest.fixture(scope="module", params=list(ADDRESSES))
def venue(request: pytest.FixtureRequest) -> Iterator[LocalVenue]:
    with local_venue(request.param) as running:
        yield running


def tradewind(venue: LocalVenue, home: Path, *words: str, typed: str = "") -> tuple[int, str]:
    """One command without keys in its settings; `typed` is piped to it."""
    name = str(venue.about["venue"])
    done = subprocess.run(
        [sys.executable, "-m", "tradewind", *words],
        env={
            **{key: value for key, value in os.environ.items() if key not in VARIABLES},
            "TRADEWIND_HOME": str(home),
            "MASSIVE_REQUESTS_PER_MINUTE": "1000",
            ADDRESSES[name]: venue.url,
        },
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_typed_key_is_checked_stored_and_used_by_downloads(
    venue: LocalVenue, tmp_path: Path
) -> None:
    name, key = str(venue.about["venue"]), venue.account("demo")["key"]
    code, output = tradewind(venue, tmp_path, "data", "download", name, *RANGE)
    assert code == 2
    assert f"run tradewind connect {name}, or set" in output
    code, output = tradewind(venue, tmp_path, "connect", name, "--json", typed=f"{key}\n")
    assert code == 0, output
    answer = json.loads(output)
    assert (answer["venue"], answer["place"]) == (IDS[name], venue.url)
    stored = Path(answer["stored"])
    assert stored.stat().st_mode & 0o777 == 0o600
    assert key not in stored.read_text()
    code, output = tradewind(venue, tmp_path, "data", "download", name, *RANGE)
    assert code == 0, output
    assert json.loads(output)["instrument"] == f"AAPL.{IDS[name]}"
    assert key not in output


def test_a_key_that_the_venue_refuses_is_not_stored_and_not_shown(
    venue: LocalVenue, tmp_path: Path
) -> None:
    name, wrong = str(venue.about["venue"]), "nobody-may-see-this"
    code, output = tradewind(venue, tmp_path, "connect", name, typed=f"{wrong}\n")
    assert code == 2, output
    assert "refuses this key" in output
    assert "nothing was stored" in output
    assert wrong not in output
    assert not (tmp_path / "keys").exists()
    code, output = tradewind(venue, tmp_path, "connect", name)
    assert code == 2
    assert "give the key: type it, pipe it as a line, or run tradewind connect" in output
