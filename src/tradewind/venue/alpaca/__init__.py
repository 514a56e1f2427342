"""The local venue that speaks like Alpaca: trading, account stream, market data."""
