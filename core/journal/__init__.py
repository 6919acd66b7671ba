"""The append-only record of every change: audit, history screens and outgoing events."""
