"""The live view: fits the width, shows what matters, needs neither terminal nor colour."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.runtime.memory_engine import MemoryEngine
from tradewind.cli.live_view import ROWS_MAX, LiveView, one_line, render
from tradewind.cli.table import as_table
from tradewind.runtime.read_models import Status


@pytest.fixture
def status() -> Status:
    return MemoryEngine().status()


def orders(status: Status, count: int) -> None:
    row = dict.fromkeys(Status.__annotations__, "") | {
        "instrument": "BTC/USDT.SIM", "side": "BUY", "leaves_quantity": "1", "limit_price": "9.50",
        "state": "NEW", "type": "LIMIT", "quantity": "1", "filled_quantity": "0",
        "average_price": "", "strategy": "cross",
    }  # fmt: skip
    status["orders"] = [{**row, "order_id": f"j-cross-{n}"} for n in range(count)]  # type: ignore[typeddict-item]


def test_the_view_shows_market_orders_positions_equity_and_health(status: Status) -> None:
    orders(status, 1)
    text = render(status, 120)
    for word in ("59999.90", "j-cross-0", "0.10", "100012.50", "USDT", "\nok\n", "sequence 0"):
        assert word in text


@given(width=st.integers(1, 200))
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    status = MemoryEngine().status()
    orders(status, 3)
    assert max(map(len, render(status, width).splitlines())) <= width


def test_a_narrow_terminal_loses_the_last_columns_first(status: Status) -> None:
    orders(status, 1)
    assert "STATE" in render(status, 90)
    narrow = render(status, 40)
    assert "ORDERS" in narrow
    assert "STATE" not in narrow


@pytest.mark.parametrize(("count", "more"), [(ROWS_MAX, ""), (ROWS_MAX + 1, "and 1 more")])
def test_rows_beyond_the_limit_are_counted(status: Status, count: int, more: str) -> None:
    orders(status, count)
    lines = render(status, 100).splitlines()
    assert sum(line.startswith("j-cross-") for line in lines) == ROWS_MAX
    assert [line for line in lines if line.startswith("and ")] == [more][: bool(more)]


def test_a_halt_and_bad_health_stand_on_top(status: Status) -> None:
    status["halts"] = [{"scope": "all", "reason": "odd\x1b[2J", "by": "ann"}]
    status["health"] = {
        "ok": False,
        "reasons": ["the market is stale"],
        "degraded": ["the records stand still"],
    }
    assert render(status, 80).splitlines()[1:4] == [
        "HALTED all by ann: odd?[2J",
        "the market is stale",
        "the records stand still",
    ]


def test_numbers_stand_to_the_right_and_words_to_the_left() -> None:
    rows = [{"name": "a", "size": "1"}, {"name": "long", "size": ""}]
    assert as_table(rows, {"name": "NAME", "size": "SIZE"}, 80) == [
        "NAME  SIZE",
        "a        1",
        "long",
    ]


def test_without_a_terminal_there_is_one_line_a_second(status: Status) -> None:
    stream = io.StringIO()
    view = LiveView(stream, {})
    for uptime_s in (1, 1, 2):
        status["uptime_s"] = uptime_s
        view.show(status)
    view.close()
    assert stream.getvalue() == (one_line(status) + "\n") * 2
    assert "equity 100012.50 USDT" in one_line(status)
    assert "\x1b" not in stream.getvalue()


@pytest.fixture
def terminal() -> Iterator[tuple[io.TextIOWrapper, int]]:
    """Give a pseudo terminal of 100 x 12: what a program writes to, and what it shows."""
    shown, written = pty.openpty()
    os.set_blocking(shown, False)
    fcntl.ioctl(written, termios.TIOCSWINSZ, struct.pack("HHHH", 12, 100, 0, 0))
    with os.fdopen(written, "w") as stream:
        yield stream, shown
    os.close(shown)


def test_a_terminal_is_redrawn_in_place(
    status: Status, terminal: tuple[io.TextIOWrapper, int]
) -> None:
    stream, shown = terminal
    view = LiveView(stream, {"TERM": "xterm"})
    view.show(status)
    first = os.read(shown, 65536).decode()
    view.show(status)
    second = os.read(shown, 65536).decode()
    view.close()
    # 12 rows hold 11 lines and the one the cursor is on.
    assert first.count("\n") == 11
    assert second.startswith("\x1b[11F")
    assert "\x1b[1m" in first
    assert os.read(shown, 65536) == b"\x1b[?25h"


def test_no_color_takes_the_colours_away(
    status: Status, terminal: tuple[io.TextIOWrapper, int]
) -> None:
    stream, shown = terminal
    LiveView(stream, {"TERM": "xterm", "NO_COLOR": "1"}).show(status)
    text = os.read(shown, 65536).decode()
    assert "\x1b[1m" not in text
    assert "\x1b[K" in text


def test_a_dumb_terminal_gets_lines(status: Status, terminal: tuple[io.TextIOWrapper, int]) -> None:
    stream, shown = terminal
    LiveView(stream, {"TERM": "dumb"}).show(status)
    assert b"\x1b" not in os.read(shown, 65536)
