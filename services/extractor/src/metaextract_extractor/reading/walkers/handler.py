"""The handler box: what kind of items or samples its container has.

Source: ISO/IEC 14496-12, section 8.4.3; texts of the codes as ExifTool prints them.
"""

from collections.abc import Mapping
from typing import Final

from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Entry, Section, decoded, emit, walk_record

_HANDLER_NAME_AT: Final = 24
_VENDORS: Final[Mapping[str, str]] = {
    "appl": "Apple", "fe20": "Olympus (fe20)", "FFMP": "FFmpeg", "GIC ": "General Imaging Co.",
    "kdak": "Kodak", "KMPI": "Konica-Minolta", "leic": "Leica", "mino": "Minolta", "niko": "Nikon",
    "NIKO": "Nikon", "olym": "Olympus", "pana": "Panasonic", "pent": "Pentax", "pr01": "Olympus (pr01)",
    "sany": "Sanyo", "SMI ": "Sorenson Media Inc.", "ZORA": "Zoran Corporation", "AR.D": "Parrot AR.Drone",
    " KD ": "Kodak",
}  # fmt: skip
_HANDLERS: Final[Mapping[str, str]] = {
    "alis": "Alias Data", "crsm": "Clock Reference", "hint": "Hint Track", "ipsm": "IPMP",
    "m7sm": "MPEG-7 Stream", "meta": "NRT Metadata", "mdir": "Metadata", "mdta": "Metadata Tags",
    "mjsm": "MPEG-J", "ocsm": "Object Content", "odsm": "Object Descriptor", "priv": "Private",
    "sdsm": "Scene Description", "soun": "Audio Track", "text": "Text", "tmcd": "Time Code", "url ": "URL",
    "vide": "Video Track", "subp": "Subpicture", "nrtm": "Non-Real Time Metadata", "pict": "Picture",
    "camm": "Camera Metadata", "psmd": "Panasonic Static Metadata", "data": "Data", "sbtl": "Subtitle",
}  # fmt: skip


def walk_handler(view: View, walk: Walk, section: Section) -> str:
    """Read a `hdlr` box's content; return the handler's type."""
    entries = (
        Entry(
            4, "4s", "HandlerClass", convert=_code, prints={"mhlr": "Media Handler", "dhlr": "Data Handler"}
        ),
        Entry(8, "4s", "HandlerType", prints=_HANDLERS),
        Entry(12, "4s", "HandlerVendorID", convert=_code, prints=_VENDORS),
    )
    values = walk_record(view, walk, section, entries)
    walk.understood(view)
    if view.size_bytes > _HANDLER_NAME_AT:
        _emit_name(view, _HANDLER_NAME_AT, walk, section, "HandlerDescription", "24")
    return str(values.get("HandlerType", ""))


def _code(value: bytes) -> str | None:
    return decoded(value) if value.strip(b"\0") else None


def _emit_name(view: View, at: int, walk: Walk, section: Section, name: str, tag_id: str) -> None:
    """Write down a name that may be a Pascal string or end with a null."""
    content = view.part(at).all(walk.budgets.value_bytes_max).split(b"\0", 1)[0]
    if content and content[0] < min(0x20, len(content)):
        at, content = at + 1, content[1 : 1 + content[0]]
    text = decoded(content)
    if text:
        emit(walk, section, name, text, view.part(at, len(content)), tag_id=tag_id)
