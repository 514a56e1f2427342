"""The types of the public names; a test holds them to `NAMES`."""

from tradewind import signals as signals
from tradewind.api.client import Client as Client
from tradewind.model.account_terms import AccountTerms as AccountTerms
from tradewind.model.columns import Columns as Columns
from tradewind.model.frames import columns_from as columns_from
from tradewind.model.instruments import Instrument as Instrument
from tradewind.model.limits import Limits as Limits
from tradewind.model.market import Bar as Bar
from tradewind.model.market import Quote as Quote
from tradewind.model.market import Trade as Trade
from tradewind.model.orders import Leg as Leg
from tradewind.model.orders import OrderFlag as OrderFlag
from tradewind.model.orders import Side as Side
from tradewind.model.orders import TimeInForce as TimeInForce
from tradewind.runtime.backtest import backtest as backtest
from tradewind.runtime.backtest_result import BacktestResult as BacktestResult
from tradewind.runtime.sweep import sweep as sweep
from tradewind.sim import actions as actions
from tradewind.sim import charges as charges
from tradewind.sim import fees as fees
from tradewind.sim import latency as latency
from tradewind.sim import slippage as slippage
from tradewind.sim.clearing import Clearing as Clearing
from tradewind.sim.market_bars import generate_bars as generate_bars
from tradewind.strategies.base import Strategy as Strategy

COMPILED: bool
NAMES: dict[str, str]
__version__: str
