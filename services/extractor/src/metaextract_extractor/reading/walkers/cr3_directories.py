"""The directories of a CR3: each a TIFF structure of its own, whose first directory need not be IFD0.

Source: the canon_cr3 project for which is which; TIFF 6.0, section 2, for the structure. That of `CMT1` is an
ordinary one, with the camera's name and the orientation; `CMT2` begins with the Exif directory, `CMT4` with
that of the position. Of Canon's own in `CMT3` the places are told; the primary engine knows the names.
"""

from collections.abc import Mapping
from typing import Final

from metaextract_extractor.domain.result import Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.exif_tags import EXIF, GPS, Tag
from metaextract_extractor.reading.walkers.tiff import walk_embedding_tiff, walk_tiff

DIRECTORY_BOXES: Final = frozenset({"CMT1", "CMT2", "CMT3", "CMT4"})
_EXIF_BOXES: Final[Mapping[str, tuple[str, Mapping[int, Tag]]]] = {
    "CMT2": ("ExifIFD", EXIF),
    "CMT4": ("GPS", GPS),
}
"""Box -> what its first directory is; the box has the same name in the path."""


def walk_cr3_directory(kind: str, view: View, walk: Walk, path: str) -> None:
    """Walk the content of a `CMT1` to `CMT4` box. `path`: that of Canon's box."""
    if kind == "CMT3":
        _walk_makernote(view, walk, f"{path}-MakerNotes")
    elif kind in _EXIF_BOXES:
        name, tags = _EXIF_BOXES[kind]
        walk_embedding_tiff(view, walk, f"{path}-{name}", tags, {}, name)
    else:
        walk_tiff(view, walk, f"{path}-IFD0")


def _walk_makernote(view: View, walk: Walk, path: str) -> None:
    with walk.within("makernote", path, view, keep=False):
        header = ifd.read_header(view)
        if header is None or header.big or not view.has(header.first_offset, 2):
            walk.not_read(path, view, Why.DAMAGED)
            return
        walk.understood(view.part(0, ifd.HEADER_BYTES))
        _walk_directory(view, header, walk, f"{path}-MakerNotes", "Canon")


def _walk_directory(view: View, header: ifd.Header, walk: Walk, path: str, group: str) -> None:
    length = ifd.table_bytes(view, header.first_offset, header)
    if length == 0:
        walk.not_read(path, view.part(header.first_offset), Why.DAMAGED)
        return
    directory = ifd.read_directory(view, header.first_offset, length, ifd.Layout(header), walk, path)
    for entry in directory.entries:
        if entry.at is None:
            walk.reference(resolved=False)
            continue
        if entry.size_bytes > header.inline_bytes:
            walk.reference(resolved=True)
        walk.locate(path, group, entry.tag, entry.at)
        walk.not_read(path, entry.at, Why.VENDOR)
