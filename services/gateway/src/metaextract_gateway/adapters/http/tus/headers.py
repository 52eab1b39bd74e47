"""What stands in the headers of tus 1.0.0 requests and answers (https://tus.io/protocols/resumable-upload)."""

import base64
import re
from email.utils import format_datetime
from typing import Final

from starlette.requests import Request

from metaextract_common.errors import invalid_request
from metaextract_gateway.adapters.http.multipart import stated_sha256
from metaextract_gateway.application.resuming import CHECKSUMS, Checksum
from metaextract_gateway.domain.resumable import Kept

VERSION: Final = "1.0.0"
EXTENSIONS: Final = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "checksum",
    "expiration",
    "termination",
)
PIECE_TYPE: Final = "application/offset+octet-stream"
PATH: Final = "/v1/uploads"
EXTRACTION: Final = "MetaExtract-Extraction"
"""Where the extraction of an upload is, or will be: a path."""
METADATA_CHARACTERS_MAX: Final = 8192
_KEY: Final = re.compile(r"[\x21-\x2b\x2d-\x7e]+")  # visible ASCII without space and comma
_DIGITS_MAX: Final = 18


def number(request: Request, name: str) -> int | None:
    """Return a header that is a number of bytes; None if it is absent. Raises INVALID_REQUEST."""
    text = request.headers.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX):
        raise invalid_request(name, "must be a number of bytes")
    return int(text)


def declared_size(request: Request) -> int | None:
    """Return Upload-Length of a new upload; None if it is deferred. One of the two must be said."""
    size_bytes, deferred = number(request, "Upload-Length"), request.headers.get("upload-defer-length")
    if deferred not in (None, "1") or (size_bytes is None) == (deferred is None):
        raise invalid_request("Upload-Length", "must be given, or else Upload-Defer-Length: 1")
    return size_bytes


def metadata(request: Request) -> dict[str, str]:
    """Return Upload-Metadata: `name base64,name base64`. Raises INVALID_REQUEST."""
    text = request.headers.get("upload-metadata", "")
    if len(text) > METADATA_CHARACTERS_MAX:
        raise invalid_request("Upload-Metadata", f"must have {METADATA_CHARACTERS_MAX} characters at most")
    found: dict[str, str] = {}
    for pair in filter(None, (one.strip() for one in text.split(","))):
        key, _, value = pair.partition(" ")
        try:
            decoded = base64.b64decode(value, validate=True).decode("utf-8", "replace")
        except ValueError:  # no Base64, or not even ASCII
            raise invalid_request("Upload-Metadata", f"the value of {key!r} must be Base64") from None
        if not _KEY.fullmatch(key) or key in found:
            raise invalid_request("Upload-Metadata", "names must be ASCII, and each must come once")
        found[key] = decoded
    return found


def checksum(request: Request) -> Checksum | None:
    """Return Upload-Checksum, `algorithm base64`, or Content-Digest (RFC 9530). Raises INVALID_REQUEST."""
    text = request.headers.get("upload-checksum")
    if text is None:
        sha256 = stated_sha256(request.headers.get("content-digest", ""))
        return Checksum("sha256", sha256) if sha256 else None
    algorithm, _, encoded = text.strip().partition(" ")
    if algorithm not in CHECKSUMS:
        raise invalid_request("Upload-Checksum", f"must be one of {', '.join(CHECKSUMS)}")
    try:
        return Checksum(algorithm, base64.b64decode(encoded, validate=True))
    except ValueError:  # no Base64, or not even ASCII
        raise invalid_request("Upload-Checksum", "the digest must be Base64") from None


def of_server(upload_bytes_max: int) -> dict[str, str]:
    """Say what this server can do."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": ",".join(EXTENSIONS),
        "Tus-Max-Size": str(upload_bytes_max),
        "Tus-Checksum-Algorithm": ",".join(CHECKSUMS),
    }


def of_upload(kept: Kept) -> dict[str, str]:
    """Say where an upload is, and what becomes of it."""
    return {
        "Tus-Resumable": VERSION,
        "Upload-Offset": str(kept.offset_bytes),
        "Upload-Expires": format_datetime(kept.expire_time.replace(microsecond=0), usegmt=True),
        EXTRACTION: f"/v1/extractions/{kept.known.upload.extraction_id}",
    }


def of_state(kept: Kept) -> dict[str, str]:
    """Say everything of an upload that HEAD is asked for."""
    size_bytes = kept.known.upload.size_bytes_expected
    length = {"Upload-Defer-Length": "1"} if size_bytes is None else {"Upload-Length": str(size_bytes)}
    told = {"Upload-Metadata": kept.known.metadata} if kept.known.metadata else {}
    return {**of_upload(kept), **length, **told, "Cache-Control": "no-store"}
