"""Every way this service can fail on purpose: one function per ErrorReason of the contract."""

from metaextract_common.errors import Kind, ServiceError

DOMAIN = "extractor.metaextract"


def extraction_not_found(name: str) -> ServiceError:
    """The extraction does not exist or has expired."""
    return ServiceError(
        Kind.NOT_FOUND,
        DOMAIN,
        "EXTRACTION_NOT_FOUND",
        f"{name} does not exist or has expired.",
        {"extraction": name},
    )


def unsupported_format(extension: str, bytes_received: int) -> ServiceError:
    """The bytes are in no format that we read, or there are none."""
    content = "The content is not an image format that can be read here"
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "UNSUPPORTED_FORMAT",
        f"{content if bytes_received else 'The file is empty'} (file name extension: '{extension}').",
        {"extension": extension, "bytes_received": str(bytes_received)},
    )


def upload_too_large(size_bytes_max: int) -> ServiceError:
    """The file is larger than we accept."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "UPLOAD_TOO_LARGE",
        f"The file is larger than {size_bytes_max} bytes.",
        {"size_bytes_max": str(size_bytes_max)},
    )


def upload_incomplete(bytes_received: int) -> ServiceError:
    """The stream ended before the file was declared whole."""
    return ServiceError(
        Kind.ABORTED,
        DOMAIN,
        "UPLOAD_INCOMPLETE",
        f"The upload ended after {bytes_received} bytes without being finished; nothing was kept.",
        {"bytes_received": str(bytes_received)},
    )


def upload_corrupted(bytes_received: int) -> ServiceError:
    """Size or digest of what arrived is not what was sent."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "UPLOAD_CORRUPTED",
        f"The {bytes_received} bytes that arrived are not the bytes that were sent.",
        {"bytes_received": str(bytes_received)},
    )


def upload_out_of_order(expected: str) -> ServiceError:
    """The parts of an upload came in the wrong order."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "UPLOAD_OUT_OF_ORDER", f"Expected {expected}.", {"expected": expected}
    )


def extractor_busy(limit: str) -> ServiceError:
    """No more work is taken for now."""
    return ServiceError(
        Kind.EXHAUSTED,
        DOMAIN,
        "EXTRACTOR_BUSY",
        f"Too much work is under way ({limit}); try again shortly.",
        {"limit": limit},
        retry_after_seconds=2,
    )


def extraction_timed_out(seconds_max: float) -> ServiceError:
    """The file took longer than a file may take."""
    return ServiceError(
        Kind.DEADLINE,
        DOMAIN,
        "EXTRACTION_TIMED_OUT",
        f"The file could not be read within {seconds_max:g} seconds.",
        {"seconds_max": f"{seconds_max:g}"},
    )


def worker_lost(cause: str) -> ServiceError:
    """The worker died over this file: `crashed`, `memory_limit` or `output_limit`."""
    return ServiceError(
        Kind.ABORTED,
        DOMAIN,
        "WORKER_LOST",
        f"The process that read the file was lost ({cause}); other files are not affected.",
        {"cause": cause},
    )


def illegal_state_transition(name: str, state: str) -> ServiceError:
    """The extraction is no longer in the state that the method needs."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "ILLEGAL_STATE_TRANSITION",
        f"{name} is {state}.",
        {"extraction": name, "state": state},
    )


def request_id_reused(request_id: str) -> ServiceError:
    """The request id belongs to an upload of other bytes, or to one still under way."""
    return ServiceError(
        Kind.ALREADY_EXISTS,
        DOMAIN,
        "REQUEST_ID_REUSED",
        f"The request id {request_id} was used for another upload.",
        {"request_id": request_id},
    )


def extraction_exists(name: str) -> ServiceError:
    """The id that the client chose is taken."""
    return ServiceError(
        Kind.ALREADY_EXISTS, DOMAIN, "EXTRACTION_EXISTS", f"{name} exists.", {"extraction": name}
    )


def extraction_cancelled(name: str) -> ServiceError:
    """The caller stopped it."""
    return ServiceError(
        Kind.CANCELLED, DOMAIN, "EXTRACTION_CANCELLED", f"{name} was cancelled.", {"extraction": name}
    )


def spool_unavailable() -> ServiceError:
    """There is no room for the file."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "SPOOL_UNAVAILABLE",
        "The server has no room for the file now; try again later.",
        {},
        retry_after_seconds=10,
    )


def field_dictionary_not_ready() -> ServiceError:
    """The dictionary is being made."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "FIELD_DICTIONARY_NOT_READY",
        "The field dictionary is being made; try again in a few seconds.",
        {},
        retry_after_seconds=5,
    )


def field_definition_not_found(name: str) -> ServiceError:
    """No field is defined under this name."""
    return ServiceError(
        Kind.NOT_FOUND,
        DOMAIN,
        "FIELD_DEFINITION_NOT_FOUND",
        f"There is no {name}.",
        {"definition": name},
    )


def redaction_unsupported(format_name: str) -> ServiceError:
    """Nothing here can write this format."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "REDACTION_UNSUPPORTED",
        f"{format_name} files cannot be rewritten here: convert the picture to JPEG or PNG, and redact that.",
        {"format": format_name},
    )


def redaction_refused(format_name: str, cause: str) -> ServiceError:
    """The file is too broken to be rewritten."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "REDACTION_REFUSED",
        f"This {format_name} file is damaged or incomplete and was not rewritten ({cause}): save it anew.",
        {"format": format_name, "cause": cause},
    )


def redaction_not_verified(cause: str, remaining: str) -> ServiceError:
    """A copy was made and is not what it should be; it was thrown away."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "REDACTION_NOT_VERIFIED",
        f"The copy was thrown away: {cause} ({remaining}). Convert the picture to JPEG and redact that.",
        {"cause": cause, "remaining": remaining},
    )


def store_unavailable() -> ServiceError:
    """The database does not answer."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "STORE_UNAVAILABLE",
        "The results cannot be reached now; try again shortly.",
        {},
        retry_after_seconds=2,
    )


def batch_not_found(name: str) -> ServiceError:
    """The batch has no extraction, or all have expired."""
    return ServiceError(
        Kind.NOT_FOUND, DOMAIN, "BATCH_NOT_FOUND", f"{name} does not exist or has expired.", {"batch": name}
    )


def batch_full(name: str, extractions_count_max: int) -> ServiceError:
    """The batch has as many extractions as a batch may have."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "BATCH_FULL",
        f"{name} has {extractions_count_max} extractions, as many as a batch may have: begin another.",
        {"batch": name, "extractions_count_max": str(extractions_count_max)},
    )


def batch_cancelled(name: str) -> ServiceError:
    """The batch was cancelled: nothing joins it any more."""
    return ServiceError(
        Kind.PRECONDITION, DOMAIN, "BATCH_CANCELLED", f"{name} was cancelled: begin another.", {"batch": name}
    )
