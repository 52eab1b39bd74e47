"""The fields of a result as CSV (RFC 4180, UTF-8), for spreadsheets and data frames."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any, Final

from google.protobuf import json_format

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract.extractor.v1 import result_pb2
from metaextract_gateway.adapters.http.transcoding import whole_numbers

_FORMULA: Final = re.compile(r"[=+\-@\t\r\n\uff0b\uff0d\uff1d\uff20]")
"""What makes a spreadsheet take a text for a formula (OWASP, CSV injection)."""
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")


def _standard(field: result_pb2.Field) -> str:
    name = result_pb2.Field.Standard.Name(field.standard)
    return name.removeprefix("STANDARD_").lower().replace("unspecified", "")


def _raw(field: result_pb2.Field) -> str:
    if not field.HasField("raw"):
        return ""
    value: Any = whole_numbers(json_format.MessageToDict(field.raw))
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _offset(field: result_pb2.Field) -> str:
    return str(field.location.offset_bytes) if field.HasField("location") else ""


def _length(field: result_pb2.Field) -> str:
    return str(field.location.length_bytes) if field.HasField("location") else ""


def _confidence(field: result_pb2.Field) -> str:
    return f"{field.agreement.confidence:.4g}" if field.HasField("agreement") else ""


COLUMNS: Final[dict[str, Callable[[result_pb2.Field], str]]] = {
    "path": lambda field: field.path,
    "standard": _standard,
    "group": lambda field: field.group,
    "category": lambda field: field.category,
    "name": lambda field: field.name,
    "tag_id": lambda field: field.tag_id,
    "occurrence": lambda field: str(field.occurrence),
    "raw": _raw,
    "printed": lambda field: field.printed,
    "type": lambda field: field.type,
    "engine": lambda field: field.engine,
    "offset_bytes": _offset,
    "length_bytes": _length,
    "confidence": _confidence,
}


def as_csv(extraction: pb.Extraction) -> bytes:
    """Return one row for each field, under a row of names. Unknown is empty.

    What a spreadsheet would run as a formula begins with an apostrophe; numbers are left as they are.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for field in extraction.result.fields:
        rows.writerow([harmless(column(field)) for column in COLUMNS.values()])
    return text.getvalue().encode("utf-8", "replace")


def harmless(text: str) -> str:
    """Return a cell that is read and never run."""
    text = text.replace("\x00", "\ufffd")
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text
