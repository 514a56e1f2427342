"""The embedded stores: journal and records in SQLite files, with no server."""
