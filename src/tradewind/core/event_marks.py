"""What the stepper does with a control event beyond applying it, by the event's type."""

from __future__ import annotations

from tradewind.model import messages as m

INTENTS = frozenset(
    {
        m.OrderIntended,
        m.TargetIntended,
        m.ConditionalIntended,
        m.AlgorithmIntended,
        m.CancelIntended,
        m.CancelAllIntended,
        m.AmendIntended,
        m.TimerSet,
    }
)
"""What strategies and persons want."""

REPORT, FILL, SCHEDULING, LISTING, STOP = 1, 2, 4, 8, 16
MARKS: dict[type, int] = {
    **dict.fromkeys(
        (
            m.OrderAccepted,
            m.OrderRejected,
            m.OrderCanceled,
            m.OrderExpired,
            m.OrderAmended,
            m.OrderRestated,
            m.CancelRejected,
            m.AmendRejected,
            m.OrderUnknown,
        ),
        REPORT,
    ),
    m.OrderFilled: REPORT | FILL,
    **dict.fromkeys(
        (m.TimerSet, m.TimerFired, m.ConditionalIntended, m.AlgorithmIntended), SCHEDULING
    ),
    m.StrategyStopped: SCHEDULING | STOP,
    m.InstrumentListed: LISTING,
    m.InstrumentRenamed: LISTING,
}
"""What a control event asks for beyond being applied."""
