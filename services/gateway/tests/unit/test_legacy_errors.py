"""What billing refuses, in the shapes that the legacy client knows (§0.4, §1.4, §1.14)."""

import json
from typing import Any

import pytest

from metaextract_common.errors import Kind, ServiceError, deadline_exceeded, service_unreachable
from metaextract_gateway.adapters.http.legacy import errors
from metaextract_gateway.adapters.http.problems import status_of


def refusal(reason: str, kind: Kind = Kind.PRECONDITION, **metadata: str) -> ServiceError:
    return ServiceError(kind, "billing.metaextract", reason, "Told to people.", metadata)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            refusal("FREE_CHECKS_EXHAUSTED", free_checks_used="2", credits_required="4"),
            "Free limit reached on this device. Purchase credits to continue.",
        ),
        (
            refusal("FREE_CHECKS_UNAVAILABLE", cause="network_velocity", credits_required="4"),
            "No free check can be given now. Purchase credits to continue.",
        ),
        (
            refusal("INSUFFICIENT_CREDITS", credits_available="3", credits_required="4"),
            "Insufficient credits: have 3, need 4",
        ),
        (
            refusal("ACCOUNT_OWES", credits_owed="40"),
            "A payment was taken back and 40 credits are owed. Purchase credits to continue.",
        ),
    ],
)
def test_whoever_cannot_pay_is_told_to_buy(error: ServiceError, words: str) -> None:
    answer = errors.render(error)

    assert answer.status_code == 402
    body = json.loads(answer.body)["error"]
    assert (body["code"], body["status"], body["message"]) == ("QUOTA_EXCEEDED", 402, words)
    assert set(body) == {"code", "message", "status", "timestamp", "requestId"}
    assert status_of(error) == 402


@pytest.mark.parametrize(
    ("error", "names_account", "words"),
    [
        (
            refusal("FREE_CHECKS_EXHAUSTED", free_checks_used="2", credits_required="4"),
            True,
            "Insufficient credits: have 0, need 4",
        ),
        (
            refusal("INSUFFICIENT_CREDITS", credits_available="0", credits_required="4"),
            False,
            "Free limit reached on this device. Purchase credits to continue.",
        ),
        (
            refusal("INSUFFICIENT_CREDITS", credits_available="3", credits_required="4"),
            False,
            "Insufficient credits: have 3, need 4",
        ),
    ],
)
def test_credits_are_spoken_of_where_an_account_is_named(
    error: ServiceError, names_account: bool, words: str
) -> None:
    told = errors.as_told(error, names_account=names_account)

    assert json.loads(errors.render(told).body)["error"]["message"] == words


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [(Kind.UNAUTHENTICATED, 401, "AUTH_REQUIRED"), (Kind.FORBIDDEN, 403, "FORBIDDEN")],
)
def test_whoever_may_not_is_told_so(kind: Kind, status: int, code: str) -> None:
    answer = errors.render(refusal("ANY", kind))

    assert (answer.status_code, json.loads(answer.body)["code"]) == (status, code)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("QUOTE_FILE_UNUSABLE", "QUOTE_INVALID"), ("QUOTE_MISMATCH", "QUOTE_MISMATCH")],
)
def test_a_quote_that_does_not_hold_is_a_flat_400(reason: str, code: str) -> None:
    error = refusal(reason)

    answer = errors.render(error)

    body: dict[str, Any] = json.loads(answer.body)
    assert answer.status_code == 400
    assert body == {"error": errors.message_of(error), "code": code}


@pytest.mark.parametrize("reason", ["IDEMPOTENCY_KEY_REUSED", "REQUEST_ID_REUSED"])
def test_one_key_for_two_files_is_a_409(reason: str) -> None:
    error = refusal(reason, Kind.ALREADY_EXISTS)

    answer = errors.render(error)

    body = json.loads(answer.body)["error"]
    assert answer.status_code == 409
    assert set(body) == {"message", "code", "requestId"}
    assert (body["code"], body["message"]) == ("ALREADY_PROCESSED", errors.message_of(error))


@pytest.mark.parametrize(
    "error",
    [
        refusal("LEDGER_UNAVAILABLE", Kind.UNAVAILABLE),
        service_unreachable("/metaextract.billing.v1.BillingService/CreateHold"),
        deadline_exceeded("/metaextract.billing.v1.BillingService/CreateHold"),
    ],
    ids=lambda error: error.reason,
)
def test_without_the_ledger_no_paid_work_is_done(error: ServiceError) -> None:
    answer = errors.render(error)

    body = json.loads(answer.body)["error"]
    assert (answer.status_code, body["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert body["message"] == "Billing system temporarily unavailable. Please try again shortly."
