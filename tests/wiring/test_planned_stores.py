"""Several stores of market data in the settings: which can be, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.adapters.parquet.history import ParquetHistory
from tradewind.model.errors import UserError
from tradewind.runtime.planned_history import PlannedHistory
from tradewind.wiring.histories import open_history
from tradewind.wiring.security_validator import _are_safe_histories
from tradewind.wiring.settings import Settings, read_settings

BUCKET = "s3://market/data?endpoint=http://127.0.0.1:9"


def settings(home: Path, monkeypatch: pytest.MonkeyPatch, url: str, also: str) -> Settings:
    monkeypatch.setenv("HISTORY_URL", url)
    monkeypatch.setenv("HISTORY_ALSO", also)
    return read_settings({"home": str(home)})[0]


def test_one_store_needs_no_plan_and_several_are_ranked_by_what_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(open_history(settings(tmp_path, monkeypatch, "", "")), ParquetHistory)
    pytest.importorskip("boto3")
    plan = open_history(settings(tmp_path, monkeypatch, BUCKET, "files"))
    assert isinstance(plan, PlannedHistory)
    assert [(store.name.split()[0], store.rank) for store in plan.stores] == [
        ("bucket", 2),
        ("files", 0),
    ]


@pytest.mark.parametrize(
    ("url", "also", "sentence"),
    [
        ("", "files", "HISTORY_ALSO names files that is a store already"),
        (BUCKET, f"files {BUCKET}", "HISTORY_ALSO names an address that is a store already"),
        ("", "ftp://nobody", "names no store: write it like postgresql://"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, also: str, sentence: str
) -> None:
    pytest.importorskip("boto3")
    with pytest.raises(UserError, match=sentence):
        open_history(settings(tmp_path, monkeypatch, url, also))


def test_stores_beside_are_held_to_the_same_safety() -> None:
    assert _are_safe_histories(f"files {BUCKET} s3://market/data")
    assert not _are_safe_histories("files s3://market/data?endpoint=http://store.example")
