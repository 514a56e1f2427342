"""The local venue that speaks like Alpha Vantage: past prices, nothing live, all answers 200."""
