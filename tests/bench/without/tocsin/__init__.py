"""Stands in for Tocsin where OpenTelemetry alone is measured."""
