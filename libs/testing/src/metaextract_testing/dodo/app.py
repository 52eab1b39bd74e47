"""The HTTP side of the fake payment service: the API of the real one and a checkout page.

What the real service has no API for stands below `/fake/`.
"""

import html
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Final, TypeAlias
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from metaextract_testing.dodo.behaviour import Behaviour
from metaextract_testing.dodo.books import Books, Json, UnknownError
from metaextract_testing.dodo.deliveries import Deliveries, Message

Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

DISPUTE_OUTCOMES: Final = ("challenged", "won", "lost", "accepted", "expired", "cancelled")
PAYMENT_OUTCOMES: Final = ("succeeded", "failed", "processing", "cancelled")
SUBSCRIPTION_EVENTS: Final = {"active": "renewed"}
"""What an event is called if not as the state."""

PAGE: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Checkout (no real money)</title>
<meta name="viewport" content="width=device-width">
<style>body{{font:16px/1.5 system-ui;max-width:26rem;margin:3rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1.2rem;margin-right:.5rem}}small{{color:#555}}</style>
<h1>Checkout</h1>{content}<p><small>This is a stand-in for tests. No money moves.</small></p></html>"""


def make_app(url: str, behaviour: Behaviour, books: Books, deliveries: Deliveries) -> Starlette:
    """Return the application that is served at `url`."""
    desk = _Desk(url, behaviour, books, deliveries)
    return Starlette(
        routes=[
            Route("/checkouts", desk.keyed(desk.open_session), methods=["POST"]),
            Route("/payments/{id}", desk.keyed(desk.show_payment)),
            Route("/refunds", desk.keyed(desk.refund), methods=["POST"]),
            Route("/subscriptions/{id}", desk.keyed(desk.change_subscription), methods=["PATCH"]),
            Route("/subscriptions/{id}", desk.keyed(desk.show_subscription)),
            Route("/pay/{id}", desk.page),
            Route("/pay/{id}", desk.pay, methods=["POST"]),
            Route("/fake/disputes", desk.answering(desk.dispute), methods=["POST"]),
            Route("/fake/disputes/{id}/{outcome}", desk.answering(desk.move_dispute), methods=["POST"]),
            Route("/fake/subscriptions", desk.answering(desk.subscribe), methods=["POST"]),
            Route("/fake/webhooks", desk.show_webhooks),
            Route("/fake/webhooks/release", desk.release, methods=["POST"]),
        ]
    )


class _Desk:
    """Answers requests."""

    def __init__(self, url: str, behaviour: Behaviour, books: Books, deliveries: Deliveries) -> None:
        self._url = url
        self._behaviour = behaviour
        self._books = books
        self._deliveries = deliveries

    def keyed(self, endpoint: Endpoint) -> Endpoint:
        """Insist on the bearer key, as the API does."""
        answering = self.answering(endpoint)

        @wraps(endpoint)
        async def checked(request: Request) -> Response:
            scheme, _, key = request.headers.get("authorization", "").partition(" ")
            expected = self._behaviour.api_key or key
            if scheme.lower() != "bearer" or not key or key != expected:
                return _problem(401, "UNAUTHORIZED", "The API key is not valid.")
            return await answering(request)

        return checked

    def answering(self, endpoint: Endpoint) -> Endpoint:
        """Say 404 for what is not known, and 422 for what cannot be read."""

        @wraps(endpoint)
        async def checked(request: Request) -> Response:
            try:
                return await endpoint(request)
            except UnknownError as error:
                return _problem(404, "NOT_FOUND", f"{error.args[0]} does not exist.")
            except (KeyError, TypeError, ValueError) as error:
                return _problem(422, "INVALID_REQUEST_BODY", f"The request cannot be read: {error!r}")

        return checked

    async def open_session(self, request: Request) -> Response:
        session = self._books.session_opened(await request.json())
        id_ = session["session_id"]
        return JSONResponse({"session_id": id_, "checkout_url": f"{self._url}/pay/{id_}"})

    async def show_payment(self, request: Request) -> Response:
        return JSONResponse(self._books.payment(request.path_params["id"]))

    async def refund(self, request: Request) -> Response:
        asked = await request.json()
        status = asked.get("status", "succeeded")
        refund = self._books.refunded(asked["payment_id"], asked.get("amount"), status)
        return self._told(f"refund.{status}", refund)

    async def dispute(self, request: Request) -> Response:
        asked = await request.json()
        return self._told("dispute.opened", self._books.disputed(asked["payment_id"]))

    async def move_dispute(self, request: Request) -> Response:
        outcome = _one_of(DISPUTE_OUTCOMES, request.path_params["outcome"])
        dispute = self._books.dispute_moved(request.path_params["id"], outcome)
        return self._told(f"dispute.{outcome}", dispute)

    async def subscribe(self, request: Request) -> Response:
        asked = await request.json()
        subscription = self._books.subscribed(
            asked["product_id"], asked.get("metadata") or {}, asked.get("email", "")
        )
        return self._told("subscription.active", subscription)

    async def show_subscription(self, request: Request) -> Response:
        return JSONResponse(self._books.subscription(request.path_params["id"]))

    async def change_subscription(self, request: Request) -> Response:
        asked = await request.json()
        status = asked["status"]
        changed = self._books.subscription_moved(request.path_params["id"], status)
        return self._told(f"subscription.{SUBSCRIPTION_EVENTS.get(status, status)}", changed)

    async def page(self, request: Request) -> Response:
        session = self._books.sessions.get(request.path_params["id"])
        if session is None:
            return HTMLResponse(PAGE.format(content="<p>There is no such checkout.</p>"), 404)
        if not self._books.is_open(session):
            return HTMLResponse(PAGE.format(content="<p>This checkout has expired.</p>"), 410)
        amount = f"{session['total_amount'] / 100:.2f} {session['currency']}"
        products = ", ".join(item["product_id"] for item in session["cart"])
        buttons = "".join(
            f'<button name="status" value="{value}">{label}</button>'
            for value, label in (("succeeded", "Pay"), ("failed", "Fail"))
        )
        content = (
            f"<p>{html.escape(products)}<br><strong>{html.escape(amount)}</strong></p>"
            f'<form method="post">{buttons}</form>'
        )
        return HTMLResponse(PAGE.format(content=content))

    async def pay(self, request: Request) -> Response:
        session = self._books.sessions.get(request.path_params["id"])
        if session is None or not self._books.is_open(session):
            return await self.page(request)
        async with request.form() as form:
            status = str(form.get("status"))
        if status not in PAYMENT_OUTCOMES:
            return _problem(422, "INVALID_REQUEST_BODY", f"status: {status}")
        payment = self._books.paid(session["session_id"], status)
        self._deliveries.send(f"payment.{status}", payment)
        query = urlencode({"payment_id": payment["payment_id"], "status": status})
        target: str = session["return_url"]
        if not target:
            return HTMLResponse(PAGE.format(content=f"<p>The payment has {html.escape(status)}.</p>"))
        return RedirectResponse(f"{target}{'&' if '?' in target else '?'}{query}", 303)

    async def show_webhooks(self, request: Request) -> Response:
        return JSONResponse([_shown(message) for message in self._deliveries.messages])

    async def release(self, request: Request) -> Response:
        return JSONResponse([_shown(message) for message in await self._deliveries.release()])

    def _told(self, event_type: str, subject: Json) -> Response:
        self._deliveries.send(event_type, subject)
        return JSONResponse(subject)


def _shown(message: Message) -> Json:
    return {"id": message.id, "type": message.event_type, "statuses": message.statuses}


def _one_of(known: tuple[str, ...], value: str) -> str:
    if value not in known:
        raise UnknownError(value)
    return value


def _problem(status: int, code: str, message: str) -> Response:
    return JSONResponse({"code": code, "message": message}, status)
