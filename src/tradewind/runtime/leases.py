"""Leases of strategies: which signal-bridge runs which, and for how long it may be silent.

Kept by the trading core, which is the one that fences: a wish counts only under the lease that
its strategy has now. A new process of the core has given no leases yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from tradewind.runtime.bridge_messages import Offer

LEASE_S = 1.0
"""A bridge that is not heard for so long loses its strategies."""
IDLE_S = 5.0
"""A bridge that has had nothing to run for so long need not follow."""
UNEVEN_MAX = 1
"""By how many strategies bridges may differ before one is moved."""


@dataclass(slots=True)
class Loan:
    """One strategy: what it is, what is kept of it, and who runs it under which lease (0: nobody).

    `pending` counts messages of its bridge that are not durable yet. One that `is_ending` is lent
    no more.
    """

    strategy: str
    name: str
    parameters: dict[str, str]
    instruments: list[str]
    kept: Offer = field(default_factory=lambda: Offer(0, 0, b""))
    lease: int = 0
    peer: bytes = b""
    taken: int = 0
    pending: int = 0
    is_recalled: bool = False
    is_ending: bool = False
    free_since_s: float = 0.0


@dataclass(slots=True)
class Peer:
    """One bridge; one that `is_synced` follows the core, and had something to run at `busy_s`."""

    heard_s: float
    is_synced: bool = False
    busy_s: float = 0.0


class Leases:
    """Loans by strategy and bridges by their name on the link."""

    def __init__(self) -> None:
        self.loans: dict[str, Loan] = {}
        self.peers: dict[bytes, Peer] = {}
        self.granted = 0

    def of_peer(self, peer: bytes) -> list[Loan]:
        """What a bridge runs."""
        return [loan for loan in self.loans.values() if loan.lease and loan.peer == peer]

    def held(self, peer: bytes, lease: int) -> Loan | None:
        """The loan of a lease that is valid and this bridge's."""
        found = (loan for loan in self.loans.values() if loan.lease == lease)
        loan = next(found, None) if lease else None
        return loan if loan is not None and loan.peer == peer else None

    def heard(self, peer: bytes, now_s: float) -> bool:
        """Note a sign of life; False of a bridge that is not known."""
        known = self.peers.get(peer)
        if known is None:
            return False
        known.heard_s = now_s
        return True

    def silent(self, now_s: float) -> list[bytes]:
        """Bridges that have been silent for too long."""
        return [name for name, peer in self.peers.items() if now_s - peer.heard_s > LEASE_S]

    def drop(self, peer: bytes, now_s: float) -> list[Loan]:
        """Forget a bridge; the loans that nobody has now."""
        self.peers.pop(peer, None)
        freed = self.of_peer(peer)
        for loan in freed:
            self.free(loan, now_s)
        return freed

    def free(self, loan: Loan, now_s: float) -> None:
        """End a lease."""
        loan.lease, loan.peer, loan.is_recalled, loan.free_since_s = 0, b"", False, now_s

    def to_grant(self) -> Iterator[tuple[Loan, bytes]]:
        """Strategies that nobody runs, each with the bridge that has least to do."""
        for loan in self.loans.values():
            # What its last bridge sent must be in the core first: ids go on behind it.
            is_free = not loan.lease and not loan.pending and not loan.is_ending
            if self.peers and is_free:
                yield loan, min(self.peers, key=lambda name: len(self.of_peer(name)))

    def grant(self, loan: Loan, peer: bytes) -> None:
        """Lend a strategy."""
        self.granted += 1
        loan.lease, loan.peer, loan.taken = self.granted, peer, 0

    def to_move(self) -> tuple[Loan, bytes] | None:
        """A strategy that should go from the bridge with most to the one with least, if any."""
        if len(self.peers) < 2 or any(loan.is_recalled for loan in self.loans.values()):
            return None
        by_load = sorted(self.peers, key=lambda name: len(self.of_peer(name)))
        most = self.of_peer(by_load[-1])
        if len(most) - len(self.of_peer(by_load[0])) <= UNEVEN_MAX:
            return None
        return most[-1], by_load[0]

    def idle(self, now_s: float) -> list[bytes]:
        """Bridges that follow and have had nothing to run for some time."""
        for loan in self.loans.values():
            if loan.lease and loan.peer in self.peers:
                self.peers[loan.peer].busy_s = now_s
        return [
            name
            for name, peer in self.peers.items()
            if peer.is_synced and now_s - peer.busy_s > IDLE_S
        ]


def best_offer(kept: Offer, offers: list[Offer], issued: int, sequence: int) -> Offer:
    """The newest state of which the core has all that was wanted.

    `offers` are a bridge's, oldest first: what the core said it took, then what it did not say so
    of. Of those one counts where its wishes brought ids that the core knows; what came behind them
    is void, with the state it left.

    >>> offers = [Offer(2, 10, b"a"), Offer(3, 12, b"b"), Offer(3, 14, b"c"), Offer(4, 15, b"d")]
    >>> [best_offer(Offer(0, 0, b""), offers, issued, 20).state for issued in (1, 2, 3, 4)]
    [b'', b'a', b'b', b'd']
    """
    found, before = kept, -1
    for offer in offers:
        is_there = offer.issued <= issued and offer.issued > before
        if is_there and found.sequence <= offer.sequence <= sequence:
            found = offer
        before = offer.issued
    return found
