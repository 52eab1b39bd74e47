"""Which parts of a file are taken out of every copy because no writer here reaches into them."""

import struct
from pathlib import Path

import brotli

from metaextract_extractor.domain.result import ByteRange, Container
from metaextract_extractor.reading.dispatch import walk_file
from metaextract_extractor.reading.evidence import subject_of
from metaextract_extractor.reading.redaction.unseen import unseen_in
from metaextract_extractor.reading.walk import Walk


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", len(content) + 8, kind) + content


def test_what_brotli_packed_is_taken_out_though_our_walkers_read_it(tmp_path: Path) -> None:
    packed = b"xml " + brotli.compress(b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>")
    head = box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl " + bytes(4) + b"jxl ")
    path = tmp_path / "a.jxl"
    path.write_bytes(head + box(b"brob", packed) + box(b"jxlc", b"\xff\x0a\x01" + bytes(20)))
    walk = Walk()
    with subject_of(path, path.stat().st_size, "jxl", None) as subject:
        walk_file(subject.view, walk, subject.family, subject.extension)
        found = unseen_in(path, subject.view, subject.family, walk, [])
    assert walk.unread == []
    place = ByteRange(len(head) + 8, len(packed))
    assert found == [Container("JXL-JP2-BrotliXMP", "vendor", (place,))]
