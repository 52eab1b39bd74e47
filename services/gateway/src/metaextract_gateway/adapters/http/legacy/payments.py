"""What the payment service and its buyers send: webhooks (§5.8), confirmations (§1.10), the way back."""

import base64
import hashlib
import re
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.legacy import errors
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body, raw_body
from metaextract_gateway.adapters.http.legacy.credits import SUCCESS_PATH
from metaextract_gateway.domain.money import Payment, Webhook
from metaextract_gateway.domain.ports import Purchases

WEBHOOK_BYTES_MAX: Final = 1024 * 1024
PAYMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_WEBHOOK_REFUSED: Final = {
    "WEBHOOK_SIGNATURE_INVALID": (400, "Invalid webhook signature"),
    "WEBHOOK_EXPIRED": (400, "Webhook timestamp expired"),
    "WEBHOOK_SECRET_MISSING": (500, "Webhook secret not configured"),
    "INVALID_REQUEST": (400, "Invalid webhook signature"),  # headers that no signature has
}

_STYLE: Final = "body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}"
_PAGE: Final = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
    '<meta name="viewport" content="width=device-width">'
    f"<style>{_STYLE.replace('{', '{{').replace('}', '}}')}</style></head>"
    '<body><main><h1>{title}</h1>{text}<p><a href="/">Continue</a></p></main></body></html>'
)
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; "
    f"style-src 'sha256-{base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()}'",
    "Referrer-Policy": "no-referrer",  # the address holds the payment's id
    "X-Content-Type-Options": "nosniff",
}
_TERMS: Final = "Credits do not expire. Packs of which no credit was used can be refunded within 7 days."
_UNTOLD: Final = {
    "PAYMENT_NOT_SUCCEEDED": (
        "Payment not made",
        "The payment service says that the payment was not made. No credits were added.",
    ),
    "PAYMENT_NOT_FOUND": ("No such payment", "The payment service does not know this payment."),
}
_LATER: Final = (
    "Payment not known yet",
    "We could not ask the payment service. Your credits appear as soon as it tells us that the payment was "
    "made; you need not do anything.",
)


def routes(purchases: Purchases) -> list[BaseRoute]:
    """Return the routes."""
    desk = _Desk(purchases)
    return [
        Route("/api/webhooks/dodo", desk.webhook, methods=["POST"]),
        Route("/api/payments/confirm", desk.confirm, methods=["POST"]),
        Route(SUCCESS_PATH, desk.success),
    ]


class _Desk:
    """Hears of payments."""

    def __init__(self, purchases: Purchases) -> None:
        self._purchases = purchases

    async def webhook(self, request: Request) -> Response:
        """Hand a message on as it came: a signature is over bytes, not over what they mean."""
        try:
            message = Webhook(
                await raw_body(request, WEBHOOK_BYTES_MAX),
                id=request.headers.get("webhook-id", ""),
                timestamp=request.headers.get("webhook-timestamp", ""),
                signature=request.headers.get("webhook-signature", ""),
            )
            duplicate = await self._purchases.receive(message)
        except BodyError as error:
            return error.response
        except ServiceError as error:
            status, words = _WEBHOOK_REFUSED.get(error.reason, (500, "Webhook processing failed"))
            return JSONResponse({"error": words}, status)
        return JSONResponse({"received": True, "duplicate": True} if duplicate else {"received": True})

    async def confirm(self, request: Request) -> Response:
        """Let anybody ask whether a payment has been made, so that its credits do not wait for a webhook.

        The original let only its own machine and administrators ask, and so the page to which a buyer
        returns could not: purchases were never credited (§10.A, 7). Asking gives nothing away but whether
        a payment of which one knows the unguessable id was made; credits go to whoever ordered and not to
        whoever asks; asking twice changes nothing. As each asks the payment service, an address may do it
        ten times a minute.
        """
        try:
            payment = (await json_body(request)).get("paymentId")
            if not isinstance(payment, str) or not PAYMENT.fullmatch(payment):
                return JSONResponse({"error": "Payment ID required"}, 400)
            return confirmed(await self._purchases.confirm(payment))
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return not_confirmed(error)

    async def success(self, request: Request) -> Response:
        """Tell a buyer who returns what became of the payment, after asking; without any script."""
        payment = request.query_params.get("payment_id", "")
        if not PAYMENT.fullmatch(payment):
            return _page("No payment", "This address does not name a payment.")
        try:
            return _page(*_told(await self._purchases.confirm(payment)))
        except ServiceError as error:
            return _page(*_UNTOLD.get(error.reason, _LATER))


def confirmed(payment: Payment) -> Response:
    """Render a payment that was made; one that brings no credits is not confirmed."""
    if payment.credits_granted == 0:
        return JSONResponse({"error": "Payment not credited", "status": payment.parked}, 409)
    return JSONResponse({"ok": True})


def not_confirmed(error: ServiceError) -> Response:
    """Render why a payment is not confirmed."""
    match error.reason:
        case "PAYMENT_NOT_SUCCEEDED":
            body = {"error": "Payment not succeeded", "status": error.metadata.get("status", "")}
            return JSONResponse(body, 409)
        case "PAYMENT_NOT_FOUND":
            return JSONResponse({"error": "Payment not found"}, 400)
        case "PAYMENTS_NOT_CONFIGURED":
            return errors.payments_not_configured()
        case _:
            return JSONResponse({"error": "Failed to confirm payment"}, 500)


def _told(payment: Payment) -> tuple[str, ...]:
    if payment.credits_granted == 0:
        return (
            "Payment received",
            "The payment was made, and no credits could be added for it. Please write to us: nothing is "
            "lost.",
        )
    return "Thank you", f"{payment.credits_granted} credits have been added to your balance.", _TERMS


def _page(title: str, *paragraphs: str) -> Response:
    """Show texts of ours; nothing that a request says is among them."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return HTMLResponse(_PAGE.format(title=title, text=text), headers=_HEADERS)
