"""What an upload says of its price and of who pays, and the key of a client that sends none (§1.4, §12)."""

import pytest
from starlette.requests import Request

from metaextract_gateway.adapters.http.intake import Visitor, key_of_claim
from metaextract_gateway.adapters.http.legacy.quotes import known_id
from metaextract_gateway.adapters.http.legacy.routes import _access, _email, _operations, _quoted
from metaextract_gateway.adapters.http.legacy.sessions import session_account
from metaextract_gateway.domain.model import Access, Delivered, Hold, HoldState, Operations, Quoted

QUOTE = "8e5aa1f8-62c7-4ba3-ab72-a51ff4c2f5e7"
EMBEDDING = Operations(embedding=True)


def request(length: int) -> Request:
    return Request({"type": "http", "headers": [(b"content-length", str(length).encode())]})


@pytest.mark.parametrize(
    ("fields", "email"),
    [
        ({"trial_email": " Foo@Example.com "}, "foo@example.com"),
        ({"access_email": "a@b.c"}, "a@b.c"),
        ({"trial_email": "", "access_email": "a@b.c"}, "a@b.c"),
        ({"trial_email": "a@b"}, ""),
        ({"trial_email": "nobody"}, ""),
        ({"trial_email": "a@" + "b" * 400}, ""),
        ({}, ""),
    ],
)
def test_an_address_is_trimmed_and_written_small(fields: dict[str, str], email: str) -> None:
    assert _email(fields) == email


@pytest.mark.parametrize(
    ("fields", "quoted"),
    [
        ({"quote_id": QUOTE, "client_file_id": "f1"}, Quoted(QUOTE, "f1")),
        ({"quote_id": f" {QUOTE.upper()} ", "client_file_id": "f1"}, Quoted(QUOTE, "f1")),
        ({"quote_id": QUOTE}, None),
        ({"quote_id": QUOTE, "client_file_id": "x" * 101}, Quoted(QUOTE, known_id("x" * 101))),
        ({"quote_id": QUOTE, "client_file_id": "a\0b"}, Quoted(QUOTE, known_id("a\0b"))),
        ({"quote_id": "q_1", "client_file_id": "f1"}, None),
        ({"client_file_id": "f1"}, None),
    ],
)
def test_a_quote_that_nobody_can_know_is_not_claimed(fields: dict[str, str], quoted: Quoted | None) -> None:
    assert _quoted(fields) == quoted


def test_whoever_claims_one_price_again_for_the_same_length_repeats_a_request() -> None:
    price = Quoted(QUOTE, "f1")
    key = key_of_claim(request(10), price, "")

    assert key == key_of_claim(request(10), price, "")
    assert key_of_claim(request(10), None, "") == ""
    others = {
        key_of_claim(request(11), price, ""),
        key_of_claim(request(10), Quoted(QUOTE, "f2"), ""),
        key_of_claim(request(10), price, "a@b.c"),
    }
    assert len({key, *others}) == 4
    assert len(key) <= 128


@pytest.mark.parametrize(
    ("access", "email", "section"),
    [
        (
            Access.CREDITS,
            "",
            {"trial_email_present": False, "trial_granted": False, "credits_charged": 4, "mode": "paid"},
        ),
        (
            Access.FREE_CHECK,
            "a@b.c",
            {
                "trial_email_present": True,
                "trial_granted": False,
                "credits_charged": 0,
                "mode": "device_free",
                "free_used": 2,
            },
        ),
        (
            Access.TRIAL,
            "a@b.c",
            {
                "trial_email_present": True,
                "trial_granted": True,
                "credits_charged": 0,
                "mode": "trial_limited",
            },
        ),
    ],
)
def test_the_answer_says_what_paid_and_what_it_would_have_cost(
    access: Access, email: str, section: dict[str, object]
) -> None:
    credits_ = 4 if access is Access.CREDITS else 0
    hold = Hold("holds/1", HoldState.CAPTURED, access, credits_, credits_, 2, EMBEDDING)
    visitor = Visitor("device-1", device_is_new=False, address="", account=session_account("s1"), email=email)

    shown = _access(hold, Delivered(10, 1, 1), visitor).section()

    assert shown == section | {"credits_required": 4}


def test_free_checks_are_those_of_the_device_and_trials_those_of_the_address() -> None:
    visitor = Visitor("device-1", device_is_new=True, address="192.0.2.1", email="a@b.c")

    assert visitor.payer.account == "device:device-1"
    assert (visitor.payer.device, visitor.payer.email) == ("device-1", "a@b.c")
    assert visitor.payer.client_address == "192.0.2.1"


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({}, Operations(embedding=True)),
        ({"op_embedding": "0", "op_ocr": " ON "}, Operations(ocr=True)),
        ({"ops": '{"ocr": true, "embedding": false}'}, Operations(ocr=True)),
        ({"ops": '{"ocr": true}', "op_ocr": "no"}, Operations(embedding=True)),
        ({"ops": '{"ocr": "yes", "forensics": 1}'}, Operations(embedding=True)),
        ({"ops": "[true]"}, Operations(embedding=True)),
        ({"ops": "{" * 5000}, Operations(embedding=True)),
    ],
)
def test_operations_are_fields_of_their_own_or_booleans_together(
    fields: dict[str, str], wanted: Operations
) -> None:
    assert _operations(fields) == wanted
