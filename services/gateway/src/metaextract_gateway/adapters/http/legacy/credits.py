"""Packs, balance, purchase and claim of credits, in the legacy shapes (§1.7)."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.intake import idempotency_key
from metaextract_gateway.adapters.http.legacy import errors
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body, text
from metaextract_gateway.adapters.http.legacy.sessions import (
    Sessions,
    leave_cookie,
    new_session,
    session_account,
)
from metaextract_gateway.domain.money import Pack
from metaextract_gateway.domain.ports import Balances, Purchases

SUCCESS_PATH: Final = "/images_mvp/credits/success"
DESCRIPTION: Final = "Credits for using the Images Metadata tool."
EMAIL_CHARACTERS_MAX: Final = 320
PACK_CHARACTERS_MAX: Final = 64


def routes(
    balances: Balances,
    purchases: Purchases,
    who: Sessions,
    *,
    public_url: str = "",
) -> list[BaseRoute]:
    """Return the routes. `public_url`: where people reach this server; empty for what a request names."""
    account = _Account(balances, who)
    counter = _Counter(balances, purchases, who, public_url)
    return [
        Route("/api/images_mvp/credits/packs", counter.packs),
        Route("/api/images_mvp/credits/balance", account.balance),
        Route("/api/images_mvp/credits/purchase", counter.purchase, methods=["POST"]),
        Route("/api/images_mvp/credits/claim", account.claim, methods=["POST"]),
        # The payments module (§1.10): an owner has one balance, whichever module is asked.
        Route("/api/credits/balance", account.balance_with_session),
        Route("/api/credits/purchase", counter.purchase_of_user, methods=["POST"]),
        Route("/api/credits/claim", account.claim_of_module, methods=["POST"]),
    ]


class _Account:
    """Shows what an account holds, and moves it to another."""

    def __init__(self, balances: Balances, who: Sessions) -> None:
        self._balances = balances
        self._who = who

    async def balance(self, request: Request) -> Response:
        account = self._who.account_of(request, {})
        if not account:
            return JSONResponse({"credits": 0, "balanceId": None})
        return await self._balance_of(account)

    async def balance_with_session(self, request: Request) -> Response:
        """Show a balance; whoever has no session yet gets one, as the payments module did."""
        if account := self._who.account_of(request, {}):
            return await self._balance_of(account)
        session = new_session()
        response = await self._balance_of(session_account(session))
        leave_cookie(request, response, session)
        return response

    async def claim(self, request: Request) -> Response:
        if account := self._who.user_account_of(request):
            return await self._claimed(request, account)
        return JSONResponse({"error": "Authentication required", "code": "AUTH_REQUIRED"}, 401)

    async def claim_of_module(self, request: Request) -> Response:
        """Claim, refused in the words of the payments module."""
        if account := self._who.user_account_of(request):
            return await self._claimed(request, account)
        return _bare(401, "Authentication required")

    async def _balance_of(self, account: str) -> Response:
        try:
            found = await self._balances.balance(account)
        except ServiceError:
            return _bare(500, "Failed to get credit balance")
        return JSONResponse({"credits": found.credits_available, "balanceId": found.id})

    async def _claimed(self, request: Request, account: str) -> Response:
        try:
            session = self._who.session_of(request, await json_body(request))
            if not session:
                response = JSONResponse({"transferred": 0})
                leave_cookie(request, response, new_session())
                return response
            request_id = idempotency_key(request) or str(uuid.uuid4())
            transferred = await self._balances.claim(session_account(session), account, request_id)
        except BodyError as error:
            return error.response
        except ServiceError:
            return _bare(500, "Failed to claim credits")
        return JSONResponse({"transferred": transferred})


@dataclass(frozen=True)
class _Counter:
    """Sells packs."""

    balances: Balances
    purchases: Purchases
    who: Sessions
    public_url: str

    async def packs(self, _request: Request) -> Response:
        try:
            catalogue = await self.purchases.catalogue()
        except ServiceError:
            return _bare(500, "Failed to get credit packs")
        packs = {pack.id: shown(pack) for pack in catalogue.packs}
        return JSONResponse({"packs": packs, "description": DESCRIPTION})

    async def purchase(self, request: Request) -> Response:
        return await self._sold(
            request, self.who.account_of, errors.payments_not_configured, _session_required
        )

    async def purchase_of_user(self, request: Request) -> Response:
        """Sell to those who are signed in, in the words of the payments module."""
        return await self._sold(
            request,
            lambda request, _body: self.who.user_account_of(request),
            errors.payments_module_not_configured,
            _sign_in_first,
        )

    async def _sold(
        self,
        request: Request,
        buyer: Callable[[Request, Mapping[str, Any]], str],
        unpayable: Callable[[], Response],
        nobody: Callable[[], Response],
    ) -> Response:
        """Check what was asked for in the order of the original."""
        try:
            body = await json_body(request)
            catalogue = await self.purchases.catalogue()
            if not catalogue.payable:
                return unpayable()
            pack = text(body.get("pack"), PACK_CHARACTERS_MAX)
            if pack not in {one.id for one in catalogue.packs}:
                return _bare(400, "Invalid credit pack")
            account = buyer(request, body)
            return await self._ordered(request, account, pack, body) if account else nobody()
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return refused_purchase(error)

    async def _ordered(self, request: Request, account: str, pack: str, body: Mapping[str, Any]) -> Response:
        found = await self.balances.balance(account)
        base = self.public_url or str(request.base_url).rstrip("/")
        return_url = f"{base}{SUCCESS_PATH}?{urlencode({'pack': pack, 'balanceId': found.id})}"
        email = text(body.get("email"), EMAIL_CHARACTERS_MAX).strip()
        key = idempotency_key(request)
        order = await self.purchases.order(account, key, pack, email=email, return_url=return_url)
        return JSONResponse({"checkout_url": order.checkout_url, "session_id": order.checkout_session})


def refused_purchase(error: ServiceError) -> Response:
    """Render what came of an order that could not be made."""
    match error.reason:
        case "PAYMENTS_NOT_CONFIGURED":
            return errors.payments_not_configured()
        case "PACK_UNKNOWN":
            return _bare(400, "Invalid credit pack")
        case "PACK_NOT_FOR_SALE":
            return _bare(500, "Product configuration missing")
        case "INVALID_REQUEST" if error.metadata.get("field") == "email":
            return _bare(400, "Invalid email")
        case _:
            details = error.reason.replace("_", " ").capitalize()
            return JSONResponse({"error": "Failed to create checkout session", "details": details}, 500)


def _session_required() -> Response:
    return _bare(400, "Session ID required")


def _sign_in_first() -> Response:
    message = "Please sign in to purchase credits so they are available across devices."
    return JSONResponse({"error": "Authentication required", "message": message}, 401)


def shown(pack: Pack) -> dict[str, Any]:
    """Return a pack as the original showed it."""
    amount = f"{pack.price_cents / 100:.2f}"
    return {
        "credits": pack.credits,
        "price": pack.price_cents,
        "priceDisplay": f"${amount}" if pack.currency == "USD" else f"{amount} {pack.currency}",
        "name": pack.name,
        "description": pack.description,
        "productId": pack.product,
    }


def _bare(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
