"""The options of runs over stored data: strategy, cash, costs, latency, sizing."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import TypeVar

from tradewind.model.errors import UserError
from tradewind.model.marking import MARKINGS
from tradewind.model.numbers import money_of
from tradewind.runtime.strategy_file import make_strategy, parameters_of
from tradewind.runtime.strategy_host import SIZINGS
from tradewind.sim import fees, latency, slippage
from tradewind.sim.latency import LATENCY_NS_MAX
from tradewind.sim.rates import parse_rate
from tradewind.strategies.base import Parameter, Strategy

MILLISECOND_NS = 1_000_000
LATENCY_MS_MAX = LATENCY_NS_MAX // MILLISECOND_NS
MONEY_DIGITS = 6
"""Digits of cash that every currency has."""

T = TypeVar("T")


def add_strategy_argument(parser: argparse.ArgumentParser, name: str) -> None:
    """Give a command the strategy and its parameters; `name` is an option or a position."""
    text = "a name of `tradewind strategies`, or a file and its class: my.py:My"
    if name.startswith("--"):
        parser.add_argument(name, required=True, metavar="STRATEGY", help=text)
    else:
        parser.add_argument("strategy", metavar=name, help=text)
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter of the strategy, as often as needed",
    )


def add_terms_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a command cash, costs, latency, sizing and seed."""
    parser.add_argument("--cash", default="100000", help="default: 100000")
    parser.add_argument("--fee", default="0", metavar="SHARE", help="of value, like 0.001")
    parser.add_argument(
        "--fee-per-share", metavar="AMOUNT", help="instead of --fee, like 0.005 for a share"
    )
    parser.add_argument(
        "--fee-minimum", default="0", metavar="AMOUNT", help="of an order, with --fee-per-share"
    )
    parser.add_argument("--slippage", default="0", metavar="SHARE", help="of price, like 0.0001")
    parser.add_argument(
        "--latency-ms", type=float, default=0.0, metavar="MS", help="of orders and of reports"
    )
    parser.add_argument(
        "--size", choices=SIZINGS, default="at_fill", help="when a target becomes a quantity"
    )
    parser.add_argument(
        "--cash-buffer", default="0", metavar="SHARE", help="of equity that weights leave alone"
    )
    parser.add_argument(
        "--mark", choices=MARKINGS, default="latest", help="what positions are valued at"
    )
    parser.add_argument("--seed", type=int, default=0, help="of models that draw; default: 0")


def strategy_of(
    text: str, parameters: list[str], defaults: dict[str, Parameter] | None = None
) -> Strategy:
    """The strategy that a command line names, with its parameters over the defaults given."""
    given: dict[str, Parameter] = {**(defaults or {}), **parameters_of(parameters)}
    return make_strategy(text, given)


def cash_of(arguments: argparse.Namespace) -> str:
    """The amount of `--cash`, above 0."""
    text: str = arguments.cash
    if _of_option("--cash", text, lambda amount: money_of(amount, MONEY_DIGITS)) <= 0:
        raise UserError(f"--cash {text}: give an amount above 0")
    return text


def fees_of(arguments: argparse.Namespace) -> fees.FeeModel:
    """The fee model of `--fee`, or of `--fee-per-share` with `--fee-minimum`."""
    if arguments.fee_per_share is None:
        if arguments.fee_minimum != "0":
            raise UserError("--fee-minimum goes with --fee-per-share: give both")
        return _of_option("--fee", arguments.fee, fees.percent)
    if arguments.fee != "0":
        raise UserError("--fee and --fee-per-share are two ways to charge: give one of them")
    least = arguments.fee_minimum
    return _of_option(
        "--fee-per-share", arguments.fee_per_share, lambda rate: fees.per_share(rate, minimum=least)
    )


def slippage_of(arguments: argparse.Namespace) -> slippage.SlippageModel:
    """The slippage model of `--slippage`."""
    return _of_option("--slippage", arguments.slippage, slippage.share)


def buffer_of(arguments: argparse.Namespace) -> str:
    """The share of `--cash-buffer`, from 0 to 1."""
    text: str = arguments.cash_buffer
    if _of_option("--cash-buffer", text, parse_rate) < 0:
        raise UserError(f"--cash-buffer {text}: give a share from 0 to 1, like 0.0025")
    return text


def latency_of(arguments: argparse.Namespace) -> latency.LatencyModel:
    """The latency model of `--latency-ms`."""
    if not 0 <= arguments.latency_ms <= LATENCY_MS_MAX:
        raise UserError(f"--latency-ms {arguments.latency_ms:g}: give 0 to {LATENCY_MS_MAX}")
    delay_ns = round(arguments.latency_ms * MILLISECOND_NS)
    return latency.constant(order_ns=delay_ns, report_ns=delay_ns) if delay_ns else latency.none()


def _of_option(option: str, text: str, read: Callable[[str], T]) -> T:
    """What an option's text is read as; an error names the option."""
    try:
        return read(text)
    except UserError as error:
        raise UserError(f"{option}: {error}") from None
