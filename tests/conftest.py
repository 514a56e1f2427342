"""What all tests share: which build they run on, and how Hypothesis searches."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

FIRST = (
    "tests/tidy", "tests/storm", "tests/adapters/ccxt", "tests/venue/judges",
    "tests/runtime/test_kill.py", "tests/cli/test_order.py",
)  # fmt: skip

REPEATABLE = os.environ.get("TRADEWIND_REPEATABLE") == "1"
"""Set by `scripts/test --repeatable`: Hypothesis tries the same examples each time."""

# Timing of a shared machine says nothing, so no example has a deadline.
hypothesis.settings.register_profile(
    "shared_machine", deadline=None, print_blob=True, derandomize=REPEATABLE
)
hypothesis.settings.load_profile("shared_machine")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test another build than the one asked for."""
    import tradewind
    from tradewind import compiled

    expected = os.environ.get("TRADEWIND_EXPECT_COMPILED")
    wanted = {"0": False, "1": bool(compiled.hot_modules())}.get(expected or "")
    if wanted is not None and wanted != tradewind.COMPILED:
        raise pytest.UsageError(f"expected COMPILED to be {wanted}, it is {tradewind.COMPILED}")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what fails at once, then with what takes longest, so that nobody waits for it."""
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    folder = item.nodeid.partition("::")[0]
    return next((turn for turn, path in enumerate(FIRST) if folder.startswith(path)), len(FIRST))


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path fits into the address of a socket, as that of `tmp_path` may not."""
    folder = Path(tempfile.mkdtemp(prefix="tw-"))
    yield folder
    shutil.rmtree(folder)
