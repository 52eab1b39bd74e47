"""IPTC-IIM datasets and the Photoshop image resources that carry them.

Sources: IPTC-NAA Information Interchange Model 4.2, chapter 3; Adobe Photoshop File Formats
Specification, "Image Resources Section".
"""

import hashlib
import struct

from metaextract_testing.factory.made import Block
from metaextract_testing.factory.scene import Scene

_UTF8_ESCAPE = b"\x1b%G"
_RESOLUTION_DPI = 300


def iptc_block(scene: Scene) -> Block:
    """Return an IIM record in UTF-8 (announced by dataset 1:90, without which readers assume Latin-1)."""
    datasets: list[tuple[int, int, bytes, str, str]] = [
        (1, 90, _UTF8_ESCAPE, "CodedCharacterSet", "UTF8"),
        (2, 0, struct.pack(">H", 4), "ApplicationRecordVersion", "4"),
        (2, 5, scene.title.encode(), "ObjectName", scene.title),
        *((2, 25, keyword.encode(), "Keywords", ", ".join(scene.keywords)) for keyword in scene.keywords),
        (2, 55, scene.taken.strftime("%Y%m%d").encode(), "DateCreated", scene.taken.strftime("%Y:%m:%d")),
        (2, 60, (scene.taken.strftime("%H%M%S") + scene.utc_offset.replace(":", "")).encode(),
         "TimeCreated", scene.taken.strftime("%H:%M:%S") + scene.utc_offset),
        (2, 80, scene.author.encode(), "By-line", scene.author),
        (2, 90, scene.city.encode(), "City", scene.city),
        (2, 101, scene.country.encode(), "Country-PrimaryLocationName", scene.country),
        (2, 105, f"News: {scene.caption}".encode(), "Headline", f"News: {scene.caption}"),
        (2, 116, scene.author.encode(), "CopyrightNotice", scene.author),
        (2, 120, scene.caption.encode(), "Caption-Abstract", scene.caption),
    ]  # fmt: skip
    content = b"".join(
        struct.pack(">BBBH", 0x1C, record, number, len(value)) + value
        for record, number, value, _, _ in datasets
    )
    return Block(content, {f"IPTC:{name}": printed for _, _, _, name, printed in datasets})


def image_resource(number: int, content: bytes) -> bytes:
    """Return one unnamed Photoshop image resource (8BIM), padded to an even length."""
    return struct.pack(">4sHHI", b"8BIM", number, 0, len(content)) + content + b"\0" * (len(content) % 2)


def photoshop_block(scene: Scene) -> Block:
    """Return image resources: resolution, IPTC and the digest that says the IPTC is in step with XMP."""
    iptc = iptc_block(scene)
    digest = hashlib.md5(iptc.content, usedforsecurity=False).digest()
    fixed_dpi = _RESOLUTION_DPI << 16
    resolution = struct.pack(">IHHIHH", fixed_dpi, 1, 1, fixed_dpi, 1, 1)
    resources = ((0x03ED, resolution), (0x0404, iptc.content), (0x0425, digest))
    tags = {
        "Photoshop:XResolution": str(_RESOLUTION_DPI),
        "Photoshop:YResolution": str(_RESOLUTION_DPI),
        "Photoshop:DisplayedUnitsX": "inches",
        "Photoshop:DisplayedUnitsY": "inches",
        "Photoshop:IPTCDigest": digest.hex(),
        **iptc.tags,
    }
    return Block(b"".join(image_resource(number, content) for number, content in resources), tags)
