"""JUMBF: labelled boxes in boxes, of which C2PA manifest stores are made.

Sources: ISO/IEC 19566-5, annexes A (superbox, description box) and B (content types); C2PA 2.1, section 11
(manifest store, assertions, claim, signature; salt of a label). The store is kept whole for the engine that
verifies it; here its labels and values are read, and nothing is judged.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from metaextract_extractor.domain.result import Standard, Why
from metaextract_extractor.reading.view import View
from metaextract_extractor.reading.walk import Walk
from metaextract_extractor.reading.walkers.binary import Section, binary_text, decoded, emit
from metaextract_extractor.reading.walkers.bmff import Box, boxes, guarded
from metaextract_extractor.reading.walkers.cbor import CborError, CborReader
from metaextract_extractor.reading.walkers.json_places import JsonError, read_json
from metaextract_extractor.reading.walkers.trees import Branch, Names, emit_tree, section_of

_DEPTH_MAX: Final = 10
_BOXES_MAX: Final = 5_000
_TREE_BYTES_MAX: Final = 1024 * 1024
_TYPE_BYTES: Final = 16
_HAS_LABEL, _HAS_ID, _HAS_SIGNATURE = 0x02, 0x04, 0x08
_ID_BYTES: Final = 4
_SIGNATURE_BYTES: Final = 32
_LABEL_BYTES_MAX: Final = 4096
_READABLE: Final = re.compile(rb"[a-zA-Z0-9]{4}")
_UPPER_NEXT: Final = re.compile(r"[^-_a-zA-Z0-9]([a-z])")
_NO_NAME: Final = re.compile(r"[^-_a-zA-Z0-9]")

_CBOR_NAMES: Final = {"dc:title": "Title", "dc:format": "Format", "thumbnailUrl": "ThumbnailURL"}
_CBOR_LISTS: Final = {
    "dc:title": False, "dc:format": False, "authorName": False, "authorIdentifier": False,
    "documentID": False, "instanceID": False, "thumbnailUrl": False, "relationship": False,
    "thumbnailHash": True,
}  # fmt: skip


@dataclass(slots=True)
class _Store:
    """What is remembered from box to box."""

    walk: Walk
    boxes_left: int = _BOXES_MAX
    label: str = ""
    """Tag name made from the label of the superbox that is being read."""
    cbor: Names = field(default_factory=lambda: Names(dict(_CBOR_NAMES), dict(_CBOR_LISTS)))


def walk_jumbf(view: View, walk: Walk, path: str) -> None:
    """Walk JUMBF superboxes that lie behind each other, such as a C2PA manifest store."""
    with walk.within("jumbf", path, view, keep=True):
        _walk_boxes(view, _Store(walk), path, 0)


def _walk_boxes(view: View, store: _Store, path: str, depth: int) -> None:
    for box in boxes(view, store.walk, path):
        store.boxes_left -= 1
        if store.boxes_left < 0 or depth > _DEPTH_MAX:
            store.walk.exceeded("jumbf_boxes_max" if store.boxes_left < 0 else "jumbf_depth_max")
            store.walk.not_read(path, box.body, Why.BUDGET)
            return
        if not box.whole:
            store.walk.not_read(path, box.body, Why.DAMAGED)
            continue
        with guarded(store.walk, path, box.body):
            _walk_box(box, store, path, depth)


def _walk_box(box: Box, store: _Store, path: str, depth: int) -> None:
    walk, body = store.walk, box.body
    if box.kind == "jumb":
        _walk_boxes(body, store, f"{path}-JUMBFBox", depth + 1)
        store.label = ""
    elif box.kind == "jumd":
        _walk_description(body, store, f"{path}-JUMBFDescr", depth)
    elif box.kind == "cbor":
        _walk_cbor(body, store, f"{path}-CBORData")
    elif box.kind == "json":
        _walk_json(body, walk, f"{path}-{store.label or 'JSONData'}")
    elif box.kind == "bfdb":
        content = body.all(walk.budgets.value_bytes_max)[1:].rstrip(b"\0")
        walk.understood(body)
        name = f"{store.label}Type" if store.label else "BinaryDataType"
        text = decoded(content.replace(b"\0", b", "))
        place = body.part(1, len(content)) if content else None
        emit(walk, _section(path), name, text, place, tag_id="bfdb")
    elif box.kind == "bidb":
        _walk_binary(body, store, path)
    elif box.kind == "c2sh":
        walk.understood(body)
        name = f"{store.label}Salt" if store.label else "C2PASaltHash"
        emit(walk, _section(path), name, body.all(walk.budgets.value_bytes_max).hex(), body, tag_id="c2sh")
    elif box.kind in ("free", "skip"):
        walk.understood(body)
    else:
        walk.not_read(path, body, Why.UNKNOWN)


def _section(path: str) -> Section:
    return Section(path, "Jpeg2000", Standard.JUMBF, "Image")


def _walk_binary(body: View, store: _Store, path: str) -> None:
    """Embedded bytes, such as the thumbnail of a claim: noted, not opened."""
    name = f"{store.label}Data" if store.label else "BinaryData"
    text = binary_text(body.size_bytes)
    emit(store.walk, _section(path), name, text, None, tag_id="bidb", category="Preview")
    store.walk.understood(body)
    if "Thumbnail" in store.label:
        store.walk.image("thumbnail", path, body)


def _walk_description(body: View, store: _Store, path: str, depth: int) -> None:
    walk, section = store.walk, Section(path, "JUMBF", Standard.JUMBF, "Image")
    store.label = ""
    if body.size_bytes < _TYPE_BYTES + 1:
        walk.not_read(path, body, Why.DAMAGED)
        return
    kind = body.read(0, _TYPE_BYTES)
    emit(
        walk, section, "JUMDType", kind.hex(), body.part(0, _TYPE_BYTES),
        tag_id="type", prints=lambda _value: _type_text(kind),
    )  # fmt: skip
    at = _TYPE_BYTES
    flags = body.read(at, 1)[0]
    walk.understood(body.part(at, 1))
    at += 1
    if flags & _HAS_LABEL:
        content = body.part(at).all(_LABEL_BYTES_MAX)
        length = content.find(b"\0")
        if length < 0:
            walk.not_read(path, body.part(at), Why.DAMAGED)
            return
        label = decoded(content[:length])
        walk.understood(body.part(at, length + 1))
        place = body.part(at, length) if length else None
        emit(walk, section, "JUMDLabel", label, place, tag_id="label")
        store.label = _label_name(content[:length].decode("latin-1"))
        at += length + 1
    if flags & _HAS_ID and body.has(at, _ID_BYTES):
        place = body.part(at, _ID_BYTES)
        emit(walk, section, "JUMDID", int.from_bytes(place.read(0, _ID_BYTES), "big"), place, tag_id="id")
        at += _ID_BYTES
    if flags & _HAS_SIGNATURE and body.has(at, _SIGNATURE_BYTES):
        walk.locate(path, section.group, "sig", body.part(at, _SIGNATURE_BYTES))
        walk.understood(body.part(at, _SIGNATURE_BYTES))
        at += _SIGNATURE_BYTES
    if at < body.size_bytes:
        _walk_boxes(body.part(at), store, f"{path}-JUMDPrivate", depth + 1)


def _type_text(kind: bytes) -> str:
    text = kind.hex()
    head = f"({kind[:4].decode('ascii')})" if _READABLE.fullmatch(kind[:4]) else text[:8]
    return f"{head}-{text[8:12]}-{text[12:16]}-{text[16:]}"


def _label_name(label: str) -> str:
    """Make a tag name of a label as ExifTool does."""
    if not label:
        return "Tag"
    name = _UPPER_NEXT.sub(lambda found: found[1].upper(), label)
    name = _NO_NAME.sub("", name).replace("__", "_", 1)
    name = (name[:1].upper() + name[1:]).replace("C2pa", "C2PA", 1)
    return name if len(name) > 1 else f"Tag{name}"


def _walk_cbor(body: View, store: _Store, path: str) -> None:
    walk = store.walk
    if body.size_bytes > _TREE_BYTES_MAX:
        walk.not_read(path, body, Why.BUDGET)
        return
    reader = CborReader(body.all(_TREE_BYTES_MAX))
    section = section_of(path, "CBOR")
    end = 0
    try:
        while reader.at < body.size_bytes:
            node = reader.item()
            if not isinstance(node, Branch):
                break
            emit_tree(node, body, walk, section, store.cbor)
            end = reader.at
    except CborError:
        walk.not_read(path, body.part(end), Why.DAMAGED)
        body = body.part(0, end)
    walk.understood(body)


def _walk_json(body: View, walk: Walk, path: str) -> None:
    if body.size_bytes > _TREE_BYTES_MAX:
        walk.not_read(path, body, Why.BUDGET)
        return
    try:
        node = read_json(body.all(_TREE_BYTES_MAX))
    except JsonError:
        walk.not_read(path, body, Why.DAMAGED)
        return
    walk.understood(body)
    if isinstance(node, Branch) and node.keys is not None:
        emit_tree(node, body, walk, section_of(path, "JSON"), Names())
