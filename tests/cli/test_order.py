"""`tradewind order` and the real process, which is killed and goes on to the order's end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.cli.main import main
from tradewind.model import messages as m
from tradewind.model.errors import TradewindError
from tradewind.ports.journal import numbered
from tradewind.runtime.control_client import ask
from tradewind.runtime.control_messages import OpenOrdersRequest, OrdersRequest, StatusRequest
from tradewind.runtime.halt_file import HALT_NAME

PATIENCE_S = 90
HALTED = 3
"""How commands end that ask a halted engine."""
BTC = "BTC/USDT.SIM"


@contextmanager
def platform(home: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tradewind", "run", "--without-gateway"]
    process = subprocess.Popen(
        [*command, "--home", str(home)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(look: Callable[[], Any]) -> Any:
    """What a look gives, once it gives something."""
    end_s = time.monotonic() + PATIENCE_S
    while not (found := look()):
        assert time.monotonic() < end_s
        time.sleep(0.1)
    return found


def has_prices(home: Path) -> bool:
    """Whether an order would find a price: the first rows come a moment behind the start."""
    try:
        return all(row["last"] for row in ask(home, StatusRequest())["market"])
    except TradewindError:
        return False


@pytest.fixture(scope="module")
def engine_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of one running platform for all that only asks it."""
    home = tmp_path_factory.mktemp("home")
    with platform(home):
        until(lambda: has_prices(home))
        yield home


class Person:
    """Types commands for one home."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.home = home
        self.capsys = capsys

    def types(self, *words: str) -> tuple[int, str, str]:
        code = main([*words, "--home", str(self.home)])
        return code, *self.capsys.readouterr()

    def order(self, *words: str) -> str:
        code, out, err = self.types("order", *words, "--json")
        assert code == 0, err
        placed: str = json.loads(out)["order_id"]
        return placed

    def rows(self) -> list[dict[str, Any]]:
        code, out, _ = self.types("orders", "--open", "--json")
        rows: list[dict[str, Any]] = json.loads(out)["orders"] if code == 0 else []
        return rows

    def parent(self, order_id: str) -> dict[str, Any] | None:
        return next((row for row in self.rows() if row["order_id"] == order_id), None)


def records(home: Path, kind: type[m.Record]) -> list[Any]:
    reader = read_journal(next(home.rglob("journal.db")).parent)
    found = [
        record
        for group in reader.groups(0)
        for _, record in numbered(group)
        if isinstance(record, kind)
    ]
    reader.close()
    return found


def test_an_algorithm_survives_a_kill_and_never_exceeds_its_quantity(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(tmp_path, capsys)
    with platform(tmp_path) as process:
        until(lambda: has_prices(tmp_path))
        worked = ["--algorithm", "twap", "--seconds", "25", "--slices", "10"]
        placed = person.order("buy", "0.1", BTC, *worked, "--key", "once")
        until(lambda: float((person.parent(placed) or {}).get("filled_quantity", 0)) > 0)
        assert person.parent(placed)["type"] == "TWAP"
        process.send_signal(signal.SIGKILL)
        process.wait()
    with platform(tmp_path):
        until(lambda: person.types("status", "--json")[0] == 0)
        until(lambda: person.parent(placed) is None)
    (ended,) = records(tmp_path, m.ParentEnded)
    assert ended.order_id == placed
    sent = [one for one in records(tmp_path, m.SubmitOrder) if one.order_id.startswith(placed)]
    assert len(sent) == len({one.order_id for one in sent})
    fills = [one for one in records(tmp_path, m.OrderFilled) if one.order_id.startswith(placed)]
    filled = sum(one.quantity for one in fills)
    assert ended.filled_quantity == filled == sum(one.quantity for one in sent)
    (wanted,) = records(tmp_path, m.AlgorithmIntended)
    assert 0 < filled <= wanted.quantity
    epochs = [one.epoch for one in records(tmp_path, m.RunStarted)]
    assert epochs == [1, 2]


def test_a_start_under_a_halt_file_cancels_what_worked_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(tmp_path, capsys)
    with platform(tmp_path) as process:
        until(lambda: has_prices(tmp_path))
        placed = person.order("buy", "0.01", BTC, "--limit", "58000")
        until(lambda: (person.parent(placed) or {}).get("state") == "NEW")
        process.send_signal(signal.SIGKILL)
        process.wait()
    (tmp_path / HALT_NAME).touch()
    with platform(tmp_path):
        until(lambda: person.types("status", "--json")[0] == HALTED)
        until(lambda: any(one.order_id == placed for one in records(tmp_path, m.OrderCanceled)))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["buy", "1", "X/USD.SIM"], "there is no instrument 'X/USD.SIM': known are BTC/USDT.SIM"),
        (["buy", "1", BTC, "--slices", "3"], "--slices is for an algorithm: name one"),
        (["buy", "1", BTC, "--display", "2", "--limit", "9"], "cannot show more than its quantity"),
        (["buy", "1", BTC, "--display", "-1", "--limit", "9"], "shows a quantity above 0"),
        (["buy", "1", BTC, "--algorithm", "twap"], "twap needs a window: say when it ends"),
        (["buy", "1", BTC, "--algorithm", "pov", "--participation", "2"], "at most 1"),
        (["sell", "1", BTC, "--algorithm", "vwap", "--curve", "a,b", "--seconds", "9"],
         "'a,b' is no list of whole numbers"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_one_sentence(
    words: list[str],
    sentence: str,
    engine_home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, err = Person(engine_home, capsys).types("order", *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_plain_order_is_placed_once_for_its_key(
    engine_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(engine_home, capsys)
    market = json.loads(person.types("status", "--json")[1])["market"]
    last = next(row["last"] for row in market if row["instrument"] == BTC)
    words = ["sell", "0.01", BTC, "--limit", str(int(float(last) * 1.01)), "--key", "mine"]
    placed = person.order(*words)
    until(lambda: any(row["order_id"] == placed for row in person.rows()))
    assert person.order(*words) == placed
    assert [row["order_id"] for row in person.rows()].count(placed) == 1


def test_a_cancel_of_an_unknown_order_is_one_sentence_and_changes_nothing(
    engine_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(engine_home, capsys)
    code, out, err = person.types("orders", "--cancel", "j0-person-9")
    assert (code, out) == (1, "")  # the engine refused; 2 is what a command itself refuses
    assert "there is no open order 'j0-person-9': see `tradewind orders`" in err
    assert len(err.strip().splitlines()) == 1
    with closing(read_journal(engine_home / "journal")) as journal:
        named = [
            getattr(one, "order_id", "") for group in journal.groups() for _, one in numbered(group)
        ]
    assert "j0-person-9" not in named


def test_an_order_that_risk_denies_is_told_with_rule_value_and_limit(
    engine_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    far = ("order", "buy", "0.002", BTC, "--limit", "30000")
    code, out, err = Person(engine_home, capsys).types(*far)
    assert (code, "DENIED" in out) == (1, True)
    assert "price_collar saw 0." in err
    assert err.endswith(" and allows 0.05\n")


@pytest.mark.parametrize("words", [("-1", BTC), ("0", BTC), ("1", BTC, "--limit", "-5")])
def test_a_number_that_is_not_above_0_is_refused_before_it_is_sent(
    engine_home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    before = of_persons(engine_home)
    code, out, err = Person(engine_home, capsys).types("order", "buy", *words)
    assert (code, out) == (2, "")
    assert "is not above 0" in err
    assert of_persons(engine_home) == before


def of_persons(home: Path) -> list[str]:
    rows = ask(home, OrdersRequest())
    return [row["order_id"] for row in rows if row["strategy"] == "person"]


@pytest.fixture(scope="module")
def low(engine_home: Path) -> int:
    """A price under the market that the collar lets pass and nobody sells at."""
    market = ask(engine_home, StatusRequest())["market"]
    return int(float(next(row["last"] for row in market if row["instrument"] == BTC)) * 0.97)


@pytest.fixture(scope="module")
def resting(engine_home: Path, low: int) -> str:
    """An order that works at the venue."""
    wanted = ["order", "buy", "0.002", BTC, "--limit", str(low), "--home", str(engine_home)]
    assert main([*wanted, "--key", "resting"]) == 0
    rows = until(
        lambda: [
            row
            for row in ask(engine_home, OpenOrdersRequest())["orders"]
            if float(row["limit_price"] or 0) == low and row["state"] == "NEW"
        ]
    )
    order_id: str = rows[0]["order_id"]
    return order_id


def test_an_amendment_gives_a_working_order_other_terms(
    engine_home: Path, low: int, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(engine_home, capsys)
    placed = person.order("buy", "0.003", BTC, "--limit", str(low + 1))
    until(lambda: (person.parent(placed) or {}).get("state") == "NEW")
    code, out, err = person.types("amend", placed, "--limit", str(low + 2), "--json")
    assert code == 0, err
    assert json.loads(out)["amend_requested"] == placed
    until(lambda: float((person.parent(placed) or {}).get("limit_price", 0)) == low + 2)
    assert person.types("amend", placed, "--quantity", "0.001")[0] == 0
    until(lambda: float((person.parent(placed) or {}).get("quantity", 0)) == 0.001)
    assert float((person.parent(placed) or {})["limit_price"]) == low + 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "nothing to change: give --quantity, --limit, --stop or --trail"),
        (["--trail", "0"], "--trail: 0 is not above 0"),
        (["--trail-percent", "100"], "trail: a stop trails by less than 100 percent of the price"),
        (["--trail", "5"], "is no stop that trails"),
        (["--quantity", "-1"], "--quantity: -1 is not above 0"),
        (["--quantity", "0"], "--quantity: 0 is not above 0"),
        (["--quantity", "nan"], "'nan' is not a finite number"),
        (["--limit", "-5"], "--limit: -5 is not above 0"),
        (["--limit", "inf"], "'inf' is not a finite number"),
        (["--stop", "x"], "'x' is not a number"),
        (["--stop", "0.001"], "0.001"),
    ],
)
def test_terms_that_cannot_be_leave_an_order_as_it_is(
    words: list[str],
    sentence: str,
    resting: str,
    engine_home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    person = Person(engine_home, capsys)
    before = person.parent(resting)
    code, out, err = person.types("amend", resting, *words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1
    assert person.parent(resting) == before
    assert resting not in {one.order_id for one in records(engine_home, m.AmendIntended)}


def test_an_amendment_of_a_filled_or_an_unknown_order_is_one_sentence(
    engine_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(engine_home, capsys)
    filled = person.order("buy", "0.001", BTC)
    until(lambda: any(one.order_id == filled for one in records(engine_home, m.OrderFilled)))
    sentences = {
        filled: f"{filled} is FILLED: only an open order can be amended",
        "j0-person-9": "there is no open order 'j0-person-9': see `tradewind orders --open`",
    }
    for order_id, sentence in sentences.items():
        code, out, err = person.types("amend", order_id, "--quantity", "0.5")
        assert (code, out) == (2, "")
        assert err == f"tradewind: {sentence}\n"
    assert not set(sentences) & {one.order_id for one in records(engine_home, m.AmendIntended)}


def test_a_bracket_of_the_command_line_works_its_exits_and_each_can_be_canceled(
    engine_home: Path, low: int, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(engine_home, capsys)
    high = str(int(low * 1.05))
    words = ["buy", "0.001", BTC, "--take-profit", high, "--stop-loss", str(low), "--json"]
    code, out, err = person.types("order", *words)
    assert code == 0, err
    profit, loss = json.loads(out)["exit_ids"]
    until(lambda: (person.parent(profit) or {}).get("state") == "NEW")
    assert (person.parent(loss) or {})["state"] == "HELD"
    assert person.types("orders", "--cancel", profit)[0] == 0
    assert person.types("orders", "--cancel", loss)[0] == 0
    until(lambda: person.parent(profit) is None and person.parent(loss) is None)


def test_a_stop_of_the_command_line_rests_at_the_venue(
    engine_home: Path, low: int, capsys: pytest.CaptureFixture[str]
) -> None:
    person = Person(engine_home, capsys)
    placed = person.order("sell", "0.001", BTC, "--stop", str(low), "--time-in-force", "day")
    row = until(lambda: person.parent(placed))
    assert (row["type"], row["quantity"]) == ("STOP", "0.00100")
    assert person.types("orders", "--cancel", placed)[0] == 0
