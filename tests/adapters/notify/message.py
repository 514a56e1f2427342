"""A message as the tests of channels send it."""

from tradewind.ports.notifications import Level, Message

MESSAGE = Message(
    "Tradewind critical: 1 halt, 2 denials",
    ("halted: all, <!channel> & co", "and 2 more"),
    Level.CRITICAL,
    {"halt": 1, "denial": 2},
    1_767_225_600_000_000_000,
    77,
)
