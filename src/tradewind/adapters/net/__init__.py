"""The way to every venue: one HTTP client and one WebSocket client with everything bounded."""
