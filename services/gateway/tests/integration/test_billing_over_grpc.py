"""The gateway's view of billing, against billing as it runs: a real socket and a real file."""

import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from metaextract.billing.v1 import billing_pb2 as pb
from metaextract.billing.v1.billing_pb2_grpc import BillingServiceStub
from metaextract_billing.main import running
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.rpc.client import open_channel
from metaextract_gateway.adapters.rpc.billing import RpcBilling
from metaextract_gateway.domain.model import (
    Access,
    Delivered,
    HoldState,
    Operations,
    Payer,
    Quoted,
    Upload,
)
from metaextract_gateway.domain.money import StatedFile

ALICE = Payer("session:alice", "device-1", client_address="192.0.2.1")
FORENSICS = Operations(embedding=True, forensics=True)
UPLOAD = Upload("id-1", "key-1", "a.jpg", "image/jpeg", 10, 100, partial_results=False)
FILE = StatedFile("f1", 10, 10, 10)


@pytest.fixture
async def billing() -> AsyncIterator[RpcBilling]:
    """Billing in which Alice has 20 credits."""
    # A socket's path may be 107 bytes long, so pytest's own folders are too deep.
    with tempfile.TemporaryDirectory(prefix="billing-") as folder:
        settings = Settings(
            listen=f"unix:{folder}/s", database_path=Path(folder) / "billing.sqlite", drain_seconds=5
        )
        async with running(settings) as address, open_channel(address, timeout_seconds=60) as channel:
            grant = pb.GrantCreditsRequest(account=ALICE.account, request_id="g", credits=20)
            await BillingServiceStub(channel).GrantCredits(grant)
            yield RpcBilling(channel)


async def quoted(billing: RpcBilling, operations: Operations, file: StatedFile = FILE) -> Upload:
    quote = await billing.quote(ALICE.account, [file], operations)
    return replace(UPLOAD, quoted=Quoted(quote.id, file.id))


async def refusal(billing: RpcBilling, request_id: str, upload: Upload) -> str:
    with pytest.raises(ServiceError) as caught:
        await billing.hold(ALICE, request_id, upload)
    return caught.value.reason


async def test_a_quote_names_files_as_the_client_does(billing: RpcBilling) -> None:
    quote = await billing.quote(ALICE.account, [FILE, StatedFile("f2", 5, 5000, 3000)], FORENSICS)

    assert [(file.id, file.credits, file.size_bucket) for file in quote.files] == [
        ("f1", 8, "standard"),
        ("f2", 9, "large"),
    ]
    assert quote.credits_total == 17
    assert len(quote.id) == 36
    assert quote.expire_time.tzinfo is not None


async def test_the_operations_of_a_quote_stand_for_those_of_the_upload(billing: RpcBilling) -> None:
    upload = replace(await quoted(billing, FORENSICS), operations=Operations(ocr=True))

    hold = await billing.hold(ALICE, "key-1", upload)
    again = await billing.hold(ALICE, "key-1", upload)

    assert (hold.operations, hold.credits_held) == (FORENSICS, 8)
    assert again == hold


async def test_more_than_was_quoted_is_not_done_for_the_quoted_price(billing: RpcBilling) -> None:
    everything = Operations(embedding=True, ocr=True, forensics=True)
    upload = replace(await quoted(billing, Operations()), operations=everything)

    hold = await billing.hold(ALICE, "key-1", upload)

    assert (hold.operations, hold.credits_held) == (Operations(), 1)


async def test_who_pays_may_repeat_a_request_from_another_device(billing: RpcBilling) -> None:
    hold = await billing.hold(ALICE, "key-1", UPLOAD)

    assert hold.credits_held > 0
    assert await billing.hold(replace(ALICE, device="another"), "key-1", UPLOAD) == hold


async def test_a_quoted_price_serves_once(billing: RpcBilling) -> None:
    upload = await quoted(billing, FORENSICS)
    hold = await billing.hold(ALICE, "key-1", upload)
    await billing.capture(hold.name, Delivered(10, 10, 10, FORENSICS, sha256="a" * 64))

    assert await refusal(billing, "key-2", upload) == "QUOTE_FILE_UNUSABLE"
    assert await refusal(billing, "key-1", replace(upload, size_bytes_expected=11)) in (
        "QUOTE_FILE_UNUSABLE",
        "IDEMPOTENCY_KEY_REUSED",
    )
    assert (await billing.hold(ALICE, "key-1", upload)).state is HoldState.CAPTURED
    assert (await billing.balance(ALICE.account)).credits_available == 12


async def test_a_quote_of_somebody_else_or_for_another_file_is_told_apart(billing: RpcBilling) -> None:
    upload = await quoted(billing, Operations())
    assert upload.quoted is not None

    foreign = replace(upload, quoted=Quoted("00000000-0000-4000-8000-000000000000", "f1"))
    other = replace(upload, quoted=replace(upload.quoted, file_id="f2"))

    assert await refusal(billing, "key-1", foreign) == "QUOTE_NOT_FOUND"
    assert await refusal(billing, "key-1", other) == "QUOTE_FILE_UNUSABLE"


async def test_a_trial_pays_for_whoever_gives_an_address_that_has_one(billing: RpcBilling) -> None:
    nobody = Payer("session:bob", "device-2", email="bob@example.com", client_address="192.0.2.2")

    holds = [await billing.hold(nobody, f"key-{at}", UPLOAD) for at in range(2)]
    with pytest.raises(ServiceError) as caught:
        await billing.hold(nobody, "key-2", UPLOAD)

    assert [hold.access for hold in holds] == [Access.TRIAL] * 2
    assert caught.value.reason == "INSUFFICIENT_CREDITS"


async def test_a_quote_counts_for_every_account_that_the_caller_proves(billing: RpcBilling) -> None:
    file = StatedFile("f1", 10, 4000, 4000)
    quote = await billing.quote("session:cookie", [file], Operations(forensics=True))
    elsewhere = Quoted(quote.id, "f1", accounts=("session:other", "session:cookie"))

    with pytest.raises(ServiceError) as caught:
        await billing.hold(ALICE, "key-q1", replace(UPLOAD, quoted=Quoted(quote.id, "f1")))
    hold = await billing.hold(ALICE, "key-q2", replace(UPLOAD, quoted=elsewhere))
    again = await billing.hold(ALICE, "key-q2", replace(UPLOAD, quoted=Quoted(quote.id, "f1")))
    captured = await billing.capture(hold.name, Delivered(10, 4000, 4000, Operations(forensics=True)))

    assert caught.value.reason == "QUOTE_NOT_FOUND"
    assert (hold.credits_held, hold.operations) == (quote.credits_total, Operations(forensics=True))
    assert again == hold
    assert captured.credits_captured == quote.credits_total


async def test_a_balance_has_a_name_that_is_not_the_account(billing: RpcBilling) -> None:
    balance = await billing.balance(ALICE.account)

    assert balance.credits_available == 20
    assert len(balance.id) == 36
    assert "alice" not in balance.id


async def test_credits_are_claimed_once(billing: RpcBilling) -> None:
    claimed = [await billing.claim(ALICE.account, "user:7", "claim-1") for _ in range(2)]

    assert claimed == [20, 20]
    assert (await billing.balance(ALICE.account)).credits_available == 0
    assert (await billing.balance("user:7")).credits_available == 20
