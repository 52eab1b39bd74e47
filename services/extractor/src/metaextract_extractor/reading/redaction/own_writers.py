"""The little that we write ourselves: where ExifTool has no writer, and the structure is a plain list.

Sources: Photoshop file formats specification, image resources; ICC.1:2022, 7.2 and 7.3.
"""

import os
import shutil
from pathlib import Path
from typing import Final

from metaextract_extractor.domain.result import Container

_PSD_COLOURS_AT: Final = 26
_LENGTH_BYTES: Final = 4
_PATHS: Final = range(2000, 3000)
_RESOURCES_OF_THE_PICTURE: Final = frozenset(
    {
        *(1005, 1007, 1077, 1064),  # resolution, display of channels, shape of pixels
        *(1006, 1045, 1053, 1067),  # alpha and spot channels
        *(1010, 1022, 1037, 1049),  # background, quick mask, direction of light
        *(1024, 1026, 1042, 1044, 1069, 1072),  # layers: chosen, grouped, shown, numbered
        *(1041, 1046, 1047),  # untagged, indexed colours
        1057,  # whether there is a merged picture
    }
)
_RESOURCES_OF_COLOUR_AND_ORIENTATION: Final = frozenset({1039, 1058})  # the profile, Exif

_ICC_HEADER_BYTES: Final = 128
_ICC_ENTRY_BYTES: Final = 12
_ICC_ENTRIES_COUNT_MAX: Final = 200
_ICC_DIGEST: Final = (84, 16)


def with_resources_of_the_picture(source: Path, target: Path, *, keep_colour: bool) -> bool:
    """Leave out the image resources of a PSD that the picture does not need; False if it is broken.

    With `keep_colour` those stay that hold the colour profile and the orientation.
    """
    also = _RESOURCES_OF_COLOUR_AND_ORIENTATION if keep_colour else frozenset()
    wanted = _RESOURCES_OF_THE_PICTURE | also
    with source.open("rb") as file:
        head = file.read(_PSD_COLOURS_AT + _LENGTH_BYTES)
        head += file.read(_number(head[_PSD_COLOURS_AT:]))
        resources = file.read(_number(file.read(_LENGTH_BYTES)))
        kept = bytearray()
        at = 0
        while at < len(resources):
            end = _resource_end(resources, at)
            if end is None:
                return False
            identity = int.from_bytes(resources[at + 4 : at + 6], "big")
            if identity in wanted or identity in _PATHS:
                kept += resources[at:end]
            at = end
        with target.open("xb") as copy:
            copy.write(head + len(kept).to_bytes(_LENGTH_BYTES, "big") + kept)
            shutil.copyfileobj(file, copy)
    return True


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _resource_end(resources: bytes, at: int) -> int | None:
    """Signature, id, name (padded to even length), length, content (padded too)."""
    name_at = at + 6
    if name_at >= len(resources):
        return None
    length_at = name_at + (resources[name_at] + 2) // 2 * 2
    length = _number(resources[length_at : length_at + _LENGTH_BYTES])
    end = length_at + _LENGTH_BYTES + (length + 1) // 2 * 2
    return end if end <= len(resources) else None


Piece = tuple[int, bytes]
"""An offset in a file, and what to write there."""


def without_profile_tag(file: Path, profile: Container, signature: bytes) -> list[Piece]:
    """Return what to write so that a colour profile loses a tag but no length; empty if it has none."""
    if len(profile.places) != 1:
        return []
    start, length = profile.places[0].offset_bytes, profile.places[0].length_bytes
    with file.open("rb") as opened:
        count = _number(os.pread(opened.fileno(), _LENGTH_BYTES, start + _ICC_HEADER_BYTES))
        table_bytes = count * _ICC_ENTRY_BYTES
        if count > _ICC_ENTRIES_COUNT_MAX or _ICC_HEADER_BYTES + _LENGTH_BYTES + table_bytes > length:
            return []
        table = os.pread(opened.fileno(), table_bytes, start + _ICC_HEADER_BYTES + _LENGTH_BYTES)
    entries = [table[at : at + _ICC_ENTRY_BYTES] for at in range(0, len(table), _ICC_ENTRY_BYTES)]
    kept = [one for one in entries if one[:4] != signature]
    pieces = []
    for entry in entries:
        offset, size = _number(entry[4:8]), _number(entry[8:12])
        shared = any(one[4:8] == entry[4:8] for one in kept)
        if entry not in kept and not shared and offset + size <= length:
            pieces.append((start + offset, bytes(size)))
    if len(kept) == len(entries):
        return []
    shorter = len(kept).to_bytes(_LENGTH_BYTES, "big") + b"".join(kept)
    shorter += bytes(_LENGTH_BYTES + len(table) - len(shorter))
    digest_at, digest_bytes = _ICC_DIGEST
    return [*pieces, (start + _ICC_HEADER_BYTES, shorter), (start + digest_at, bytes(digest_bytes))]
