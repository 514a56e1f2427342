"""A secret: text that shows itself only where it is asked to."""

from __future__ import annotations

from typing import NoReturn


class Secret:
    """A key, password or token. Printing, formatting or pickling it does not give it away.

    >>> secret = Secret("hunter2")
    >>> secret, f"{secret}", secret.reveal()
    (Secret(***), '***', 'hunter2')
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself: for a header or a signature, never for a message."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        return "Secret(***)"

    def __str__(self) -> str:
        return "***"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")
