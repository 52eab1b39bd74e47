"""Loads what the tests of several packages share."""

pytest_plugins = ["metaextract_testing.fixtures"]
