"""What stands in the headers of resumable uploads, and what must not."""

import base64
import hashlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.tus import headers
from metaextract_gateway.application.resuming import Checksum


def request(**sent: str) -> Request:
    pairs = [(name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in sent.items()]
    return Request({"type": "http", "method": "POST", "path": "/", "query_string": b"", "headers": pairs})


def test_metadata_is_names_with_values_in_base64_or_none() -> None:
    told = headers.metadata(request(upload_metadata="filename w6kuanBn, is_confidential,empty "))

    assert told == {"filename": "é.jpg", "is_confidential": "", "empty": ""}


@pytest.mark.parametrize(
    "text", ["filename %", "filename é", "a YQ==,a YQ==", "na\x01me YQ==", "a " + "YWFh" * 3000, "a YQ"]
)
def test_other_metadata_is_refused(text: str) -> None:
    with pytest.raises(ServiceError) as caught:
        headers.metadata(request(upload_metadata=text))

    assert caught.value.metadata["field"] == "Upload-Metadata"


@pytest.mark.parametrize("text", ["", "sha256", "crc32 AAAA", "sha1 é", "sha1 A", "SHA1 AAAA"])
def test_a_checksum_is_an_algorithm_that_we_have_and_base64(text: str) -> None:
    if text == "sha256":
        assert headers.checksum(request(upload_checksum=text)).digest == b""
        return
    with pytest.raises(ServiceError):
        headers.checksum(request(upload_checksum=text))


def test_a_content_digest_is_a_checksum_too() -> None:
    sha256 = hashlib.sha256(b"abc").digest()
    said = f"sha-256=:{base64.b64encode(sha256).decode()}:"

    assert headers.checksum(request(content_digest=said)) == Checksum("sha256", sha256)
    assert headers.checksum(request(content_digest="sha-512=:AAAA:")) is None


@pytest.mark.parametrize("text", ["-1", "1.0", "", "\u0661", "1e3", "9" * 19])
def test_a_number_is_digits(text: str) -> None:
    raw = text.encode("utf-8").decode("latin-1")
    with pytest.raises(ServiceError):
        headers.number(request(upload_offset=raw), "Upload-Offset")


@given(st.text(st.characters(max_codepoint=255)))
def test_whatever_comes_is_understood_or_refused(text: str) -> None:
    sent = request(upload_metadata=text, upload_checksum=text, upload_length=text)
    for read in (headers.metadata, headers.checksum, headers.declared_size):
        with suppress(ServiceError):  # and nothing else
            read(sent)
