"""Every way billing fails on purpose: one function for each `ErrorReason` of the contract."""

from typing import Final

from metaextract_common.errors import Kind, ServiceError

DOMAIN: Final = "billing.metaextract"


def insufficient_credits(credits_available: int, credits_required: int) -> ServiceError:
    """The account cannot pay for the work."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "INSUFFICIENT_CREDITS",
        f"The account has {credits_available} credits and needs {credits_required}.",
        {"credits_available": str(credits_available), "credits_required": str(credits_required)},
    )


def free_checks_exhausted(free_checks_used: int, credits_required: int) -> ServiceError:
    """Neither the device nor the account can pay for the work."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "FREE_CHECKS_EXHAUSTED",
        f"All {free_checks_used} free checks are used and {credits_required} credits are needed.",
        {"free_checks_used": str(free_checks_used), "credits_required": str(credits_required)},
    )


def quote_not_found(quote: str) -> ServiceError:
    """There is no such quote, or it is not the caller's: the two are not told apart."""
    return ServiceError(
        Kind.NOT_FOUND, DOMAIN, "QUOTE_NOT_FOUND", f"{quote} does not exist.", {"quote": quote}
    )


def quote_expired(quote: str) -> ServiceError:
    """The price is no longer kept."""
    return ServiceError(
        Kind.PRECONDITION, DOMAIN, "QUOTE_EXPIRED", f"{quote} has expired; ask again.", {"quote": quote}
    )


def quote_file_unusable(quote: str, file_id: str) -> ServiceError:
    """The quote does not price this file, or a hold has used that price."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "QUOTE_FILE_UNUSABLE",
        f"{quote} has no unused price for the file {file_id!r}.",
        {"quote": quote, "file_id": file_id},
    )


def hold_not_found(hold: str) -> ServiceError:
    """There is no such hold."""
    return ServiceError(Kind.NOT_FOUND, DOMAIN, "HOLD_NOT_FOUND", f"{hold} does not exist.", {"hold": hold})


def hold_already_resolved(hold: str, state: str) -> ServiceError:
    """A hold is resolved once, and this one was resolved differently."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "HOLD_ALREADY_RESOLVED",
        f"{hold} is already {state}.",
        {"hold": hold, "state": state},
    )


def capture_exceeds_hold(hold: str, credits_held: int) -> ServiceError:
    """Nobody is charged more than was set aside."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "CAPTURE_EXCEEDS_HOLD",
        f"{hold} sets {credits_held} credits aside, and more were to be captured.",
        {"hold": hold, "credits_held": str(credits_held)},
    )


def idempotency_key_reused(request_id: str) -> ServiceError:
    """One id stands for one request."""
    return ServiceError(
        Kind.ALREADY_EXISTS,
        DOMAIN,
        "IDEMPOTENCY_KEY_REUSED",
        f"The request id {request_id!r} was used for another request.",
        {"request_id": request_id},
    )


def ledger_unavailable() -> ServiceError:
    """No money moves while the ledger is away."""
    return ServiceError(
        Kind.UNAVAILABLE, DOMAIN, "LEDGER_UNAVAILABLE", "The ledger cannot be read or written."
    )
