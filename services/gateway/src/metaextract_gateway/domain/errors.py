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


def malformed_multipart(part: str = "", expected: str = "") -> ServiceError:
    """The framing is broken, or fields too many or too large, or `part` brings a file unexpectedly."""
    if not part:
        return ServiceError(
            Kind.INVALID, DOMAIN, "MULTIPART_MALFORMED", "The multipart body cannot be read (RFC 7578)."
        )
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "MULTIPART_MALFORMED",
        f"The part '{part}' brings a file that was not expected: send one, as '{expected}'. Only batches "
        "take several.",
        {"part": part, "expected": expected},
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


def rate_limited(
    requests_max: int, retry_after_seconds: float, limit: str, window_seconds: int, limited_by: str, tier: str
) -> ServiceError:
    """The client asks too often. `limit` names the kind of the rule, `limited_by` is `user` or `ip`."""
    return ServiceError(
        Kind.EXHAUSTED,
        DOMAIN,
        "RATE_LIMITED",
        f"More than {requests_max} requests in {window_seconds} seconds; wait before the next one.",
        {
            "requests_max": str(requests_max),
            "limit": limit,
            "window_seconds": str(window_seconds),
            "limited_by": limited_by,
            "tier": tier,
        },
        retry_after_seconds,
    )


def overloaded(retry_after_seconds: float, cause: str) -> ServiceError:
    """There is no room for more work now; `cause` is `uploads`, `streams` or `memory`."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "OVERLOADED",
        f"The server is busy ({cause}); try again shortly.",
        {"cause": cause},
        retry_after_seconds,
    )


def body_too_large(size_bytes_max: int) -> ServiceError:
    """The body of a request that carries no file is over the limit."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "BODY_TOO_LARGE",
        f"The body of this request may have {size_bytes_max} bytes.",
        {"size_bytes_max": str(size_bytes_max)},
    )


def url_too_long(bytes_max: int) -> ServiceError:
    """Path and query are over the limit."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "URL_TOO_LONG",
        f"Path and query may have {bytes_max} bytes.",
        {"bytes_max": str(bytes_max)},
    )


def host_unknown() -> ServiceError:
    """The request is for a host that is not served here."""
    return ServiceError(Kind.INVALID, DOMAIN, "HOST_UNKNOWN", "This host is not served here.")


def origin_not_allowed() -> ServiceError:
    """A page of a site that is not on the list opened a socket."""
    return ServiceError(
        Kind.FORBIDDEN, DOMAIN, "ORIGIN_NOT_ALLOWED", "Pages of this origin may not open sockets here."
    )


def too_many_streams(count_max: int) -> ServiceError:
    """One client has too many sockets and event streams open."""
    return ServiceError(
        Kind.EXHAUSTED,
        DOMAIN,
        "TOO_MANY_STREAMS",
        f"More than {count_max} sockets and event streams of one address are open.",
        {"count_max": str(count_max)},
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


def token_invalid(cause: str) -> ServiceError:
    """The credentials do not prove who the caller is."""
    return ServiceError(
        Kind.UNAUTHENTICATED,
        DOMAIN,
        "TOKEN_INVALID",
        f"The credentials are not valid ({cause}).",
        {"cause": cause},
    )


def sign_in_required() -> ServiceError:
    """Nobody is signed in."""
    return ServiceError(Kind.UNAUTHENTICATED, DOMAIN, "SIGN_IN_REQUIRED", "Sign in first.")


def role_required(role: str) -> ServiceError:
    """The caller does not have the role."""
    return ServiceError(
        Kind.FORBIDDEN, DOMAIN, "ROLE_REQUIRED", f"This takes the role {role}.", {"role": role}
    )


def api_key_not_allowed() -> ServiceError:
    """A program with a key may not do what a person may."""
    return ServiceError(
        Kind.FORBIDDEN, DOMAIN, "API_KEY_NOT_ALLOWED", "This takes a person who signed in, not an API key."
    )


def cross_site_request() -> ServiceError:
    """Another site used the cookies of its visitor."""
    return ServiceError(
        Kind.FORBIDDEN,
        DOMAIN,
        "CROSS_SITE_REQUEST",
        "Cookies are not accepted for changes from another site; send a token in the Authorization header.",
    )


def identity_provider_unavailable() -> ServiceError:
    """The keys of the issuer cannot be had."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "IDENTITY_PROVIDER_UNAVAILABLE",
        "The identity provider does not answer.",
        retry_after_seconds=5,
    )


def upload_not_found() -> ServiceError:
    """No such resumable upload: never made, terminated, or expired."""
    return ServiceError(
        Kind.NOT_FOUND,
        DOMAIN,
        "UPLOAD_NOT_FOUND",
        "There is no such upload: it was never made, was terminated, or has expired. Create another.",
    )


def upload_offset_mismatch(offset_bytes: int) -> ServiceError:
    """The chunk does not begin where the upload ends."""
    return ServiceError(
        Kind.ABORTED,
        DOMAIN,
        "UPLOAD_OFFSET_MISMATCH",
        f"The upload goes on at byte {offset_bytes}.",
        {"offset_bytes": str(offset_bytes)},
    )


def upload_checksum_mismatch() -> ServiceError:
    """The chunk is not what its checksum says."""
    return ServiceError(
        Kind.ABORTED,
        DOMAIN,
        "UPLOAD_CHECKSUM_MISMATCH",
        "The chunk is not what its checksum says, and was thrown away: send it again.",
    )


def upload_taken_over() -> ServiceError:
    """A newer request goes on with this upload."""
    return ServiceError(
        Kind.ABORTED, DOMAIN, "UPLOAD_TAKEN_OVER", "A newer request goes on with this upload."
    )


def upload_locked() -> ServiceError:
    """An older request did not let go of the upload in time."""
    return ServiceError(
        Kind.ABORTED, DOMAIN, "UPLOAD_LOCKED", "Another request still writes to this upload.", {}, 1
    )


def uploads_open_limit(limit: str) -> ServiceError:
    """One client has too much on the way."""
    return ServiceError(
        Kind.EXHAUSTED,
        DOMAIN,
        "UPLOADS_OPEN_LIMIT",
        "Too many of your uploads are open: finish or terminate some of them.",
        {"limit": limit},
    )


def uploads_store_full() -> ServiceError:
    """There is no room for the bytes."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "UPLOADS_STORE_FULL",
        "There is no room for this upload now; what has arrived is kept. Go on later.",
        {},
        60,
    )


def tus_version_unsupported() -> ServiceError:
    """The request does not speak tus 1.0.0."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "TUS_VERSION_UNSUPPORTED", "Send `Tus-Resumable: 1.0.0` (tus protocol 1.0)."
    )


def tus_media_type_required() -> ServiceError:
    """The body is not declared as a part of a resumable upload."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "TUS_MEDIA_TYPE_REQUIRED",
        "Send the bytes as `application/offset+octet-stream`.",
    )


def not_acceptable(offered: str) -> ServiceError:
    """None of the media types that the client accepts can be had; `offered`: those that can."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "NOT_ACCEPTABLE",
        f"This can be had as {offered}; `Accept` allows none of it.",
        {"media_types": offered},
    )


def result_not_available(state: str) -> ServiceError:
    """The extraction has no result."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "RESULT_NOT_AVAILABLE",
        f"The extraction has no result, its state is {state}.",
        {"state": state},
    )


def session_required() -> ServiceError:
    """It is not known whose credits are meant."""
    return ServiceError(
        Kind.UNAUTHENTICATED,
        DOMAIN,
        "SESSION_REQUIRED",
        "Sign in, or name your session in `X-Session-Id`: credits belong to an account or a session.",
    )
