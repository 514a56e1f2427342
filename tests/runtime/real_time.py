"""Tests that need real-time priority: they run where this user may have it."""

from __future__ import annotations

import pytest

from tradewind.model.errors import UserError
from tradewind.runtime.priority import check_permitted


def is_permitted() -> bool:
    """Whether this process may have real-time priority."""
    try:
        check_permitted()
    except UserError:
        return False
    return True


needs_priority = pytest.mark.skipif(
    not is_permitted(), reason="this user may not have real-time priority"
)
