"""Bookkeeping, with bugs."""
