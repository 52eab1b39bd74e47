"""XMP packets: properties with the place of their text.

Source: ISO 16684-1:2019 (data model, serialisation, core schemas), XMP Specification Part 3 (packet wrapper,
UTF-8, UTF-16 and UTF-32).
"""

import re
from collections import Counter
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import MissingBytesError, View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.rdf import Entry, Properties
from metaextract_extractor.reading.walkers.scalars import scalar, shown
from metaextract_extractor.reading.walkers.xml_reading import End, Stop, Text, read_xml
from metaextract_extractor.reading.walkers.xmp_values import converted, is_date_and_time

_PACKETS_COMPARED_MAX: Final = 16
"""In so many packets, what is told once in a file is looked up among what was found."""


def walk_xmp(view: View, walk: Walk, path: str) -> None:
    """Read one packet, with or without its wrapper."""
    with walk.within("xmp", path, view, keep=True):
        walk_document(view, walk, path)


def walk_document(view: View, walk: Walk, path: str, *, svg: bool = False) -> list[Entry]:
    """Read the XML in a view and write its properties down; returns them as they were found.

    Of an SVG document that is too long its beginning is read, of a packet nothing.
    """
    if view.size_bytes > walk.budgets.xmp_bytes_max:
        walk.exceeded("xmp_bytes_max")
        if not svg:
            walk.not_read(path, view, Why.BUDGET)
            return []
    properties = Properties(entries_max=walk.budgets.fields_max, svg=svg)
    whole, data = _content(view, walk)
    end = read_xml(data, properties, depth_max=walk.budgets.xmp_depth_max, doctype=svg)
    if not whole:
        properties.leave_out_open()
    _note_end(view, walk, path, end, whole=whole)
    if svg and whole and end.stop is Stop.UNFINISHED and view.size_bytes < walk.budgets.xmp_bytes_max:
        walk.picture_without_end(path)
    said = Counter(entry.found.name for entry in properties.entries if entry.special)
    for entry in properties.entries:
        if entry.special:
            _write_special(entry, view, walk, path, placed=said[entry.found.name] == 1)
        else:
            _write(entry, view, walk, path)
    return properties.entries


def _content(view: View, walk: Walk) -> tuple[bool, bytes]:
    """Return whether the document is all there, and it; in a file that breaks off the beginning will do."""
    try:
        return True, view.all(walk.budgets.xmp_bytes_max)
    except MissingBytesError:
        if not walk.broken_off:
            raise
        return False, view.beginning(walk.budgets.xmp_bytes_max)


def _note_end(view: View, walk: Walk, path: str, end: End, *, whole: bool) -> None:
    if end.stop is None:
        walk.understood(view)
        return
    at = min(end.at, view.size_bytes)
    walk.understood(view.part(0, at))
    why = Why.DAMAGED if view.size_bytes <= walk.budgets.xmp_bytes_max else Why.BUDGET
    if not whole:
        why = Why.MISSING
        walk.reference(resolved=False)
    if end.stop is Stop.ENTITIES:
        walk.notice("XML_ENTITIES_REFUSED", "The XML declares a document type or entities: not read further.")
    elif end.stop is Stop.DEPTH:
        walk.exceeded("xmp_depth_max")
        why = Why.BUDGET
    elif end.stop is Stop.ENOUGH:
        walk.exceeded("fields_max")
        why = Why.BUDGET
    walk.not_read(path, view.part(at), why)


def _write(entry: Entry, view: View, walk: Walk, path: str) -> None:
    found = entry.found
    texts = [_clean(one.value) for one in entry.values]
    if found.group == "SVG" and found.tag_id in ("width", "height"):
        texts = [re.sub(r"px\n?$", "", text) for text in texts]
    if sum(map(len, texts)) > walk.budgets.value_bytes_max:
        return
    if found.conversion == "lensinfo":
        texts = [" ".join(texts)]
    together = found.labels.get(" ".join(texts)) if found.labels and len(texts) > 1 else None
    pairs = [converted(found, text) for text in texts]
    told = [pair for pair in pairs if pair is not None]
    if len(told) < len(pairs):
        return
    raws: list[object] = [scalar(raw) for raw, _ in told]
    timed = not found.known and is_date_and_time(texts[0])
    walk.value(
        path,
        Standard.CONTAINER if found.group.startswith("SVG") else Standard.XMP,
        found.group,
        found.name,
        raws if len(raws) > 1 else raws[0],
        together or ", ".join(shown(printed) for _, printed in told),
        tag_id=found.tag_id,
        category="Time" if timed else found.category,
        at=_place(view, entry.values[0]) if len(entry.values) == 1 else None,
    )


def _write_special(entry: Entry, view: View, walk: Walk, path: str, *, placed: bool) -> None:
    """What stands in every packet, such as the toolkit, is told again only where it changes.

    What is said several times (`rdf:about` of each description) has no one place.
    """
    group, text = f"XMP-{entry.found.group}", entry.values[0]
    if len(walk.views.get("xmp", ())) > _PACKETS_COMPARED_MAX:
        return
    value = _clean(text.value)
    before = next(
        (one.printed for one in reversed(walk.fields) if one.group == group and one.name == entry.found.name),
        None,
    )
    if before == shown(value):
        return
    walk.value(
        path,
        Standard.XMP,
        group,
        entry.found.name,
        scalar(value),
        shown(value),
        tag_id=entry.found.tag_id,
        category=entry.found.category,
        at=_place(view, text) if placed else None,
    )


def _place(view: View, text: Text) -> View | None:
    if text.span is None or text.span[1] > view.size_bytes:
        return None
    first, last = text.span
    return view.part(first, last - first) if last > first else None


def _clean(text: str) -> str:
    return text.replace("\0", "")
