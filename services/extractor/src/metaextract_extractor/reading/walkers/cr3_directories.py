"""The directories of a CR3: each a TIFF structure of its own, whose first directory is not IFD0.

Source: the canon_cr3 project for which is which; TIFF 6.0, section 2, for the structure. The first, with the
camera's name and the orientation, is an ordinary one and read as such; of the others the places are told, and
the primary engine knows the names.
"""

from collections.abc import Mapping
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers import ifd
from metaextract_extractor.reading.walkers.binary import Section, emit
from metaextract_extractor.reading.walkers.nested import walk_nested

_NAMES: Final[Mapping[str, tuple[str, str, str]]] = {
    "CMT2": ("ExifIFD", "ExifIFD", "ExifIFD"),
    "CMT3": ("MakerNotes", "MakerNotes", "Canon"),
    "CMT4": ("GPS", "GPS", "GPS"),
}
"""Box -> its name in the path, the directory's, and the group of its fields."""
_ORDERS: Final = {"<": ("II", "Little-endian (Intel, II)"), ">": ("MM", "Big-endian (Motorola, MM)")}
DIRECTORY_BOXES: Final = frozenset({"CMT1", *_NAMES})


def walk_cr3_directory(kind: str, view: View, walk: Walk, path: str) -> None:
    """Walk the content of a `CMT1` to `CMT4` box. `path`: that of Canon's box."""
    if kind == "CMT1":
        walk_nested("exif", view, walk, f"{path}-IFD0")
        return
    box_name, name, group = _NAMES[kind]
    outer = f"{path}-{box_name}"
    with walk.within("makernote" if kind == "CMT3" else "exif", outer, view, keep=kind != "CMT3"):
        header = ifd.read_header(view)
        if header is None or header.big or not view.has(header.first_offset, 2):
            walk.not_read(outer, view, Why.DAMAGED)
            return
        if kind != "CMT3":
            raw, printed = _ORDERS[header.order]
            section = Section(outer, "File", Standard.FILE, "Image")
            emit(
                walk, section, "ExifByteOrder", raw, view.part(0, 2),
                tag_id="ExifByteOrder", prints={raw: printed},
            )  # fmt: skip
        walk.understood(view.part(0, ifd.HEADER_BYTES))
        _walk_directory(view, header, walk, f"{outer}-{name}", group)


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
        if group == "Canon":
            walk.not_read(path, entry.at, Why.VENDOR)
        else:
            walk.understood(entry.at)
