"""The second process: HTTP in front of the engine, which it reads over control.sock."""
