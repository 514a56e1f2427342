"""Alpha Vantage: bars of equities, currencies and crypto, a few requests a day."""
