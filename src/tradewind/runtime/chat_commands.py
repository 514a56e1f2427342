"""Commands that persons write into an allowed chat; what acts is confirmed first, and audited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from tradewind.model.errors import TradewindError, UserError
from tradewind.model.ids import PERSON
from tradewind.model.instruments import Instrument
from tradewind.model.messages import OrderIntended
from tradewind.model.numbers import parse_units
from tradewind.model.orders import Leg, Side
from tradewind.runtime.control_messages import (
    HaltRequest,
    InstrumentsRequest,
    PlaceRequest,
    PositionsRequest,
    Request,
    StatusRequest,
)
from tradewind.runtime.person_orders import person_order_id

CONFIRM_S = 60
"""How long a command waits for its confirmation."""
AGE_S_MAX = 120
"""An older command was written while nobody listened: it is not obeyed."""
TRIES_MAX = 3
LINES_MAX = 20

Ask = Callable[[Request], Any]
Note = Callable[[str, str, str, str], None]
"""Writes into the audit trail: actor, action, target, outcome."""


class Pending(msgspec.Struct):
    """A command that waits for its confirmation."""

    word: str
    target: str
    code: str
    ends_s: float
    tries: int = 0


class ChatCommands:
    """Answers what is written; a chat that is not allowed gets no answer, and is noted.

    `ask` is the control socket's client and may block, `code` makes confirmations.
    """

    def __init__(
        self,
        chats: tuple[str, ...],
        *,
        ask: Ask,
        note: Note,
        now_s: Callable[[], float],
        code: Callable[[], str],
    ) -> None:
        self._chats = chats
        self._ask = ask
        self._note = note
        self._now_s = now_s
        self._code = code
        self._pending: dict[str, Pending] = {}

    async def answer(self, number: int, chat: str, time_s: int, text: str) -> str:
        """What to write back to an update; "" for nothing."""
        if chat not in self._chats:
            await asyncio.to_thread(
                self._note, f"telegram:{chat}"[:64], "chat command", "", "refused"
            )
            return ""
        words = text.split()
        word = words[0].partition("@")[0].lower() if words else ""
        rest = " ".join(words[1:])[:64]
        try:
            if word in ACTING or word == "/confirm":
                if self._now_s() - time_s > AGE_S_MAX:
                    return f"{word} was written more than {AGE_S_MAX} s ago: write it again"
                return await self._act(number, chat, word, rest)
            return await asyncio.to_thread(self._told, word)
        except TradewindError as error:
            return str(error)

    async def _act(self, number: int, chat: str, word: str, rest: str) -> str:
        """Ask for the confirmation of a command, or do what is confirmed."""
        now_s = self._now_s()
        if word in ACTING:
            code = self._code()
            self._pending[chat] = Pending(word, rest, code, now_s + CONFIRM_S)
            return f"{ACTING[word]}. To do it, write within {CONFIRM_S} s: /confirm {code}"
        pending = self._pending.get(chat)
        if pending is None or now_s > pending.ends_s:
            self._pending.pop(chat, None)
            return "nothing waits for a confirmation: write the command again"
        if rest != pending.code:
            pending.tries += 1
            if pending.tries >= TRIES_MAX:
                del self._pending[chat]
            return "that is not the code: nothing was done"
        del self._pending[chat]
        return await asyncio.to_thread(self._confirmed, number, chat, pending)

    def _confirmed(self, number: int, chat: str, pending: Pending) -> str:
        actor = f"telegram:{chat}"[:64]
        try:
            if pending.word == "/stop":
                done = self._stop(actor)
            else:
                done = self._force_exit(f"{actor}\n{number}", actor, pending.target)
        except TradewindError as error:
            self._note(actor, f"chat {pending.word}", pending.target, f"failed: {error}"[:200])
            raise
        self._note(actor, f"chat {pending.word}", pending.target, "ok")
        return done

    def _stop(self, actor: str) -> str:
        done = self._ask(HaltRequest("all", "stopped by a chat", actor))
        return f"trading is halted (journal {done['sequence']}); `tradewind resume` lifts it"

    def _force_exit(self, deed: str, actor: str, target: str) -> str:
        """Halt the strategies, so that none trades against it, then offer what is held."""
        listing = self._ask(InstrumentsRequest())
        known = {one["id"]: msgspec.convert(one, Instrument) for one in listing["instruments"]}
        if target and target.lower() != "all" and target not in known:
            raise UserError(f"there is no instrument {target}: write one of {', '.join(known)}")
        account = listing["accounts"].get(PERSON)
        held = [
            row
            for row in self._ask(PositionsRequest())
            if row["account"] == account
            and target.lower() in ("", "all", row["instrument"].lower())
        ]
        if not held:
            return "there is no position to exit"
        for strategy in listing["accounts"]:
            if strategy != PERSON:
                self._ask(HaltRequest(f"strategy:{strategy}", "force exit by a chat", actor))
        orders = [self._exit(deed, listing["journal_id"], row, known) for row in held]
        return "strategies are halted; sent at market:\n" + "\n".join(orders)

    def _exit(
        self, deed: str, journal_id: str, row: dict[str, Any], known: dict[str, Instrument]
    ) -> str:
        instrument = known[row["instrument"]]
        units = parse_units(row["quantity"], instrument.quantity_digits)
        order_id = person_order_id(journal_id, f"{deed}\n{instrument.id}\n{row['leg']}")
        side = Side.SELL if units > 0 else Side.BUY
        order = OrderIntended(
            0, order_id, PERSON, instrument.id, side, abs(units), leg=Leg[row["leg"]]
        )
        self._ask(PlaceRequest(order))
        return f"{side.name} {row['quantity'].lstrip('-')} {instrument.id} ({order_id})"

    def _told(self, word: str) -> str:
        telling = TELLING.get(word)
        if telling is None:
            return HELP
        return "\n".join(telling(self._ask(StatusRequest()))[:LINES_MAX])


def _status(status: dict[str, Any]) -> list[str]:
    halts = [f"HALTED {halt['scope']}: {halt['reason']}" for halt in status["halts"]]
    health = status["health"]
    running = [row["strategy"] for row in status["strategies"] if not row["reason"]]
    return [
        f"{status['mode']}, {'healthy' if health['ok'] else '; '.join(health['reasons'])}",
        *halts,
        f"strategies: {', '.join(running) or 'none'}",
        f"open orders: {len(status['orders'])}",
        *(f"{row['quantity']} {row['instrument']}" for row in status["positions"]),
    ]


def _profit(status: dict[str, Any]) -> list[str]:
    accounts = [
        f"{row['account']}: realised {row['realised']}, unrealised {row['unrealised']} "
        f"{row['currency']}"
        for row in status["accounts"]
    ]
    positions = [f"{row['instrument']}: {row['unrealised']}" for row in status["positions"]]
    return accounts + positions


def _balance(status: dict[str, Any]) -> list[str]:
    return [
        f"{row['account']}: equity {row['equity']}, cash {row['cash']} {row['currency']}, "
        f"exposure {row['exposure']}"
        for row in status["accounts"]
    ]


TELLING: dict[str, Callable[[dict[str, Any]], list[str]]] = {
    "/status": _status,
    "/profit": _profit,
    "/balance": _balance,
}
ACTING = {
    "/stop": "This halts all trading and cancels every working order",
    "/forceexit": "This halts the strategies and closes positions at market",
}
HELP = (
    "/status, /profit, /balance; /stop halts trading, /forceexit [INSTRUMENT] closes positions; "
    "both ask for /confirm CODE"
)
