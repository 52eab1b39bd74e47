"""Failures that arise at the edge itself, before any service is asked: one function per ErrorReason."""

from metaextract_common.errors import Kind, ServiceError

DOMAIN = "gateway.metaextract"


def no_file() -> ServiceError:
    """The request carries no file."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "FILE_MISSING",
        "Send the image as the multipart part `file`, or as the body with its media type.",
    )


def malformed_multipart() -> ServiceError:
    """The multipart framing is broken, or has too many or too large fields."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "MULTIPART_MALFORMED", "The multipart body cannot be read (RFC 7578)."
    )


def unsupported_media_type(media_type: str) -> ServiceError:
    """The declared media type is not an image's."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "MEDIA_TYPE_UNSUPPORTED",
        f"{media_type} is not an image media type.",
        {"media_type": media_type},
    )


def upload_too_large(size_bytes_max: int) -> ServiceError:
    """The declared length is over the limit; same reason as the extractor's, which counts the bytes."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "UPLOAD_TOO_LARGE",
        f"The file is larger than {size_bytes_max} bytes.",
        {"size_bytes_max": str(size_bytes_max)},
    )


def extraction_id_invalid() -> ServiceError:
    """The id that the client chose is not a UUID."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "EXTRACTION_ID_INVALID", "extraction_id must be a UUID in lower case."
    )


def rate_limited(requests_max: int, retry_after_seconds: float) -> ServiceError:
    """The client asks too often."""
    return ServiceError(
        Kind.EXHAUSTED,
        DOMAIN,
        "RATE_LIMITED",
        f"More than {requests_max} requests; wait before the next one.",
        {"requests_max": str(requests_max)},
        retry_after_seconds,
    )


def path_not_found() -> ServiceError:
    """Nothing answers at this path."""
    return ServiceError(
        Kind.NOT_FOUND, DOMAIN, "PATH_NOT_FOUND", "Nothing answers at this path; GET / lists what there is."
    )


def method_not_allowed(method: str) -> ServiceError:
    """The path does not answer this method."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "METHOD_NOT_ALLOWED", f"{method} is not answered here.", {"method": method}
    )
