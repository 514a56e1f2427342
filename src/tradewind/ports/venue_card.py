"""The card of a venue: what its adapter can do, how well, and what nobody tried."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class VenueCard(msgspec.Struct, frozen=True, kw_only=True):
    """What an adapter can, as data: the documents show it, programs may ask it.

    `order_types` maps our words to the venue's, `amended_stops` are those of them whose stop price
    the venue changes. `iceberg` is its word for the part of an order that it shows, "" where it
    shows all. `limits` are what it lets us send, `quality` what was measured and how, `not_tried`
    what no test could show.
    """

    venue: str
    title: str
    data: tuple[str, ...]
    history: tuple[str, ...]
    order_types: Mapping[str, str]
    times_in_force: Mapping[str, str]
    flags: Mapping[str, str]
    amend: str
    beyond: tuple[str, ...]
    keys: tuple[str, ...]
    limits: tuple[str, ...]
    unknown: str
    quality: tuple[str, ...]
    not_tried: tuple[str, ...]
    amended_stops: tuple[str, ...] = ()
    iceberg: str = ""


def card_markdown(card: VenueCard) -> str:
    """A card as a section of the documents.

    >>> card = VenueCard(
    ...     venue="X", title="The X", data=("trades",), history=(), order_types={"LIMIT": "LMT"},
    ...     times_in_force={}, flags={}, amend="no", beyond=(), keys=("HMAC",), limits=(),
    ...     unknown="a 504", quality=(), not_tried=("anything",),
    ... )
    >>> print(card_markdown(card).splitlines()[0])
    ## The X (`X`)
    """
    rows = [
        ("market data", _listed(card.data)),
        ("history", _listed(card.history)),
        ("order types", _mapped(card.order_types)),
        ("times in force", _mapped(card.times_in_force)),
        ("flags", _mapped(card.flags)),
        ("amendments", card.amend),
        ("stop price amended at the venue", _listed(card.amended_stops)),
        ("icebergs of its own", f"`{card.iceberg}`" if card.iceberg else "none"),
        ("beyond the port", _listed(card.beyond)),
        ("keys", _listed(card.keys)),
        ("rate limits", _listed(card.limits)),
        ("leaves an order unknown", card.unknown),
    ]
    lines = [f"## {card.title} (`{card.venue}`)", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in rows]
    lines += ["", "How good it is:", "", *(f"- {text}" for text in card.quality)]
    lines += ["", "Not tried:", "", *(f"- {text}" for text in card.not_tried), ""]
    return "\n".join(lines)


def _listed(texts: tuple[str, ...]) -> str:
    return "; ".join(texts) or "none"


def _mapped(words: Mapping[str, str]) -> str:
    return ", ".join(f"{ours} (`{theirs}`)" for ours, theirs in words.items()) or "none"
