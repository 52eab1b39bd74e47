"""Recognising messages of DodoPayments: Standard Webhooks, over the bytes as they were received."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from standardwebhooks import Webhook, WebhookVerificationError

from metaextract_billing.adapters.dodo.reading import message_from_json
from metaextract_billing.domain import errors
from metaextract_billing.domain.payment_service import Envelope, Message

PREFIX: Final = "whsec_"
TOLERANCE: Final = timedelta(minutes=5)


class DodoWebhooks:
    """Implements `domain.payment_service.Webhooks`.

    `secrets`: `whsec_…`, every one of which is good: a rotated secret stays valid for a day. One without this
    beginning may also be meant as it stands, as the original took all of them. Raises ValueError, or the
    library's EmptyWebhookSecretError, if one cannot be a secret.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [key for secret in secrets for key in _keys(secret)]

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        """Verify, then read."""
        if not (envelope.id and envelope.timestamp and envelope.signature):
            raise errors.webhook_signature_invalid()
        if not self._keys:
            raise errors.webhook_secret_missing()
        if _is_stale(envelope.timestamp, now):
            raise errors.webhook_expired()
        if not any(_is_signed_by(key, envelope) for key in self._keys):
            raise errors.webhook_signature_invalid()
        sent = datetime.fromtimestamp(float(envelope.timestamp), UTC)  # signed, so it is a number
        return message_from_json(envelope.id, envelope.body, sent)


def _keys(secret: str) -> list[Webhook]:
    if not secret or secret.startswith(PREFIX):
        return [Webhook(secret)]
    as_it_stands = Webhook(base64.b64encode(secret.encode()).decode())
    try:
        base64.b64decode(secret, validate=True)
    except binascii.Error:
        return [as_it_stands]
    return [Webhook(secret), as_it_stands]


def _is_stale(timestamp: str, now: datetime) -> bool:
    try:
        seconds = float(timestamp)
    except ValueError:
        return False  # no time at all, so the signature cannot be good
    return abs(now.timestamp() - seconds) > TOLERANCE.total_seconds()


def _is_signed_by(key: Webhook, envelope: Envelope) -> bool:
    headers = {
        "webhook-id": envelope.id,
        "webhook-timestamp": envelope.timestamp,
        "webhook-signature": envelope.signature,
    }
    try:
        key.verify(envelope.body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):
        # A ValueError is what the library raises by accident: a signature without a comma, one that is no
        # base64, a body that is no UTF-8.
        return False
    return True
