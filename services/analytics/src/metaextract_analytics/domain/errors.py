"""Every way this service can fail on purpose: one function per ErrorReason of the contract."""

from typing import Final

from metaextract_common.errors import Kind, ServiceError

DOMAIN: Final = "analytics.metaextract"


def store_unavailable() -> ServiceError:
    """The events cannot be stored or counted now."""
    return ServiceError(
        Kind.UNAVAILABLE,
        DOMAIN,
        "STORE_UNAVAILABLE",
        "The events cannot be reached now.",
        retry_after_seconds=2,
    )


def period_invalid() -> ServiceError:
    """The period of a report ends before it begins."""
    return ServiceError(Kind.INVALID, DOMAIN, "PERIOD_INVALID", "The period ends before it begins.")
