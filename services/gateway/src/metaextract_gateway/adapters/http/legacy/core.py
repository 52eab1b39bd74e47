"""The payments module of the original (§1.10), as far as it is about credits and subscriptions.

It had a balance of its own beside that of images; here an owner has one. What it answered to anybody about
somebody else's money (§10.C, 23), it answers to the owner.
"""

import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http import rate_rules
from metaextract_gateway.adapters.http.auth.callers import caller_of, require
from metaextract_gateway.adapters.http.legacy import credits as credits_
from metaextract_gateway.adapters.http.legacy import errors, payments, schedule
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body, text
from metaextract_gateway.adapters.http.legacy.sessions import (
    Sessions,
    leave_cookie,
    new_session,
    session_account,
)
from metaextract_gateway.domain.identity import Role
from metaextract_gateway.domain.money import Movement
from metaextract_gateway.domain.ports import Balances, Journal, Purchases

Handler = Callable[[Request], Awaitable[Response]]

TIERS: Final = {
    "professional": "professional",
    "starter": "professional",
    "forensic": "forensic",
    "premium": "forensic",
    "enterprise": "enterprise",
    "super": "enterprise",
}
"""What the original sold by subscription (§5.7), by every name."""
MOVEMENTS_COUNT_MAX: Final = 100
GRANT_DEFAULT: Final = 100
GRANT_MAX: Final = 1_000_000
DAY: Final = timedelta(days=1)
_MAKING_CREDITS: Final = (
    "/api/dev/credits/grant",
    "/api/dev/images_mvp/credits/grant",
)
_WITHOUT_ENGINE: Final = (
    ("/api/credits/trends", "GET"),
    ("/api/user/extractions", "GET"),
    ("/api/analytics/range", "GET"),
    ("/api/analytics/export", "GET"),
    ("/api/user/alerts", "GET"),
    ("/api/user/alerts", "POST"),
    ("/api/user/alerts/check", "GET"),
)


def routes(
    balances: Balances, journal: Journal, purchases: Purchases, who: Sessions, *, metered: bool
) -> list[BaseRoute]:
    """Return the routes. Those that make credits out of nothing are there only if nothing is charged."""
    desk = _Desk(balances, journal, purchases, who)
    paths = {
        "/api/credits/packs": (desk.packs, "GET"),
        "/api/credits/transactions": (desk.transactions, "GET"),
        "/api/images_mvp/credits/transactions": (desk.transactions, "GET"),
        "/api/credits/use": (desk.use, "POST"),
        "/api/checkout/create-session": (desk.subscribe, "POST"),
        "/api/subscription/status": (desk.subscription, "GET"),
        "/api/subscription/cancel": (desk.cancel, "POST"),
        "/api/admin/credits/refund-eligibility": (desk.refundable, "GET"),
        "/api/credits/add": (desk.nothing_here, "POST"),
    }
    for path in _MAKING_CREDITS:
        paths[path] = (desk.nothing_here if metered else desk.grant, "POST")
    return [
        *(Route(path, handler, methods=[method]) for path, (handler, method) in paths.items()),
        *(Route(path, desk.without_engine, methods=[method]) for path, method in _WITHOUT_ENGINE),
        Route("/api/admin/{path:path}", desk.administration, methods=list(rate_rules.ANY_METHOD)),
    ]


@dataclass(frozen=True, slots=True)
class _Desk:
    balances: Balances
    journal: Journal
    purchases: Purchases
    who: Sessions

    async def packs(self, _request: Request) -> Response:
        """Say what is sold, and what files cost: an image by its size and operations, and nothing else."""
        try:
            catalogue = await self.purchases.catalogue()
        except ServiceError:
            return _bare(500, "Failed to get credit packs")
        standard = schedule.STANDARD_CREDITS_PER_IMAGE
        costs = {"standard_image": standard, "raw_image": standard, "video": None, "audio": None, "pdf": None}
        packs = {pack.id: credits_.shown(pack) for pack in catalogue.packs}
        return JSONResponse({"packs": packs, "costs": costs, "description": credits_.DESCRIPTION})

    async def transactions(self, request: Request) -> Response:
        """Tell owners what became of their credits, the newest first."""
        account = self.who.account_of(request, {})
        if not account:
            named = request.query_params.get("balanceId")
            return authentication_required() if named else JSONResponse({"transactions": []})
        try:
            balance = await self.balances.balance(account)
            if request.query_params.get("balanceId", balance.id) != balance.id:
                return errors.forbidden()
            movements = await self.journal.movements(account, MOVEMENTS_COUNT_MAX)
        except ServiceError:
            return _bare(500, "Failed to get transactions")
        return JSONResponse({"transactions": [transaction(balance.id, one) for one in movements]})

    async def use(self, request: Request) -> Response:
        """Refuse: credits are spent by extractions. The original took them from whomever was named."""
        try:
            body = await json_body(request)
        except BodyError as error:
            return error.response
        if not body.get("balanceId") or not body.get("amount"):
            return _bare(400, "Balance ID and amount required")
        return errors.forbidden() if self.who.user_account_of(request) else authentication_required()

    async def subscribe(self, request: Request) -> Response:
        """Refuse: packs are sold, and no subscriptions."""
        try:
            body = await json_body(request)
            catalogue = await self.purchases.catalogue()
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return credits_.refused_purchase(error)
        if not catalogue.payable:
            return errors.payments_module_not_configured()
        tier = TIERS.get(text(body.get("tier"), max(map(len, TIERS))).lower())
        return _bare(400, f"Product not configured for tier: {tier}" if tier else "Invalid tier")

    async def subscription(self, request: Request) -> Response:
        """Tell a user of their own: there is none. Whoever asks for nobody's hears as much."""
        caller = caller_of(request)
        if not caller.is_signed_in:
            named = request.query_params.get("userId")
            none = {"tier": "enterprise", "status": "none"}
            return authentication_required() if named else JSONResponse(none)
        if request.query_params.get("userId", caller.user) != caller.user:
            return errors.forbidden()
        return JSONResponse({"tier": "enterprise", "status": "none", "subscriptionId": None})

    async def cancel(self, request: Request) -> Response:
        """Refuse: there is nothing to cancel, least of all for somebody else."""
        return (
            _bare(400, "No active subscription")
            if caller_of(request).is_signed_in
            else authentication_required()
        )

    async def refundable(self, request: Request) -> Response:
        """Tell an administrator whether a payment may be refunded (§5.5)."""
        payment = request.query_params.get("paymentId", "")
        try:
            require(request, Role.ADMIN)
            if not payments.PAYMENT.fullmatch(payment):
                return _bare(400, "paymentId is required")
            refund = await self.purchases.refund(payment)
        except ServiceError as error:
            if error.kind is Kind.NOT_FOUND:
                return _bare(404, "Purchase not found")
            return _not_for(error)
        return JSONResponse(
            {
                "eligible": refund.eligible,
                "policy": {"window_days": refund.window.days, "unused_only": True},
                "details": {
                    "amount": refund.credits_granted,
                    "remaining": refund.credits_remaining,
                    "createdAt": errors.iso(refund.create_time),
                    "withinWindow": refund.within_window,
                    "unused": refund.unused,
                    "ageDays": refund.age / DAY,
                },
            }
        )

    async def grant(self, request: Request) -> Response:
        """Give whoever asks some credits: for trying things out where nothing is charged."""
        try:
            body = await json_body(request)
            wanted = _wanted(body.get("credits"))
            if wanted is None:
                return _bare(400, "credits must be a positive number")
            named = self.who.account_of(request, body)
            session = "" if named else new_session()
            account = named or session_account(session)
            await self.journal.grant(account, str(uuid.uuid4()), wanted)
            balance = await self.balances.balance(account)
        except BodyError as error:
            return error.response
        except ServiceError:
            return _bare(500, "Failed to grant credits")
        given = {"ok": True, "balanceId": balance.id, "credits": balance.credits_available}
        response = JSONResponse(given)
        if session:
            leave_cookie(request, response, session)
        return response

    async def nothing_here(self, _request: Request) -> Response:
        """Say what the original said in production of what makes credits out of nothing."""
        return _bare(404, "Not found")

    async def administration(self, request: Request) -> Response:
        """Say nothing of what there is to anybody but administrators."""
        try:
            require(request, Role.ADMIN)
        except ServiceError as error:
            return _not_for(error)
        return errors.no_endpoint(request)

    async def without_engine(self, request: Request) -> Response:
        """Refuse: there is nothing behind these, and the original let only users see it."""
        if self.who.user_account_of(request):
            return errors.no_endpoint(request)
        return authentication_required()


def _wanted(stated: object) -> int | None:
    """Return how many credits somebody wants; None if that is no such number."""
    text_ = str(GRANT_DEFAULT if stated is None else stated)
    wanted = int(text_) if re.fullmatch(r"\d{1,7}", text_, re.ASCII) else 0
    return wanted if 0 < wanted <= GRANT_MAX else None


def _not_for(error: ServiceError) -> Response:
    """Refuse what is for administrators, to strangers in the words of the original."""
    if error.kind is not Kind.UNAUTHENTICATED:
        return errors.render(error)
    message = "Admin authentication required"
    return JSONResponse({"error": "Unauthorized", "message": message}, 401)


def transaction(balance_id: str, movement: Movement) -> dict[str, Any]:
    """Return a movement as a row of the legacy's table (§8). A grant is a purchase there, too."""
    type_ = "purchase" if movement.kind == "grant" else movement.kind
    payment = movement.payment if movement.kind in ("purchase", "refund") else ""
    return {
        "id": str(uuid.uuid5(uuid.UUID(balance_id), str(movement.number))),
        "balanceId": balance_id,
        "type": type_,
        "amount": movement.credits,
        "description": movement.kind.capitalize(),
        "fileType": None,
        "dodoPaymentId": payment or None,
        "createdAt": errors.iso(movement.time),
    }


def authentication_required() -> Response:
    """Nobody is signed in; the shape of this module."""
    return _bare(401, "Authentication required")


def _bare(status: int, message: str) -> Response:
    return JSONResponse({"error": message}, status)
