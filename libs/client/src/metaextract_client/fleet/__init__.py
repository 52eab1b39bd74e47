"""The four services as processes on this machine."""
