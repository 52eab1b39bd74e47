"""Operations on their way to the extractor, and back to billing."""

import pytest

from metaextract.extractor.v1 import extractor_pb2 as pb
from metaextract_gateway.adapters.http.legacy import routes
from metaextract_gateway.adapters.rpc import extractor
from metaextract_gateway.domain.model import Delivered, Operations, Upload


def upload(operations: Operations) -> Upload:
    told = ("id-1", "key-1", "a.jpg", "image/jpeg", 10, 100)
    return Upload(*told, partial_results=False, operations=operations)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (Operations(), []),
        (Operations(ocr=True), [pb.OPERATION_OCR]),
        (
            Operations(embedding=True, ocr=True, forensics=True),
            [pb.OPERATION_EMBEDDING, pb.OPERATION_OCR, pb.OPERATION_FORENSICS],
        ),
    ],
)
def test_what_is_wanted_is_sent_with_the_header(wanted: Operations, sent: list[int]) -> None:
    assert list(extractor._header("owner", upload(wanted)).operations) == sent


def test_every_operation_of_the_contract_can_be_wanted() -> None:
    assert set(extractor.OPERATIONS.values()) == set(pb.Operation.values()) - {pb.OPERATION_UNSPECIFIED}


def test_only_what_was_delivered_is_told_to_billing() -> None:
    ended = pb.Extraction(state=pb.Extraction.STATE_SUCCEEDED)
    ended.operations.add(operation="ocr", delivered=True)
    ended.operations.add(operation="embedding", reason="no pixels")
    ended.operations.add(operation="of_a_later_version", delivered=True)

    end = extractor._happening(pb.ExtractionEvent(ended=ended)).end

    assert isinstance(end, Delivered)
    assert end.operations == Operations(ocr=True)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, Operations(embedding=True)),
        ({"op_embedding": "0", "op_ocr": "1", "op_forensics": " YES "}, Operations(ocr=True, forensics=True)),
        ({"op_embedding": "", "op_ocr": "maybe"}, Operations()),
    ],
)
def test_the_form_of_the_legacy_asks_for_an_embedding_by_default(
    fields: dict[str, str], wanted: Operations
) -> None:
    assert routes._operations(fields) == wanted
