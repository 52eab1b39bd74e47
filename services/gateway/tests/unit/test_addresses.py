"""Who asks, behind proxies or not; nobody can choose an address for himself."""

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metaextract_gateway.adapters.http.addresses import network_of, trust
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.edge import Edge

INSIDE = "10.0.0.0/8,fd00::/8"


async def seen(
    setting: str, peer: str, headers: list[tuple[str, str]], *, standard: bool = False
) -> tuple[str, str, str]:
    async def tell(request: Request) -> Response:
        assert request.client is not None
        return JSONResponse([request.client.host, request.url.scheme, request.headers["host"]])

    app = build_app([Route("/", tell)], edge=Edge(trust=trust(setting, standard_header=standard)))
    transport = httpx.ASGITransport(app, client=(peer, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://here") as http:
        address, scheme, host = (await http.get("/", headers=headers)).json()
    return address, scheme, host


@pytest.mark.parametrize(
    ("setting", "peer", "forwarded_for", "client"),
    [
        ("off", "10.0.0.1", "1.2.3.4", "10.0.0.1"),
        (INSIDE, "192.0.2.1", "1.2.3.4", "192.0.2.1"),
        (INSIDE, "10.0.0.1", "1.2.3.4", "1.2.3.4"),
        (INSIDE, "10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
        (INSIDE, "10.0.0.1", "10.0.0.9, 10.0.0.2", "10.0.0.9"),
        (INSIDE, "10.0.0.1", "6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
        (INSIDE, "10.0.0.1", "nonsense", "10.0.0.1"),
        (INSIDE, "10.0.0.1", "", "10.0.0.1"),
        (INSIDE, "fd00::1", "[2001:db8::7]:4711", "2001:db8::7"),
        (INSIDE, "::ffff:10.0.0.1", "1.2.3.4:80", "1.2.3.4"),
        ("one", "192.0.2.1", "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        ("all", "192.0.2.1", "6.6.6.6, 1.2.3.4", "6.6.6.6"),
    ],
)
async def test_the_right_most_hop_that_is_not_ours_is_the_client(
    setting: str, peer: str, forwarded_for: str, client: str
) -> None:
    address, _, _ = await seen(setting, peer, [("X-Forwarded-For", forwarded_for)])

    assert address == client


async def test_several_headers_are_one_list() -> None:
    headers = [("X-Forwarded-For", "6.6.6.6"), ("X-Forwarded-For", "1.2.3.4")]

    assert (await seen(INSIDE, "10.0.0.1", headers))[0] == "1.2.3.4"


async def test_scheme_and_host_are_taken_from_proxies_of_ours_only() -> None:
    told = [
        ("X-Forwarded-For", "1.2.3.4"),
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Host", "site.example"),
    ]

    assert await seen(INSIDE, "10.0.0.1", told) == ("1.2.3.4", "https", "site.example")
    assert await seen(INSIDE, "192.0.2.1", told) == ("192.0.2.1", "http", "here")


async def test_the_standard_header_is_read_if_it_is_the_one_that_our_proxies_write() -> None:
    told = [
        ("Forwarded", 'for=6.6.6.6, for="[2001:db8::7]:1";proto=https;host=site.example, for=10.0.0.2'),
        ("X-Forwarded-For", "6.6.6.6"),
    ]

    assert await seen(INSIDE, "10.0.0.1", told, standard=True) == ("2001:db8::7", "https", "site.example")
    assert (await seen(INSIDE, "10.0.0.1", told))[0] == "6.6.6.6"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
    ],
)
def test_ipv6_counts_by_network(address: str, network: str) -> None:
    assert network_of(address, 64) == network


def test_a_setting_that_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="nowhere"):
        trust("10.0.0.0/8,nowhere")
