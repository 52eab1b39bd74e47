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


def account_owes(credits_owed: int) -> ServiceError:
    """Spent credits were taken back by the bank; nothing is held before they are paid."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "ACCOUNT_OWES",
        f"The account owes {credits_owed} credits, because a payment was taken back.",
        {"credits_owed": str(credits_owed)},
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


def free_checks_unavailable(cause: str, credits_required: int) -> ServiceError:
    """The device has free checks left, but something else than their number is in the way for today."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "FREE_CHECKS_UNAVAILABLE",
        f"No free check is given now ({cause}), and {credits_required} credits are needed.",
        {"cause": cause, "credits_required": str(credits_required)},
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


def quote_mismatch(quote: str, file_id: str, credits_required: int, credits_quoted: int) -> ServiceError:
    """The file is not the one that was described for the quote, and the account cannot pay for this one."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "QUOTE_MISMATCH",
        f"The file {file_id!r} of {quote} costs {credits_required} credits, not the {credits_quoted} quoted"
        " for what was said of it.",
        {
            "quote": quote,
            "file_id": file_id,
            "credits_required": str(credits_required),
            "credits_quoted": str(credits_quoted),
        },
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


def pack_unknown(pack: str) -> ServiceError:
    """Nothing of that name is sold."""
    return ServiceError(Kind.NOT_FOUND, DOMAIN, "PACK_UNKNOWN", f"There is no pack {pack!r}.", {"pack": pack})


def pack_not_for_sale(pack: str) -> ServiceError:
    """Nobody told billing which product of the payment service the pack is."""
    return ServiceError(
        Kind.PRECONDITION, DOMAIN, "PACK_NOT_FOR_SALE", f"The pack {pack!r} has no product.", {"pack": pack}
    )


def payments_not_configured() -> ServiceError:
    """Nobody told billing how to reach the payment service."""
    return ServiceError(
        Kind.PRECONDITION, DOMAIN, "PAYMENTS_NOT_CONFIGURED", "No payment service is configured."
    )


def payment_service_unavailable() -> ServiceError:
    """The payment service does not answer, or fails on its side."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "PAYMENT_SERVICE_UNAVAILABLE",
        "The payment service cannot be reached; try again.",
    )


def payment_service_refused(status: int) -> ServiceError:
    """The payment service does not accept what it was asked; asking again does not help."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "PAYMENT_SERVICE_REFUSED",
        f"The payment service refused with the HTTP status {status}.",
        {"status": str(status)},
    )


def order_not_found(order: str) -> ServiceError:
    """There is no such order, or it is not the caller's: the two are not told apart."""
    return ServiceError(
        Kind.NOT_FOUND, DOMAIN, "ORDER_NOT_FOUND", f"{order} does not exist.", {"order": order}
    )


def payment_not_found(payment: str) -> ServiceError:
    """There is no such payment, or it never granted credits."""
    return ServiceError(
        Kind.NOT_FOUND,
        DOMAIN,
        "PAYMENT_NOT_FOUND",
        f"The payment {payment!r} is not known.",
        {"payment": payment},
    )


def payment_not_succeeded(payment: str, status: str) -> ServiceError:
    """The payment service says that the payment is not, or not yet, made."""
    return ServiceError(
        Kind.PRECONDITION,
        DOMAIN,
        "PAYMENT_NOT_SUCCEEDED",
        f"The payment {payment!r} is {status}.",
        {"payment": payment, "status": status},
    )


def subscription_not_found(subscription: str) -> ServiceError:
    """There is no such subscription, or it is not the caller's: the two are not told apart."""
    return ServiceError(
        Kind.NOT_FOUND,
        DOMAIN,
        "SUBSCRIPTION_NOT_FOUND",
        f"The subscription {subscription!r} is not known.",
        {"subscription": subscription},
    )


def webhook_signature_invalid() -> ServiceError:
    """A message does not prove that the payment service sent it."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "WEBHOOK_SIGNATURE_INVALID", "The signature of the webhook is not valid."
    )


def webhook_expired() -> ServiceError:
    """A message was signed too long ago, or for a time that is yet to come."""
    return ServiceError(
        Kind.INVALID, DOMAIN, "WEBHOOK_EXPIRED", "The timestamp of the webhook is not of now."
    )


def webhook_secret_missing() -> ServiceError:
    """Nobody told billing how to recognise messages of the payment service."""
    return ServiceError(
        Kind.PRECONDITION, DOMAIN, "WEBHOOK_SECRET_MISSING", "No webhook secret is configured."
    )


def webhook_unreadable(field: str) -> ServiceError:
    """A message of the payment service lacks what its type stands for."""
    return ServiceError(
        Kind.INVALID,
        DOMAIN,
        "WEBHOOK_UNREADABLE",
        f"The webhook is signed and has no readable {field!r}.",
        {"field": field},
    )
