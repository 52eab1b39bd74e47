"""/v1: prices, credits and purchases of the caller.

The calls are unary, but whose money it is is never the client's to say: so they are written by hand. The
account is that of whoever is signed in, else that of the session (cookie or `X-Session-Id`), as on the legacy
routes.
"""

from typing import TYPE_CHECKING, Final, cast
from urllib.parse import urlencode

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1 import purchases_pb2
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract.billing.v1.purchases_pb2_grpc import PurchasesServiceStub
from metaextract_common.errors import invalid_request
from metaextract_gateway.adapters.http import negotiation
from metaextract_gateway.adapters.http.intake import IDEMPOTENCY_KEY_CHARACTERS_MAX, idempotency_key
from metaextract_gateway.adapters.http.legacy import sessions
from metaextract_gateway.adapters.http.legacy.credits import SUCCESS_PATH
from metaextract_gateway.adapters.http.legacy.sessions import Sessions
from metaextract_gateway.adapters.http.transcoding import body_of, parameters, parsed, to_json
from metaextract_gateway.domain import errors

if TYPE_CHECKING:  # the typed face of the stubs, which exists for type checkers only
    from metaextract.billing.v1.billing_pb2_grpc import BillingServiceAsyncStub
    from metaextract.billing.v1.purchases_pb2_grpc import PurchasesServiceAsyncStub

ORDER_SECONDS_MAX: Final = 30.0
"""Billing asks the payment service meanwhile."""


def routes(billing: grpc.aio.Channel, who: Sessions, *, public_url: str) -> list[BaseRoute]:
    """Return the routes. `public_url`: where people reach this server; empty for what a request names."""
    prices, shop = _Prices(billing, who), _Shop(billing, who, public_url)
    return [
        Route("/v1/quotes", prices.quote, methods=["POST"]),
        Route("/v1/credits", prices.balance),
        Route("/v1/credits/transfers", prices.transfers),
        Route("/v1/credits/packs", shop.packs),
        Route("/v1/credits/orders", shop.order, methods=["POST"]),
        Route("/v1/credits/orders/{order}", shop.ordered),
    ]


class _Prices:
    """What extractions cost, and what the caller has."""

    def __init__(self, billing: grpc.aio.Channel, who: Sessions) -> None:
        self._stub: BillingServiceAsyncStub = BillingServiceStub(billing)
        self._who = who

    async def quote(self, request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        wanted = parsed(pb.CreateQuoteRequest, await body_of(request), ours=("account",))
        known = self._who.account_of(request, {})
        session = "" if known else sessions.new_session()
        wanted.account = known or sessions.session_account(session)
        response = _json((await self._stub.CreateQuote(wanted)).quote, 201)
        if session:  # the price is kept for whoever asked: let them be known again
            sessions.leave_cookie(request, response, session)
        return response

    async def balance(self, request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        parameters(request, {})
        account = _account(self._who, request)
        return _json(await self._stub.GetBalance(pb.GetBalanceRequest(account=account)))

    async def transfers(self, request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        fields = cast("Descriptor", pb.ListTransfersRequest.DESCRIPTOR).fields
        paging = {one.name: one for one in fields if one.name != "account"}
        wanted = parsed(pb.ListTransfersRequest, parameters(request, paging))
        wanted.account = _account(self._who, request)
        return _json(await self._stub.ListTransfers(wanted))


class _Shop:
    """What can be bought, and what was."""

    def __init__(self, billing: grpc.aio.Channel, who: Sessions, public_url: str) -> None:
        self._billing: BillingServiceAsyncStub = BillingServiceStub(billing)
        self._stub: PurchasesServiceAsyncStub = PurchasesServiceStub(billing)
        self._who = who
        self._public_url = public_url

    async def packs(self, request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        parameters(request, {})
        return _json(await self._stub.ListPacks(purchases_pb2.ListPacksRequest()))

    async def order(self, request: Request) -> Response:
        """Order a pack. The way back from the payment is ours: a client must not send buyers elsewhere."""
        negotiation.chosen(request, [negotiation.JSON])
        ours = ("account", "request_id", "return_url")
        wanted = parsed(purchases_pb2.CreateOrderRequest, await body_of(request), ours=ours)
        wanted.request_id = idempotency_key(request)
        if not wanted.request_id:
            rule = (
                f"is needed: 1 to {IDEMPOTENCY_KEY_CHARACTERS_MAX} characters, another one for each purchase"
            )
            raise invalid_request("Idempotency-Key", rule)
        wanted.account = _account(self._who, request)
        balance = await self._billing.GetBalance(pb.GetBalanceRequest(account=wanted.account))
        base = self._public_url or str(request.base_url).rstrip("/")
        query = urlencode({"pack": wanted.pack, "balanceId": balance.balance_id})
        wanted.return_url = f"{base}{SUCCESS_PATH}?{query}"
        order = (await self._stub.CreateOrder(wanted, timeout=ORDER_SECONDS_MAX)).order
        response = _json(order, 201)
        response.headers["Location"] = f"/v1/credits/{order.name}"
        return response

    async def ordered(self, request: Request) -> Response:
        negotiation.chosen(request, [negotiation.JSON])
        parameters(request, {})
        name = f"orders/{request.path_params['order']}"
        wanted = purchases_pb2.GetOrderRequest(account=_account(self._who, request), name=name)
        return _json((await self._stub.GetOrder(wanted)).order)


def _account(who: Sessions, request: Request) -> str:
    account = who.account_of(request, {})
    if not account:
        raise errors.session_required()
    return account


def _json(message: Message, status: int = 200) -> Response:
    headers = {"Cache-Control": "no-store"}
    return Response(to_json(message), status, headers, media_type=negotiation.JSON)
