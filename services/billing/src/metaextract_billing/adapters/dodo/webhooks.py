"""Recognising messages of DodoPayments: Standard Webhooks, over the bytes as they were received."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from standardwebhooks import Webhook, WebhookVerificationError

from metaextract_billing.adapters.dodo.reading import message_from_json
from metaextract_billing.domain import errors
from metaextract_billing.domain.payment_service import Envelope, Message

TOLERANCE: Final = timedelta(minutes=5)


class DodoWebhooks:
    """Implements `domain.payment_service.Webhooks`.

    `secrets`: `whsec_…`, every one of which is good: a rotated secret stays valid for a day. Raises
    ValueError, or the library's EmptyWebhookSecretError, if one cannot be a secret.
    """

    def __init__(self, secrets: Sequence[str]) -> None:
        self._keys = [Webhook(secret) for secret in secrets]

    def opened(self, envelope: Envelope, now: datetime) -> Message:
        """Verify, then read."""
        if not self._keys:
            raise errors.webhook_secret_missing()
        if _is_stale(envelope.timestamp, now):
            raise errors.webhook_expired()
        if not any(_is_signed_by(key, envelope) for key in self._keys):
            raise errors.webhook_signature_invalid()
        return message_from_json(envelope.id, envelope.body)


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
