"""Buying packs: what is sold, ordering it, and what became of an order."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from metaextract_billing.application.book_keeping import account_id
from metaextract_billing.application.desk import Desk
from metaextract_billing.domain import errors
from metaextract_billing.domain.payment_service import CheckoutSession, PaymentService
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.purchases import Order, Pack, Payment
from metaextract_billing.domain.records import Book, Key, OrderKey, PaymentKey, Record

_ORDERS: Final = uuid.UUID("c0a5f0de-0f5a-4d38-9c0e-6f8d1f2b7a13")
"""Namespace of orders: an order is named after the request that made it."""
ORDER_PREFIX: Final = "orders/"
SAME_CLICK: Final = timedelta(minutes=1)
"""Within what time a second click of an unpaid purchase means the first."""


class OrderState(StrEnum):
    """What became of an order."""

    PENDING = "pending"
    PAID = "paid"
    DISPUTED = "disputed"
    REVERSED = "reversed"


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order with what became of it."""

    order: Order
    state: OrderState


@dataclass(frozen=True, slots=True)
class ListPacks:
    """Says what is sold. `packs` by id, cheapest first; `payable`: whether anybody takes the money."""

    packs: Mapping[str, Pack]
    payable: bool

    def __call__(self) -> tuple[Pack, ...]:
        """Return the packs."""
        return tuple(self.packs.values())


@dataclass(frozen=True, slots=True)
class CreateOrder:
    """Orders a pack: first the order is written, then the payment service is asked where it can be paid."""

    desk: Desk
    now: Clock
    packs: Mapping[str, Pack]
    payments: PaymentService

    async def __call__(
        self, owner: str, request_id: str, pack_id: str, *, email: str | None, return_url: str
    ) -> PlacedOrder:
        """Return a new order, or the one that `request_id` made before, with a living checkout session.

        Without a `request_id` the second click of a double click gets the order of the first.
        Raises PACK_UNKNOWN, PACK_NOT_FOR_SALE, IDEMPOTENCY_KEY_REUSED and what `PaymentService` raises.
        """
        pack = self.packs.get(pack_id)
        if pack is None:
            raise errors.pack_unknown(pack_id)
        if not pack.product:
            raise errors.pack_not_for_sale(pack_id)
        order = await (self._placed(owner, request_id, pack) if request_id else self._clicked(owner, pack))
        if order.payment is None and not order.has_checkout(self.now()):
            session = await self.payments.check_out(order, account_id(owner), email, return_url)
            order = await self._with_checkout(order, session)
        return await GetOrder(self.desk)(owner, ORDER_PREFIX + order.id)

    async def _placed(self, owner: str, request_id: str, pack: Pack) -> Order:
        order = self._order(owner, request_id, pack)

        def decide(book: Book) -> Order:
            first = book.get(OrderKey(order.id))
            if first is None:
                return _put(book, order)
            if first.pack != order.pack:
                raise errors.idempotency_key_reused(request_id)
            return first

        return await self.desk.carry_out_afresh([OrderKey(order.id)], decide)

    async def _clicked(self, owner: str, pack: Pack) -> Order:
        """Order what nobody has paid of a click before, wherever the clock's minutes part them, or anew."""
        now = self.now()
        minute = int(now.timestamp() // SAME_CLICK.total_seconds())
        order, before = (self._order(owner, f"{pack.id}-{at}", pack) for at in (minute, minute - 1))
        further = self._order(owner, str(uuid.uuid4()), pack)

        def decide(book: Book) -> Order:
            made = [book.get(OrderKey(one.id)) for one in (before, order)]
            for first in made:
                if first is not None and first.payment is None and now - first.create_time < SAME_CLICK:
                    return first
            return _put(book, further if made[-1] else order)

        keys = [OrderKey(one.id) for one in (before, order, further)]
        return await self.desk.carry_out_afresh(keys, decide)

    def _order(self, owner: str, request_id: str, pack: Pack) -> Order:
        return Order(
            id=str(uuid.uuid5(_ORDERS, f"{owner}\n{request_id}")),
            owner=owner,
            pack=pack.id,
            credits=pack.credits,
            price_cents=pack.price_cents,
            currency=pack.currency,
            create_time=self.now(),
            product=pack.product,
        )

    async def _with_checkout(self, order: Order, session: CheckoutSession) -> Order:
        """Note where an order can be paid, unless somebody else was quicker: sessions are disposable."""
        now = self.now()

        def decide(book: Book) -> Order:
            found = book.get(OrderKey(order.id)) or order
            if found.payment is not None or found.has_checkout(now):
                return found
            after = replace(found, checkout_session=session.id, checkout_url=session.url, checkout_time=now)
            book.put(after)
            return after

        return await self.desk.carry_out_afresh([OrderKey(order.id)], decide)


@dataclass(frozen=True, slots=True)
class GetOrder:
    """Returns an order with what became of it."""

    desk: Desk

    async def __call__(self, owner: str, name: str) -> PlacedOrder:
        """Return an order of `owner`. Raises ORDER_NOT_FOUND."""
        order = await self.desk.carry_out_afresh(
            [OrderKey(name.removeprefix(ORDER_PREFIX))],
            lambda book: book.get(OrderKey(name.removeprefix(ORDER_PREFIX))),
        )
        if order is None or order.owner != owner:
            raise errors.order_not_found(name)
        if order.payment is None:
            return PlacedOrder(order, OrderState.PENDING)
        key = PaymentKey(order.payment)
        keys: list[Key[Record]] = [key]
        payment = await self.desk.carry_out_afresh(keys, lambda book: book.get(key))
        return PlacedOrder(order, _state(payment))


def _put(book: Book, order: Order) -> Order:
    book.put(order)
    book.publish("order.created", {"pack": order.pack, "credits": str(order.credits)})
    return order


def _state(payment: Payment | None) -> OrderState:
    if payment is None:
        return OrderState.PAID
    if payment.is_lost or payment.credits_refunded >= payment.credits_granted:
        return OrderState.REVERSED
    return OrderState.DISPUTED if payment.is_disputed else OrderState.PAID
