"""A hundred more venues through ccxt, which is an extra: `pip install 'tradewind[ccxt]'`."""
