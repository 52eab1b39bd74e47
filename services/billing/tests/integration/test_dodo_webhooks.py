"""Recognising webhooks: forged, stale, written anew, rotated, unknown, malformed."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook
from standardwebhooks.webhooks import EmptyWebhookSecretError

from metaextract_billing.adapters.dodo.webhooks import DodoWebhooks
from metaextract_billing.adapters.storage.memory import MemoryStore
from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_messages import ReceiveWebhook
from metaextract_billing.domain.payment_service import Envelope
from metaextract_billing.domain.records import WebhookKey
from metaextract_common.errors import ServiceError


def secret_of(text: str) -> str:
    return "whsec_" + base64.b64encode(text.encode()).decode()


SECRET, ROTATED, FOREIGN = (secret_of(f"{name} secret, 24 bytes") for name in ("a", "b", "c"))
NOW = datetime.now(UTC)
BODY = json.dumps(
    {
        "business_id": "b",
        "type": "payment.succeeded",
        "timestamp": NOW.isoformat(),
        "data": {"payment_id": "p", "status": "succeeded", "total_amount": 400, "currency": "USD"},
    }
).encode()

Changed = Callable[[Envelope], Envelope]


def signed(body: bytes = BODY, secret: str = SECRET, age: timedelta = timedelta()) -> Envelope:
    time = datetime.now(UTC) - age
    signature = Webhook(secret).sign("msg_1", time, body.decode())
    return Envelope(body, "msg_1", str(int(time.timestamp())), signature)


def refusal(envelope: Envelope, *secrets: str) -> str:
    with pytest.raises(ServiceError) as caught:
        DodoWebhooks(secrets or [SECRET]).opened(envelope, datetime.now(UTC))
    return caught.value.reason


def changed(envelope: Envelope, **changes: object) -> Envelope:
    fields = {
        "body": envelope.body,
        "id": envelope.id,
        "timestamp": envelope.timestamp,
        "signature": envelope.signature,
    }
    return Envelope(**(fields | changes))  # type: ignore[arg-type]


def test_a_message_that_the_service_signed_is_opened() -> None:
    message = DodoWebhooks([SECRET]).opened(signed(), datetime.now(UTC))

    assert (message.id, message.event_type) == ("msg_1", "payment.succeeded")
    assert message.facts is not None
    assert message.facts.id == "p"


@pytest.mark.parametrize("secrets", [(SECRET, ROTATED), (ROTATED, SECRET)])
def test_while_a_secret_is_rotated_both_are_good(secrets: tuple[str, ...]) -> None:
    webhooks = DodoWebhooks(secrets)

    for secret in secrets:
        assert webhooks.opened(signed(secret=secret), datetime.now(UTC)).id == "msg_1"
    both = changed(signed(), signature=f"{signed(secret=FOREIGN).signature} {signed().signature}")
    assert webhooks.opened(both, datetime.now(UTC)).id == "msg_1"


def test_the_secret_before_the_last_is_no_longer_good() -> None:
    assert refusal(signed(), ROTATED) == "WEBHOOK_SIGNATURE_INVALID"


@pytest.mark.parametrize(
    "signature",
    [
        "",
        " ",
        "v1",
        "v1,",
        "v1a,AAAA",
        "no comma at all",
        "v1,not base64",
        "v1,a",
        "v1,a,b",
        "v1,ü",
        "v2,AAAA",
        "v1," + base64.b64encode(b"x" * 32).decode(),
        "v1," + base64.b64encode(b"short").decode(),
        ",",
        "\0",
    ],
)
def test_a_forged_or_malformed_signature_is_refused_with_one_reason(signature: str) -> None:
    assert refusal(changed(signed(), signature=signature)) == "WEBHOOK_SIGNATURE_INVALID"


@pytest.mark.parametrize(
    "changes",
    [
        {"id": ""},
        {"id": "msg_2"},
        {"timestamp": ""},
        {"timestamp": "yesterday"},
        {"timestamp": "nan"},
        {"body": b""},
        {"body": BODY + b" "},
        {"body": BODY.replace(b"400", b"401")},
        {"body": b"\xff\xfe"},
    ],
)
def test_what_was_not_signed_is_refused(changes: dict[str, object]) -> None:
    assert refusal(changed(signed(), **changes)) == "WEBHOOK_SIGNATURE_INVALID"


def test_a_body_that_was_parsed_and_written_anew_is_refused() -> None:
    """The bytes count: the original system signed what its JSON parser had made of them."""
    anew = json.dumps(json.loads(BODY), separators=(",", ":")).encode()

    assert anew != BODY
    assert refusal(changed(signed(), body=anew)) == "WEBHOOK_SIGNATURE_INVALID"


@pytest.mark.parametrize("age", [timedelta(minutes=6), timedelta(days=400), -timedelta(minutes=6)])
def test_a_message_of_another_time_is_refused_as_expired(age: timedelta) -> None:
    assert refusal(signed(age=age)) == "WEBHOOK_EXPIRED"


@pytest.mark.parametrize("timestamp", ["1e400", "-1e400", "0", "99999999999999999999"])
def test_an_absurd_time_is_refused_as_expired(timestamp: str) -> None:
    assert refusal(changed(signed(), timestamp=timestamp)) == "WEBHOOK_EXPIRED"


@pytest.mark.parametrize("age", [timedelta(minutes=4), -timedelta(minutes=4)])
def test_a_clock_that_is_a_little_off_does_no_harm(age: timedelta) -> None:
    assert DodoWebhooks([SECRET]).opened(signed(age=age), datetime.now(UTC)).id == "msg_1"


@pytest.mark.parametrize("body", [b"not json", b"", b"null", b'"text"', b'{"type": ""}'])
def test_a_signed_body_that_says_nothing_is_told_apart_from_a_forged_one(body: bytes) -> None:
    assert refusal(signed(body)) == "WEBHOOK_UNREADABLE"


@pytest.mark.parametrize("missing", ["id", "timestamp", "signature"])
def test_what_no_sender_would_send_is_refused_before_anything_is_asked(missing: str) -> None:
    """The original looked whether all headers are there before it looked for its secret."""
    with pytest.raises(ServiceError) as caught:
        DodoWebhooks([]).opened(changed(signed(), **{missing: ""}), datetime.now(UTC))
    assert caught.value.reason == "WEBHOOK_SIGNATURE_INVALID"


def test_without_a_secret_nothing_is_believed() -> None:
    with pytest.raises(ServiceError) as caught:
        DodoWebhooks([]).opened(signed(), datetime.now(UTC))
    assert caught.value.reason == "WEBHOOK_SECRET_MISSING"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_x"])
def test_what_cannot_be_a_secret_is_refused_when_billing_starts(secret: str) -> None:
    with pytest.raises((ValueError, EmptyWebhookSecretError)):
        DodoWebhooks([secret])


@pytest.mark.parametrize(
    "event_type", ["abandoned_checkout.detected", "license_key.created", "of.tomorrow", "unknown"]
)
async def test_an_unknown_type_is_noted_and_has_no_effect(event_type: str) -> None:
    """The SDK takes an unknown type for an abandoned checkout; the type alone decides here."""
    store = MemoryStore()
    now = lambda: datetime.now(UTC)  # noqa: E731 - one line
    receive = ReceiveWebhook(Desk(store), now, DodoWebhooks([SECRET]), AdoptOrder(store, now, {}))
    told = {"type": event_type} if event_type != "unknown" else {}
    body = json.dumps({**told, "timestamp": NOW.isoformat(), "data": {"payment_id": "p"}})

    first = await receive(signed(body.encode()))
    again = await receive(signed(body.encode()))

    assert (first.event_type, first.duplicate, again.duplicate) == (event_type, False, True)
    found = await store.load([WebhookKey("msg_1")])
    assert list(found) == [WebhookKey("msg_1")]


def test_a_secret_that_is_no_base64_is_taken_as_it_stands() -> None:
    plain = "a secret as the original took it"
    envelope = signed(secret=base64.b64encode(plain.encode()).decode())

    assert DodoWebhooks([plain]).opened(envelope, datetime.now(UTC)).id == "msg_1"
    assert refusal(signed(), plain) == "WEBHOOK_SIGNATURE_INVALID"
