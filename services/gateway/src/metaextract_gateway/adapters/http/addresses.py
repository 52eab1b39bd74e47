"""Who is at the other end, also behind proxies, and which addresses count as one."""

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

EVERYBODY: Final = (ipaddress.ip_network("0.0.0.0/0"), ipaddress.ip_network("::/0"))
_SCHEMES: Final = ("http", "https")
_HOPS_COUNT_MAX: Final = 50


def address_of(connection: HTTPConnection) -> str:
    """Return the client's address; empty if it has none (a unix socket)."""
    return connection.client.host if connection.client else ""


def network_of(address: str, ipv6_prefix_bits: int) -> str:
    """Return what counts as one client: an IPv4 address, or the network that IPv6 gives one customer."""
    parsed = parsed_address(address)
    if not isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed) if parsed else address
    return str(ipaddress.IPv6Network((parsed, ipv6_prefix_bits), strict=False))


def parsed_address(text: str) -> Address | None:
    """Read an address, with a port or without; an IPv4 address in IPv6 clothes is an IPv4 address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


@dataclass(frozen=True, slots=True)
class Trust:
    """Which peers are our proxies. `hops_max`: how many of them there are at most; None: any number.

    Only one header is read, `X-Forwarded-For` with its companions or `Forwarded` (RFC 7239): proxies that
    write one of them pass on what a client wrote into the other.
    """

    networks: tuple[Network, ...] = ()
    hops_max: int | None = None
    standard_header: bool = False

    def trusts(self, address: Address | None) -> bool:
        """Tell whether an address is a proxy of ours."""
        return address is not None and any(address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class Hop:
    """What a proxy says of whoever asked it."""

    client: str
    scheme: str = ""
    host: str = ""


def trust(setting: str, *, standard_header: bool = False) -> Trust:
    """Read the setting: networks, or `off`, `one`, `all` of the original. Raises ValueError."""
    match setting.strip():
        case "" | "off":
            return Trust()
        case "one":
            return Trust(EVERYBODY, 1, standard_header)
        case "all":
            return Trust(EVERYBODY, None, standard_header)
        case networks:
            parsed = tuple(ipaddress.ip_network(one.strip()) for one in networks.split(","))
            return Trust(parsed, None, standard_header)


class ForwardedMiddleware:
    """Puts the true client, scheme and host into the scope, if proxies that we trust tell them.

    The right-most hop that no trusted proxy made is the client: everything left of it is what the client
    itself may have written.
    """

    def __init__(self, app: ASGIApp, trust: Trust) -> None:
        self._app = app
        self._trust = trust

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the request with whom it is from."""
        if scope["type"] in ("http", "websocket") and scope.get("client"):
            peer = parsed_address(scope["client"][0])
            if peer is not None:
                scope["client"] = (str(peer), scope["client"][1])
            if self._trust.trusts(peer):
                _put(scope, self._client(_hops(Headers(scope=scope), standard=self._trust.standard_header)))
        await self._app(scope, receive, send)

    def _client(self, hops: Sequence[Hop]) -> Hop | None:
        found: Hop | None = None
        for made_by_us, hop in enumerate(reversed(hops), start=1):
            client = parsed_address(hop.client)
            if client is None:
                return found  # `unknown`, an obfuscated name, or nonsense: nobody to count
            found = Hop(str(client), hop.scheme, hop.host)
            if made_by_us == self._trust.hops_max or not self._trust.trusts(client):
                return found
        return found


def _hops(headers: Headers, *, standard: bool) -> list[Hop]:
    """Return the hops, the nearest last; those of the old headers all share the nearest proxy's word."""
    if standard:
        elements = ", ".join(headers.getlist("forwarded")).split(",")
        return [_element(one) for one in elements[-_HOPS_COUNT_MAX:] if one.strip()]
    listed = ", ".join(headers.getlist("x-forwarded-for")).split(",")[-_HOPS_COUNT_MAX:]
    scheme = headers.get("x-forwarded-proto", "").rpartition(",")[2].strip()
    host = headers.get("x-forwarded-host", "").rpartition(",")[2].strip()
    return [Hop(one, scheme, host) for one in listed if one.strip()]


def _element(text: str) -> Hop:
    pairs = (pair.partition("=") for pair in text.split(";"))
    named = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
    return Hop(named.get("for", ""), named.get("proto", ""), named.get("host", ""))


def _put(scope: Scope, client: Hop | None) -> None:
    if client is None:
        return
    scope["client"] = (client.client, 0)
    if client.scheme in _SCHEMES:
        is_socket = scope["type"] == "websocket"
        scope["scheme"] = client.scheme.replace("http", "ws") if is_socket else client.scheme
    if client.host:
        scope["headers"] = list(scope["headers"])
        MutableHeaders(scope=scope)["host"] = client.host
