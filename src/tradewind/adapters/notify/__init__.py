"""Channels of notifications: one file each."""
