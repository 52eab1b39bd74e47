"""Who asks for something for nothing, told apart without being kept.

E-mail addresses and networks are compared by keyed digests (HMAC-SHA-256, RFC 2104), so that what is stored
names nobody to whoever lacks the key. Networks and contents are digested under another key each day: digests
of two days have nothing in common.
"""

import hmac
from collections.abc import Container
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, Self
from unicodedata import normalize

import idna

EMAIL_LENGTH_MIN: Final = 4
GMAIL: Final = "gmail.com"
GMAIL_DOMAINS: Final = frozenset({GMAIL, "googlemail.com"})
IPV4_PREFIX_BITS: Final = 24
IPV6_PREFIX_BITS: Final = 64
UNREADABLE: Final = "unreadable"
"""The one network of all addresses that are none, so that garbage is no way around a limit."""


@dataclass(frozen=True, slots=True)
class EmailAddress:
    """An e-mail address, the same for all the ways of writing it that reach one mailbox."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Normalise an address; None if it is none.

        Valid is what the legacy service took: at least four characters with an "@" among them. Case, blanks
        around it, what follows a "+", dots before @gmail.com, how letters with marks are composed (NFC) and
        the form of an international domain (IDNA 2008, UTS 46) make no difference.
        """
        trimmed = normalize("NFC", text.strip().lower())
        local, at, domain = trimmed.rpartition("@")
        if len(trimmed) < EMAIL_LENGTH_MIN or not at:
            return None
        domain = _ascii_domain(domain)
        mailbox = local.partition("+")[0]
        if domain in GMAIL_DOMAINS:
            domain, mailbox = GMAIL, mailbox.replace(".", "")
        return cls(mailbox or local, domain)

    def is_at(self, domains: Container[str]) -> bool:
        """Whether its domain, or one above it, is among `domains`."""
        labels = self.domain.split(".")
        return any(".".join(labels[first:]) in domains for first in range(len(labels)))

    def __str__(self) -> str:
        """Return the address in its normal form."""
        return f"{self.local}@{self.domain}"


@dataclass(frozen=True, slots=True)
class Identities:
    """Makes digests under `key`, which is secret, and the same for all who share a store."""

    key: bytes = field(repr=False)

    def email(self, address: EmailAddress) -> str:
        """Return the digest of an address: 64 hexadecimal digits."""
        return _digest(self.key, f"email {address}").hex()

    def network(self, client_address: str, day: date) -> str:
        """Return the digest, good for one day, of the network of an address: 64 hexadecimal digits."""
        key_of_day = _digest(self.key, f"networks of {day.isoformat()}")
        return _digest(key_of_day, network_of(client_address)).hex()

    def tries(self, what: str, client_address: str | None = None) -> str:
        """Return the digest under which tries of something are counted, those of one network if one is given.

        64 hexadecimal digits.
        """
        network = "" if client_address is None else network_of(client_address)
        return _digest(self.key, f"tries from {network!r} {what}").hex()

    def key_of_sessions(self) -> bytes:
        """Return the key under which one refresh token follows from another."""
        return _digest(self.key, "refresh tokens")

    def content(self, content_digest: str, day: date) -> str:
        """Return the digest, good for one day, of the digest of a file: 64 hexadecimal digits."""
        key_of_day = _digest(self.key, f"contents of {day.isoformat()}")
        return _digest(key_of_day, content_digest).hex()


def network_of(client_address: str) -> str:
    """Return the network that an address counts for: its /24 (IPv4) or /64 (IPv6).

    An IPv4 address within IPv6 (RFC 4291, section 2.5.5.2) is an IPv4 address.
    """
    try:
        address = ip_address(client_address.strip())
    except ValueError:
        return UNREADABLE
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    if isinstance(address, IPv4Address):
        return str(IPv4Network((int(address), IPV4_PREFIX_BITS), strict=False))
    return str(IPv6Network((int(address), IPV6_PREFIX_BITS), strict=False))


def _ascii_domain(domain: str) -> str:
    with suppress(UnicodeError):  # what is no name of the DNS is compared as it is written
        domain = idna.encode(domain, uts46=True).decode("ascii")
    return domain.rstrip(".")


def _digest(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
