"""Stands in for the room that the launcher asks."""
