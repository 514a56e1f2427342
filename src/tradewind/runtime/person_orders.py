"""Ids of orders that persons place: doing one deed twice makes one order."""

from __future__ import annotations

import hashlib

from tradewind.model.ids import ALPHABET, PERSON

DIGITS = 9
"""Digits of base 36: with the journal's id and `person` an order id fits in 24 characters."""


def person_order_id(journal_id: str, deed: str) -> str:
    """The order id of a deed: the same again for the same text.

    >>> person_order_id("j0", "u1\\na-key")
    'j0-person-w1400w5or'
    """
    number = int.from_bytes(hashlib.sha256(deed.encode()).digest())
    digits = []
    for _ in range(DIGITS):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return f"{journal_id}-{PERSON}-{''.join(digits)}"
