"""Everything that a caller may ask about purchases, in one place for whoever carries the requests."""

from collections.abc import Mapping
from dataclasses import dataclass

from metaextract_billing.application.adopting import AdoptOrder
from metaextract_billing.application.desk import Desk
from metaextract_billing.application.purchase_messages import (
    CancelSubscription,
    CheckRefund,
    ConfirmPayment,
    GetSubscription,
    ListParkedPayments,
    ReceiveWebhook,
)
from metaextract_billing.application.purchases import CreateOrder, GetOrder, ListPacks
from metaextract_billing.domain.payment_service import PaymentService, Webhooks
from metaextract_billing.domain.ports import Clock, Store
from metaextract_billing.domain.purchases import Pack


@dataclass(frozen=True, slots=True)
class PurchaseUseCases:
    """One for each RPC of the contract."""

    list_packs: ListPacks
    create_order: CreateOrder
    get_order: GetOrder
    receive_webhook: ReceiveWebhook
    confirm_payment: ConfirmPayment
    check_refund: CheckRefund
    list_parked_payments: ListParkedPayments
    get_subscription: GetSubscription
    cancel_subscription: CancelSubscription


def purchase_use_cases(
    desk: Desk,
    store: Store,
    now: Clock,
    packs: Mapping[str, Pack],
    payments: PaymentService,
    webhooks: Webhooks,
    *,
    payable: bool,
) -> PurchaseUseCases:
    """Build all of them. `packs` by id, cheapest first; `payable`: whether anybody takes the money."""
    adopt = AdoptOrder(store, now, packs)
    return PurchaseUseCases(
        list_packs=ListPacks(packs, payable),
        create_order=CreateOrder(desk, now, packs, payments),
        get_order=GetOrder(desk),
        receive_webhook=ReceiveWebhook(desk, now, webhooks, adopt),
        confirm_payment=ConfirmPayment(desk, now, payments, adopt),
        check_refund=CheckRefund(desk, now),
        list_parked_payments=ListParkedPayments(store),
        get_subscription=GetSubscription(desk),
        cancel_subscription=CancelSubscription(desk, now, payments),
    )
