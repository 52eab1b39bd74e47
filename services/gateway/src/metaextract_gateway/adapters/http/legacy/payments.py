"""What the payment service and its buyers send: webhooks (§5.8), confirmations (§1.10), the way back."""

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.legacy import errors
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body, raw_body
from metaextract_gateway.adapters.http.legacy.credits import SUCCESS_PATH
from metaextract_gateway.adapters.http.pages import page
from metaextract_gateway.domain.money import Payment, Webhook
from metaextract_gateway.domain.ports import Purchases

WEBHOOK_BYTES_MAX: Final = 1024 * 1024
PAYMENT: Final = re.compile(r"[A-Za-z0-9_-]{1,128}")
_WEBHOOK_REFUSED: Final = {
    "WEBHOOK_SIGNATURE_INVALID": (400, "Invalid webhook signature"),
    "WEBHOOK_EXPIRED": (400, "Webhook timestamp expired"),
    "WEBHOOK_SECRET_MISSING": (500, "Webhook secret not configured"),
    "INVALID_REQUEST": (400, "Invalid webhook signature"),  # headers that no signature has
    # Signed, and not to be understood: the sender tries again, and a later version may understand it.
    "WEBHOOK_UNREADABLE": (400, "Invalid webhook payload"),
}
_NO_PURCHASE: Final = ("order_missing", "subscription")
"""Why a payment is parked that was not for credits."""

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
        Route("/credits/success", desk.success),  # to which checkouts of the original's payments module lead
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
            if not isinstance(payment, str) or not payment:
                return await self._nothing_to_confirm()
            if not PAYMENT.fullmatch(payment):
                return _bare(400, "Payment not found")
            return confirmed(await self._purchases.confirm(payment))
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return not_confirmed(error)

    async def _nothing_to_confirm(self) -> Response:
        if not (await self._purchases.catalogue()).payable:
            return errors.payments_module_not_configured()
        return _bare(400, "paymentId is required")

    async def success(self, request: Request) -> Response:
        """Tell a buyer who returns what became of the payment, after asking; without any script."""
        payment = request.query_params.get("payment_id", "")
        if not PAYMENT.fullmatch(payment):
            return page("No payment", "This address does not name a payment.")
        try:
            return page(*_told(await self._purchases.confirm(payment)))
        except ServiceError as error:
            return page(*_UNTOLD.get(error.reason, _LATER))


def confirmed(payment: Payment) -> Response:
    """Render a payment that was made; one that brings no credits is not confirmed."""
    if payment.parked in _NO_PURCHASE:
        return _bare(400, "Unsupported payment type")
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
            return _bare(400, "Payment not found")
        case "PAYMENTS_NOT_CONFIGURED":
            return errors.payments_module_not_configured()
        case _:
            details = error.reason.replace("_", " ").capitalize()
            return JSONResponse({"error": "Failed to confirm payment", "details": details}, 500)


def _bare(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)


def _told(payment: Payment) -> tuple[str, ...]:
    if payment.credits_granted == 0:
        return (
            "Payment received",
            "The payment was made, and no credits could be added for it. Please write to us: nothing is "
            "lost.",
        )
    return "Thank you", f"{payment.credits_granted} credits have been added to your balance.", _TERMS
