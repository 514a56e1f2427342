"""Passwords: Argon2id hashes, and what a password must be."""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type

from tradewind.gateway.breached import Breached, NoList
from tradewind.model.errors import UserError

LENGTH_MIN = 12
LENGTH_MAX = 128
"""Beyond it hashing would be work for a stranger's asking."""
KINDS_MIN = 5
"""Different characters that a password has at least."""

PRODUCT_WORDS = ("tradewind",)
NO_LIST = NoList()

_HASHER = PasswordHasher(time_cost=3, memory_cost=19_456, parallelism=1, type=Type.ID)
"""OWASP's Password Storage Cheat Sheet: Argon2id with 19 MiB; one pass more than its two."""
_NOBODY = _HASHER.hash("nobody has this password")


def check_password(password: str, name: str, breached: Breached = NO_LIST) -> str:
    """The password if it may be one; `breached` knows those that others know.

    >>> check_password("correct horse battery", "ann")
    'correct horse battery'
    >>> check_password("annannannann", "ann")
    Traceback (most recent call last):
        ...
    tradewind.model.errors.UserError: the password: use at least 5 different characters
    """
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise UserError(f"the password: use {LENGTH_MIN} to {LENGTH_MAX} characters")
    if len(set(password)) < KINDS_MIN:
        raise UserError(f"the password: use at least {KINDS_MIN} different characters")
    if name.lower() in password.lower():
        raise UserError("the password: do not use your own name in it")
    if any(word in password.lower() for word in PRODUCT_WORDS):
        raise UserError("the password: do not use the product's name in it")
    if breached.has(password):
        raise UserError("the password: it is known to others, who try it first: take another")
    return password


def hash_password(password: str) -> str:
    """Return the hash with its salt and parameters; takes some 30 ms."""
    return _HASHER.hash(password)


def is_password(password_hash: str, password: str) -> bool:
    """True where the password has this hash. A user without one costs the same time."""
    try:
        return _HASHER.verify(password_hash or _NOBODY, password) and bool(password_hash)
    except (VerificationError, InvalidHashError):
        return False
