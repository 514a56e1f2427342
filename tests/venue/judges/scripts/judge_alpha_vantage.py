"""What alpha_vantage sees of a venue: run as `judge_alpha_vantage.py URL KEY FREE_KEY`."""

from __future__ import annotations

import json
import sys

from alpha_vantage.alphavantage import AlphaVantage
from alpha_vantage.cryptocurrencies import CryptoCurrencies
from alpha_vantage.foreignexchange import ForeignExchange
from alpha_vantage.timeseries import TimeSeries

URL, KEY, FREE_KEY = sys.argv[1:4]
AlphaVantage._ALPHA_VANTAGE_API_URL = f"{URL}/query?"
seen: dict[str, object] = {}
series = TimeSeries(key=KEY)

bars, meta = series.get_intraday("AAPL", interval="5min", outputsize="full")
seen["intraday"] = [len(bars) > 2_000, list(bars) == sorted(bars, reverse=True)]
seen["zone"] = meta["6. Time Zone"]
bars, _ = series.get_intraday("AAPL", interval="1min")
seen["compact"] = len(bars)
bars, _ = series.get_daily("AAPL", outputsize="full")
seen["daily"] = [len(bars), bars["2026-11-19"]["4. close"]]
bars, _ = series.get_daily_adjusted("AAPL", outputsize="full")
seen["split"] = bars["2026-10-12"]["8. split coefficient"]
seen["weekly"] = list(series.get_weekly("AAPL")[0])[:2]
quote, _ = series.get_quote_endpoint("AAPL")
seen["quote"] = [quote["01. symbol"], quote["08. previous close"]]
rate, _ = ForeignExchange(key=KEY).get_currency_exchange_rate("EUR", "USD")
seen["rate"] = 1.0 < float(rate["5. Exchange Rate"]) < 1.2
bars, _ = ForeignExchange(key=KEY).get_currency_exchange_daily("EUR", "USD")
seen["fx"] = len(bars)
bars, _ = CryptoCurrencies(key=KEY).get_digital_currency_daily("BTC", "USD")
seen["crypto"] = len(bars) > 100
rows, _ = TimeSeries(key=KEY, output_format="csv").get_intraday("AAPL", interval="60min")
seen["csv"] = next(iter(rows))
errors = []
for key, call in (
    (KEY, lambda client: client.get_daily("NOPE")),
    ("nobody", lambda client: client.get_daily("AAPL")),
    (FREE_KEY, lambda client: client.get_daily_adjusted("AAPL")),
    (FREE_KEY, lambda client: [client.get_daily("AAPL") for _ in range(5)]),
):
    try:
        call(TimeSeries(key=key))
        errors.append("granted")
    except ValueError as error:
        errors.append(str(error))
seen["errors"] = errors
sys.stdout.write(json.dumps(seen) + "\n")
