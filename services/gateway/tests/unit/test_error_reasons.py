"""The contract and the code name the same failures, both ways round, and HTTP has a status for each."""

import inspect

from metaextract.gateway.v1.error_reason_pb2 import ErrorReason
from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.problems import status_of
from metaextract_gateway.domain import errors


def made() -> list[ServiceError]:
    makers = [
        one for _, one in inspect.getmembers(errors, inspect.isfunction) if one.__module__ == errors.__name__
    ]
    return [maker(*(1 for _ in inspect.signature(maker).parameters)) for maker in makers]


def test_every_reason_in_the_contract_is_made_by_exactly_one_function() -> None:
    declared = [name.removeprefix("ERROR_REASON_") for name in ErrorReason.DESCRIPTOR.values_by_name]

    assert sorted([*(error.reason for error in made()), "UNSPECIFIED"]) == sorted(declared)


def test_http_has_a_status_for_every_failure_at_the_edge() -> None:
    assert {error.reason: status_of(error) for error in made()} == {
        "FILE_MISSING": 400,
        "MULTIPART_MALFORMED": 400,
        "EXTRACTION_ID_INVALID": 400,
        "PATH_NOT_FOUND": 404,
        "METHOD_NOT_ALLOWED": 405,
        "NOT_ACCEPTABLE": 406,
        "SESSION_REQUIRED": 401,
        "RESULT_NOT_AVAILABLE": 409,
        "UPLOAD_TOO_LARGE": 413,
        "MEDIA_TYPE_UNSUPPORTED": 415,
        "RATE_LIMITED": 429,
        "OVERLOADED": 503,
        "BODY_TOO_LARGE": 413,
        "URL_TOO_LONG": 414,
        "HOST_UNKNOWN": 421,
        "ORIGIN_NOT_ALLOWED": 403,
        "TOO_MANY_STREAMS": 429,
        "TOKEN_INVALID": 401,
        "SIGN_IN_REQUIRED": 401,
        "ROLE_REQUIRED": 403,
        "API_KEY_NOT_ALLOWED": 403,
        "CROSS_SITE_REQUEST": 403,
        "IDENTITY_PROVIDER_UNAVAILABLE": 503,
        "UPLOAD_NOT_FOUND": 404,
        "UPLOAD_OFFSET_MISMATCH": 409,
        "UPLOAD_TAKEN_OVER": 409,
        "TUS_VERSION_UNSUPPORTED": 412,
        "TUS_MEDIA_TYPE_REQUIRED": 415,
        "UPLOAD_LOCKED": 423,
        "UPLOADS_OPEN_LIMIT": 429,
        "UPLOAD_CHECKSUM_MISMATCH": 460,
        "UPLOADS_STORE_FULL": 507,
    }
