"""SVG: attributes of the root, title and description, RDF and Content Credentials in `metadata`.

Source: SVG 2 (W3C 2018) sections 5.2, 5.7, 5.10; ISO 16684-1 for the RDF; C2PA 2.1 section A.3.4.
"""

import base64
import binascii
import re
from typing import Final

from metaextract_extractor.domain.result import Standard
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, binary_text, emit
from metaextract_extractor.reading.walkers.nested import walk_nested
from metaextract_extractor.reading.walkers.rdf import Entry
from metaextract_extractor.reading.walkers.xmp import walk_document

_MANIFEST: Final = "c2pa:manifest"
_NOT_BASE64: Final = re.compile(r"[^A-Za-z0-9+/= \t\n\r\f]")
_PIXELS: Final = re.compile(r"([0-9]{1,10}(?:\.[0-9]{1,20})?)(?:px)?")
_PIXELS_MAX: Final = 2**31 - 1


def walk_svg(view: View, walk: Walk, path: str = "XMP") -> None:
    """Walk a whole file. ExifTool calls the path of everything in it `XMP`."""
    with walk.within("file", path, view):
        walk.format_name = "SVG"
        entries = walk_document(view, walk, path, svg=True)
        walk.width_pixels, walk.height_pixels = _length(entries, "width"), _length(entries, "height")
        for entry in entries:
            if entry.found.tag_id == _MANIFEST and entry.found.group == "SVG-c2pa":
                _walk_manifest(entry, walk, path)


def _length(entries: list[Entry], attribute: str) -> int | None:
    for entry in entries:
        if entry.found.group == "SVG" and entry.found.tag_id == attribute:
            match = _PIXELS.fullmatch(entry.values[0].value)
            pixels = round(float(match[1])) if match else 0
            return pixels if 0 < pixels <= _PIXELS_MAX else None
    return None


def _walk_manifest(entry: Entry, walk: Walk, path: str) -> None:
    """The manifest store is written as Base64."""
    text = _NOT_BASE64.split(entry.values[0].value, maxsplit=1)[0]
    digits = "".join(text.split()).rstrip("=")
    try:
        data = base64.b64decode(digits + "=" * (-len(digits) % 4))
    except binascii.Error:
        return
    section = Section(path, "SVG-c2pa", Standard.JUMBF, "Unknown")
    emit(walk, section, "JUMBF", binary_text(len(data)), None, tag_id=_MANIFEST)
    walk_nested("jumbf", View.unpacked(data), walk, f"{path}-JUMBF")
