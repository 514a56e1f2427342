"""What all tests share: which build they run on, and how Hypothesis searches."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

# Timing of a shared machine says nothing, so no example has a deadline.
hypothesis.settings.register_profile("shared_machine", deadline=None, print_blob=True)
hypothesis.settings.load_profile("shared_machine")


def pytest_configure(config: pytest.Config) -> None:
    """Refuse to test another build than the one asked for."""
    import tradewind
    from tradewind import compiled

    expected = os.environ.get("TRADEWIND_EXPECT_COMPILED")
    wanted = {"0": False, "1": bool(compiled.hot_modules())}.get(expected or "")
    if wanted is not None and wanted != tradewind.COMPILED:
        raise pytest.UsageError(f"expected COMPILED to be {wanted}, it is {tradewind.COMPILED}")


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """A folder whose path fits into the address of a socket, as that of `tmp_path` may not."""
    folder = Path(tempfile.mkdtemp(prefix="tw-"))
    yield folder
    shutil.rmtree(folder)
