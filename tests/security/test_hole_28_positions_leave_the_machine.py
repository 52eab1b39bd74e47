"""The exact position of every picture was sent to a map service; what reads files here reaches nothing."""

import ipaddress
import json

import psutil


def probed(fleet):
    """Return what a confined process could do when the extractor started."""
    lines = (
        line.partition("| ")[2] for line in fleet.log.read_text().splitlines() if "sandbox.probed" in line
    )
    return json.loads(next(lines))


def peers(fleet):
    """Return the addresses that any process of the product is connected to."""
    parents = [psutil.Process(fleet.process.pid)]
    processes = [*parents, *parents[0].children(recursive=True)]
    found = (one.net_connections("inet") for one in processes if one.is_running())
    return {ipaddress.ip_address(one.raddr.ip) for some in found for one in some if one.raddr}


async def test_what_reads_files_cannot_connect_to_anything(fleet) -> None:
    confined = probed(fleet)["confined"]

    assert confined["connect"].startswith("refused")


async def test_a_picture_with_a_position_is_read_without_asking_anybody(fleet, person, extract) -> None:
    buyer = await person(credits=4)

    answer = await extract(buyer.http)

    assert answer.json()["access"]["mode"] == "paid"
    assert answer.json()["gps"]["latitude"] is not None
    assert {peer for peer in peers(fleet) if not peer.is_loopback} == set()
