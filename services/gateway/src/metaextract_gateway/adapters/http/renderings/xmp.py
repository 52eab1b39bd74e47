"""A result as an XMP sidecar (ISO 16684-1): the file's own XMP, and what Exif and IPTC say beyond it.

Written anew from the fields, not copied. The engine took structures apart; they are put together again, and
where that is not certain they are left out, which a comment says.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.etree import ElementTree as ET

from google.protobuf.struct_pb2 import Value

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import result_pb2
from metaextract_common.version import VERSION
from metaextract_gateway.adapters.http.renderings import xmp_mapping
from metaextract_gateway.adapters.http.renderings.xmp_table import Member, Structure, Table, table
from metaextract_gateway.adapters.http.renderings.xmp_values import KINDS, SPECIAL, Scalar

Values = list[Scalar]
Key = tuple[str, str]

X: Final = "adobe:ns:meta/"
RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
XML: Final = "http://www.w3.org/XML/1998/namespace"
TOOLKIT: Final = f"MetaExtract {VERSION}"
DEFAULT_LANGUAGE: Final = "x-default"
LEFT_OUT_COUNT_MAX: Final = 100

_EXIF_GROUPS: Final = ("IFD0", "ExifIFD", "GPS", "InteropIFD")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]+)*")
_CONTAINERS: Final = {"bag": "Bag", "seq": "Seq", "alt": "Alt"}


@dataclass(slots=True)
class _Packet:
    """What will be written. `languages`: alternatives of a text by language."""

    values: dict[Key, Values] = field(default_factory=dict)
    languages: dict[Key, dict[str, Values]] = field(default_factory=lambda: defaultdict(dict))
    left_out: list[str] = field(default_factory=list)


def sidecar(extraction: pb.Extraction) -> bytes:
    """Return the XMP document, UTF-8."""
    known = table()
    for prefix, uri in (*known.namespaces.items(), ("x", X), ("rdf", RDF)):
        ET.register_namespace(prefix, uri)
    packet = _collected(extraction.result.fields, known)
    root = ET.Element(f"{{{X}}}xmpmeta", {f"{{{X}}}xmptk": TOOLKIT})
    description = ET.SubElement(
        ET.SubElement(root, f"{{{RDF}}}RDF"), f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""}
    )
    _write(description, packet, known)
    if packet.left_out:
        named = ", ".join(sorted(set(packet.left_out))[:LEFT_OUT_COUNT_MAX])
        root.insert(0, ET.Comment(f" Left out, as it cannot be written with certainty: {named} "))
    ET.indent(root, " ")
    return bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _collected(fields: Sequence[result_pb2.Field], known: Table) -> _Packet:
    packet = _Packet()
    exif: dict[str, Values] = {}
    iptc: dict[str, Values] = {}
    for one in fields:
        if one.occurrence or not one.HasField("raw"):
            continue  # the first is that of the picture, others are those of pictures inside it
        if one.standard == result_pb2.Field.STANDARD_XMP:
            _own(one, packet, known)
        elif one.standard == result_pb2.Field.STANDARD_EXIF and one.group in _EXIF_GROUPS:
            exif.setdefault(one.name, _values(one.raw))
        elif one.standard == result_pb2.Field.STANDARD_IPTC:
            iptc.setdefault(one.name, _values(one.raw))
    own_flash = any(key[1].startswith("Flash") for key in packet.values if key[0] == "XMP-exif")
    for key, values in (*xmp_mapping.of_exif(exif), *xmp_mapping.of_iptc(iptc)):
        if not (own_flash and key[1] in _FLASH_PARTS):
            packet.values.setdefault(key, values)
    return packet


_FLASH_PARTS: Final = ("FlashFired", "FlashReturn", "FlashMode", "FlashFunction", "FlashRedEyeMode")


def _own(one: result_pb2.Field, packet: _Packet, known: Table) -> None:
    key = (one.group, one.tag_id)
    if key in known.properties or key in known.flattened:
        packet.values[key] = _values(one.raw)
        return
    text, _, language = one.tag_id.partition("-")
    translated = known.properties.get((one.group, text))
    if translated and translated.kind == "lang" and _LANGUAGE.fullmatch(language):
        packet.languages[one.group, text][language] = _values(one.raw)
    elif one.group not in ("XMP-x", "XMP-rdf"):
        packet.left_out.append(_safe(f"{one.group}:{one.name}"))


def _safe(name: str) -> str:
    """Return a name that may stand in a comment, which must not hold `--`."""
    return re.sub(r"-{2,}", "-", re.sub(r"[^\w:.-]", "_", name)).strip("-")


def _values(raw: Value) -> Values:
    match raw.WhichOneof("kind"):
        case "list_value":
            return [value for item in raw.list_value.values for value in _values(item)]
        case "number_value":
            return [raw.number_value]
        case "bool_value":
            return [raw.bool_value]
        case "string_value":
            return [raw.string_value]
        case _:
            return []  # a structure of another engine, or nothing


def _write(description: ET.Element, packet: _Packet, known: Table) -> None:
    structures: dict[str, tuple[Structure, dict[str, Values]]] = {}
    for key in sorted({*packet.values, *packet.languages}):
        values = packet.values.get(key, [])
        if key in known.properties:
            _property(description, known.properties[key], values, packet.languages.get(key, {}), known)
        elif key in known.flattened and values:
            structure = known.flattened[key]
            structures.setdefault(structure.name, (structure, {}))[1][key[1]] = values
    for structure, members in structures.values():
        if not _structure(description, structure, members, known):
            packet.left_out.extend(_safe(f"{structure.name}.{id_}") for id_ in members)


def _property(
    parent: ET.Element, member: Member, values: Values, languages: Mapping[str, Values], known: Table
) -> None:
    if not values and not languages:
        return
    element = ET.SubElement(parent, _qualified(member.name, known))
    container, _, kind = member.kind.rpartition(" ")
    text = _writer(member.name, kind)
    if kind == "lang" and not container:
        alternatives = ET.SubElement(element, f"{{{RDF}}}Alt")
        for language, said in {DEFAULT_LANGUAGE: values, **languages}.items():
            for value in said[:1]:
                item = ET.SubElement(alternatives, f"{{{RDF}}}li", {f"{{{XML}}}lang": language})
                item.text = text(value)
    elif container:
        items = ET.SubElement(element, f"{{{RDF}}}{_CONTAINERS[container]}")
        for value in values:
            ET.SubElement(items, f"{{{RDF}}}li").text = text(value)
    else:
        element.text = text(values[0])


def _structure(
    description: ET.Element, structure: Structure, members: Mapping[str, Values], known: Table
) -> bool:
    """Write a structure; return False for several of which it is not known which part belongs to which."""
    several = structure.kind != "one"
    counts = {len(values) for values in members.values()}
    lists = any(" " in structure.members[id_].kind for id_ in members)
    if several and (len(counts) != 1 or lists):
        return False
    parent = ET.SubElement(description, _qualified(structure.name, known))
    if several:
        parent = ET.SubElement(parent, f"{{{RDF}}}{_CONTAINERS[structure.kind]}")
    for at in range(counts.pop() if several else 1):
        holder = ET.SubElement(parent, f"{{{RDF}}}li") if several else parent
        holder.set(f"{{{RDF}}}parseType", "Resource")
        for id_, values in members.items():
            part = values[at : at + 1] if several else values
            _property(holder, structure.members[id_], part, {}, known)
    return True


def _writer(name: str, kind: str) -> Callable[[Scalar], str]:
    return SPECIAL.get(name) or KINDS[kind]


def _qualified(name: str, known: Table) -> str:
    prefix, _, local = name.partition(":")
    return f"{{{known.namespaces[prefix]}}}{local}"
