"""Ordered messages by topic, for everybody who follows: within one process, or between replicas."""
