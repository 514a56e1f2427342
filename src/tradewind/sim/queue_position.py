"""Queue position: how much of what leaves a price level stood in front of our order."""

from __future__ import annotations

import math

from tradewind.model.errors import UserError


def conservative() -> QueueModel:
    """Only trades move an order forward; whoever cancels stood behind it, as long as that can be.

    >>> conservative().ahead(300, 1000, 400)  # 600 canceled, 700 stood behind
    300
    >>> conservative().ahead(300, 1000, 250)  # 750 canceled: 50 of them stood in front
    250
    """
    return QueueModel()


def power(exponent: float) -> Power:
    """Cancels come from behind with the odds back^n : front^n.

    With n = 1 every share of the level is as likely to cancel as any other. Source: Rigtorp,
    "Estimating order queue position" (2013), with f(x) = x^n.

    >>> power(1).ahead(300, 1000, 900)  # 3 of 10 stood in front: 30 of the 100 canceled
    270
    >>> power(3).ahead(300, 1000, 900) > power(1).ahead(300, 1000, 900)
    True
    """
    return Power(exponent)


def logarithmic() -> Logarithmic:
    """Cancels come from behind with the odds log(1 + back) : log(1 + front).

    Source: Rigtorp, "Estimating order queue position" (2013), with f(x) = log(1 + x).

    >>> logarithmic().ahead(300, 1000, 900)
    254
    """
    return Logarithmic()


class QueueModel:
    """Base of queue models, and the conservative one."""

    __slots__ = ()

    def ahead(self, ahead: int, before: int, now: int) -> int:
        """The quantity in front when a level's public size goes from `before` to `now`.

        `before` has trades taken off already, so that what is missing was canceled; what was
        added stands behind.
        """
        if now >= before:
            return min(ahead, now)
        share = self.share_behind(float(ahead), float(max(0, before - ahead)))
        canceled = before - now
        # Rounded in favor of those in front, of whom no more can be left than the whole level.
        from_behind = math.ceil(canceled * share)
        return max(0, min(ahead - (canceled - from_behind), now))

    def share_behind(self, ahead: float, behind: float) -> float:
        """The share of cancels that comes from behind the order, 0 to 1."""
        return 1.0


class Power(QueueModel):
    """Odds by a power of the quantities."""

    __slots__ = ("exponent",)

    def __init__(self, exponent: float) -> None:
        if not 0 < exponent <= 20:
            raise UserError(f"a queue exponent of {exponent} is refused: use 1 to 20, as 3")
        self.exponent = exponent

    def share_behind(self, ahead: float, behind: float) -> float:
        """1 / (1 + (ahead / behind)^n)."""
        if behind <= 0.0:
            return 0.0
        odds = ahead / behind
        # Beyond this the share is 0 to the last digit, and the power might overflow.
        return 0.0 if odds > 1e15 else 1.0 / (1.0 + math.pow(odds, self.exponent))


class Logarithmic(QueueModel):
    """Odds by the logarithm of the quantities."""

    __slots__ = ()

    def share_behind(self, ahead: float, behind: float) -> float:
        """log(1 + behind) / (log(1 + behind) + log(1 + ahead))."""
        back = math.log1p(behind)
        whole = back + math.log1p(ahead)
        return back / whole if whole > 0.0 else 0.0
