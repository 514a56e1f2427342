"""The real process, killed with SIGKILL at random moments, loses and doubles nothing."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tradewind.adapters.sqlite.journal_reader import read_journal
from tradewind.core.snapshot import state_hash
from tradewind.core.state import State
from tradewind.model import messages as m
from tradewind.model.ids import order_id
from tradewind.model.orders import OrderState, OrderType, Side
from tradewind.ports.journal import numbered
from tradewind.runtime.control_client import EngineUnreachable, ask
from tradewind.runtime.control_messages import CancelRequest, PlaceRequest, StatusRequest
from tradewind.runtime.recorder import Recorder
from tradewind.runtime.recovery import recover
from tradewind.runtime.segments import FileSegments
from tradewind.runtime.verification import verify_journal

START_DEADLINE_S = 60.0
ROUNDS = 20
LONG_ROUNDS = 1_000
INSTRUMENT = "BTC/USDT.SIM"
FAR_BELOW = 300_000
"""30,000.0 at the instrument's tenth of a dollar: half of where its market is."""
PLAIN = ("-m", "tradewind")
WITH_SMALL_MEGABYTES = ("-c", """
import sys
from tradewind.cli import platform_options
from tradewind.cli.main import main
assert platform_options.MEGABYTE == 1_000_000
platform_options.MEGABYTE = 1
sys.exit(main())
""")  # fmt: skip
"""So that all that may go is more than the disk may hold."""


class Victim:
    """One home whose engine is started and killed again and again, with what it acknowledged."""

    def __init__(
        self, home: Path, seed: int, entry: tuple[str, ...] = PLAIN, **settings: str
    ) -> None:
        self.home = home
        self.entry = entry
        self.environment = {**os.environ, **settings}
        self.chance = random.Random(seed)
        self.placed: list[str] = []
        self.canceled: list[str] = []
        self.journal_id = ""

    def live_and_die(self, longest_s: float = 0.4) -> None:
        """One life: start, trade through the socket, die at some moment."""
        command = [sys.executable, *self.entry, "run", "--home", str(self.home)]
        process = subprocess.Popen(
            [*command, "--without-gateway"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=self.environment,
        )
        try:
            self._wait_until_ready(process)
            self._trade(self.chance.randrange(1, 5))
            time.sleep(self.chance.random() * longest_s)
        finally:
            process.send_signal(signal.SIGKILL)
            process.communicate()

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline_s = time.monotonic() + START_DEADLINE_S
        while True:
            try:
                ask(self.home, StatusRequest())
            except EngineUnreachable:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline_s, "the engine does not start"
                time.sleep(0.02)
            else:
                break
        with closing(read_journal(self.home / "journal")) as journal:
            self.journal_id = journal.journal_id

    def _trade(self, count: int) -> None:
        for _ in range(count):
            identifier = order_id(self.journal_id, "person", len(self.placed) + 1)
            order = m.OrderIntended(
                0,
                identifier,
                "person",
                INSTRUMENT,
                Side.BUY,
                10 + len(self.placed),
                OrderType.LIMIT,
                FAR_BELOW + len(self.placed) % 50,
            )
            ask(self.home, PlaceRequest(order))
            self.placed.append(identifier)
        if self.chance.random() < 0.5 and len(self.placed) > 3:
            identifier = self.chance.choice(self.placed)
            if identifier not in self.canceled and self._is_open(identifier):
                ask(self.home, CancelRequest(identifier))
                self.canceled.append(identifier)

    def _is_open(self, identifier: str) -> bool:
        orders = ask(self.home, StatusRequest())["orders"]
        return any(order["order_id"] == identifier for order in orders)

    def judge(self) -> State:
        """What the disk says must be what was acknowledged, once, however it is replayed."""
        with closing(read_journal(self.home / "journal")) as journal:
            records = [record for group in journal.groups() for _, record in numbered(group)]
            recorder = Recorder(FileSegments(self.home / "market"))
            tail = recover(journal, recorder)
            whole = recover(journal, recorder, before=1)
            recorder.close()
        assert state_hash(tail.state) == state_hash(whole.state)
        sent = Counter(one.order_id for one in records if isinstance(one, m.SubmitOrder))
        wanted = Counter(one.order_id for one in records if isinstance(one, m.OrderIntended))
        for counter in (sent, wanted):
            assert not [key for key, count in counter.items() if count > 1]
        assert positions_of(whole.state) == positions_of_fills(whole.state, records)
        assert set(self.placed) <= set(wanted)
        epochs = [one.epoch for one in records if isinstance(one, m.RunStarted)]
        assert epochs == sorted(set(epochs))
        return whole.state


def positions_of(state: State) -> Counter[str]:
    """Signed quantity by instrument, from the positions."""
    totals: Counter[str] = Counter()
    for book in state.strategies:
        for key, position in book.positions.items():
            totals[state.markets[key // 3].id] += position.quantity
    return totals


def positions_of_fills(state: State, records: list[m.Record]) -> Counter[str]:
    """The same from the journaled fills, each counted once: a restart hears of them again."""
    orders = {one.order_id: one for one in records if isinstance(one, m.SubmitOrder)}
    fills = {(one.order_id, one.fill_id): one for one in records if isinstance(one, m.OrderFilled)}
    totals: Counter[str] = Counter(dict.fromkeys(positions_of(state), 0))
    for fill in fills.values():
        order = orders[fill.order_id]
        totals[order.instrument] += order.side * fill.quantity
    return totals


def run_rounds(home: Path, rounds: int, *, seed: int, judged_every: int = 1) -> None:
    victim = Victim(home, seed)
    for number in range(rounds):
        victim.live_and_die()
        if number % judged_every == 0:
            victim.judge()
    command = [sys.executable, "-m", "tradewind", "run", "--home", str(home)]
    ended = subprocess.run(
        [*command, "--without-gateway", "--for", "2"], capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    state = victim.judge()
    for identifier in victim.placed:
        order = state.orders[identifier]
        if identifier in victim.canceled:
            assert order.state in (OrderState.CANCELED, OrderState.NEW)
        elif order.state != OrderState.DENIED:
            assert order.state == OrderState.NEW, "a resting order got lost"


def test_twenty_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    run_rounds(tmp_path / "home", ROUNDS, seed=20_261_120)


def test_kills_while_old_records_are_pruned_lose_no_resting_order(tmp_path: Path) -> None:
    victim = Victim(
        tmp_path / "home",
        seed=3,
        entry=WITH_SMALL_MEGABYTES,
        TRADEWIND_JOURNAL_DISK_MAX_MB="1",
        TRADEWIND_SNAPSHOT_INTERVAL_S="1",
    )
    for _ in range(5):
        victim.live_and_die(longest_s=2.5)
        with closing(read_journal(victim.home / "journal")) as journal:
            recorder = Recorder(FileSegments(victim.home / "market"))
            verify_journal(journal, recorder)
            state = recover(journal, recorder).state
            recorder.close()
            first = journal.first_sequence
    assert first > 1
    resting = set(victim.placed) - set(victim.canceled)
    assert resting <= set(state.open_orders) | {
        name for name in victim.placed if state.orders[name].state == OrderState.DENIED
    }


@pytest.mark.long
@pytest.mark.timeout(7200)
def test_a_thousand_kills_at_random_moments_lose_and_double_nothing(tmp_path: Path) -> None:
    run_rounds(tmp_path / "home", LONG_ROUNDS, seed=1, judged_every=50)
