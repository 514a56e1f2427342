"""Alpaca: US equities and crypto, trading and market data."""
