"""A result as NDJSON: one JSON document a line, the envelope first, then one line for each field."""

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_gateway.adapters.http.transcoding import to_json


def ndjson(extraction: pb.Extraction) -> bytes:
    """Return `{"extraction": …}`, everything but the fields, and then `{"field": …}` for each of them."""
    envelope = pb.Extraction()
    envelope.CopyFrom(extraction)
    del envelope.result.fields[:]
    lines = [b'{"extraction":%s}\n' % to_json(envelope)]
    lines += [b'{"field":%s}\n' % to_json(field) for field in extraction.result.fields]
    return b"".join(lines)
