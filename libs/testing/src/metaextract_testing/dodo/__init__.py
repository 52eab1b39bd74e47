"""A payment service that behaves like DodoPayments as far as MetaExtract sees it, without any money.

Real HTTP: the official SDK talks to it, a person pays on its checkout page, and it sends signed webhooks as
the real one does: up to eight attempts, in no particular order, each with the latest state of its subject.
"""

from metaextract_testing.dodo.behaviour import Behaviour
from metaextract_testing.dodo.serving import FakeDodo, fake_dodo

__all__ = ["Behaviour", "FakeDodo", "fake_dodo"]
