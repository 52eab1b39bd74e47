"""What a part of an XMP packet tells of the rest of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_extractor.reading.quality.packets import (
    DATA_BYTES,
    PADDING_BYTES,
    USUAL_BYTES,
    rest_of,
)

HEAD = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="a#"><rdf:Description xmlns:crs="b/"'
SETTINGS = b"".join(b' crs:Setting%d="+%d"' % (number, number) for number in range(40))


def test_behind_the_end_of_the_properties_is_padding() -> None:
    rest = rest_of(HEAD + SETTINGS + b"/></rdf:RDF></x:xmpmeta>   ", 3000)
    assert (rest.begun_count, rest.as_dense_bytes, rest.as_usual_bytes) == (0, 0, 0)


def test_properties_in_a_start_tag_that_does_not_end_are_counted() -> None:
    assert rest_of(HEAD + SETTINGS, 100).begun_count == 40
    assert rest_of(HEAD + SETTINGS + b' crs:Next="+1', 100).begun_count == 41
    assert rest_of(HEAD + SETTINGS + b">", 100).begun_count == 0


def test_names_of_namespaces_are_no_properties() -> None:
    assert rest_of(HEAD, 100).begun_count == 0


def test_the_more_is_there_the_more_its_own_density_counts() -> None:
    few = rest_of(HEAD, 10_000)
    assert few.as_dense_bytes + few.as_usual_bytes == pytest.approx(10_000)
    assert few.as_dense_bytes / few.as_usual_bytes == pytest.approx(len(HEAD) / USUAL_BYTES)
    more = rest_of(HEAD + SETTINGS, 10_000)
    assert more.as_dense_bytes > few.as_dense_bytes


def test_a_packet_that_may_be_written_in_place_has_padding() -> None:
    rest = rest_of(b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>' + HEAD, 5000)
    assert rest.as_dense_bytes + rest.as_usual_bytes == pytest.approx(5000 - PADDING_BYTES)
    assert rest_of(b'<?xpacket begin="" id=""?>' + HEAD, PADDING_BYTES).as_usual_bytes == 0


def test_behind_a_value_of_kilobytes_is_more_of_it() -> None:
    rest = rest_of(HEAD + SETTINGS + b' GDepth:Data="' + b"A" * (DATA_BYTES + 1), 30_000)
    assert (rest.begun_count, rest.as_dense_bytes, rest.as_usual_bytes) == (41, 0, 0)


def test_packets_of_wider_characters_are_read_too() -> None:
    wide = (HEAD + SETTINGS).decode().encode("utf-16-le")
    assert rest_of(wide, 100).begun_count == 40


@given(st.binary(max_size=300), st.integers(0, 10**9))
def test_any_bytes_tell_something(there: bytes, missing_bytes: int) -> None:
    rest = rest_of(there, missing_bytes)
    assert rest.begun_count >= 0
    assert min(rest.as_dense_bytes, rest.as_usual_bytes) >= 0
    assert rest.as_dense_bytes + rest.as_usual_bytes <= missing_bytes + 1e-3
