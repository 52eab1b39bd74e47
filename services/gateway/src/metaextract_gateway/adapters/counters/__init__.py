"""Counters that the gateways share, as storages of the `limits` library."""
