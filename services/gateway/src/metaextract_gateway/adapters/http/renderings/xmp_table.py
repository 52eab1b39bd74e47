"""Which properties XMP has, in which namespaces and of which kind. Made from ExifTool's tables by
`scripts/xmp_properties.py`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

FILE: Final = "xmp_properties.json"


@dataclass(frozen=True, slots=True)
class Member:
    """A part of a structure. `name` is qualified: `stEvt:action`."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Structure:
    """A property that has parts. `kind`: `one`, or `bag` or `seq` of several."""

    name: str
    kind: str
    members: Mapping[str, Member]


@dataclass(frozen=True, slots=True)
class Table:
    """What there is, by ExifTool's group and tag id; `flattened` leads from a part to its structure."""

    namespaces: Mapping[str, str]
    properties: Mapping[tuple[str, str], Member]
    flattened: Mapping[tuple[str, str], Structure]


@cache
def table() -> Table:
    """Read the table, once."""
    document = json.loads(files(__package__).joinpath(FILE).read_text("utf-8"))
    properties: dict[tuple[str, str], Member] = {}
    flattened: dict[tuple[str, str], Structure] = {}
    for group, about in document["groups"].items():
        prefix = about["prefix"]
        for id_, kind in about["properties"].items():
            properties[group, id_] = Member(f"{prefix}:{id_}", kind)
        for id_, structure in about["structures"].items():
            members = {one: Member(*text.split(" ", 1)) for one, text in structure["members"].items()}
            made = Structure(f"{prefix}:{id_}", structure["kind"], members)
            flattened |= {(group, one): made for one in members}
    return Table(*map(MappingProxyType, (document["namespaces"], properties, flattened)))
