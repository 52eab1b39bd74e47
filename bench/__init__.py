"""Measurements against peers. Never part of the tests: figures differ between machines, ratios less so."""
