"""The contract of the HTTP API: what it answers, and the client that asks."""
