"""Addresses are one if they reach one mailbox, and nobody can be named from what is kept of them."""

from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from metaextract_billing.domain.identities import EmailAddress, Identities, network_of

DAY = date(2026, 11, 23)
IDENTITIES = Identities(b"k" * 32)


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("anna@example.com", "anna@example.com"),
        ("  Anna@Example.COM\n", "anna@example.com"),
        ("anna+photos@example.com", "anna@example.com"),
        ("anna+a+b@example.com", "anna@example.com"),
        ("an.na@example.com", "an.na@example.com"),
        ("an.n.a@gmail.com", "anna@gmail.com"),
        ("An.Na+x@GoogleMail.com", "anna@gmail.com"),
        ("anna@example.com.", "anna@example.com"),
        ("anna@bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@BÜCHER.example", "anna@xn--bcher-kva.example"),
        ("anna@xn--bcher-kva.example", "anna@xn--bcher-kva.example"),
        ("an.na@\uff47\uff4d\uff41\uff49\uff4c.com", "anna@gmail.com"),
        ("anna@mail。example", "anna@mail.example"),
        ("ren\u00e9@example.com", "ren\u00e9@example.com"),
        ("Rene\u0301@example.com", "ren\u00e9@example.com"),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("anna@ex_ample.com", "anna@ex_ample.com"),
        ("a@b@example.com", "a@b@example.com"),
        ("+anna@example.com", "+anna@example.com"),
        ("...@gmail.com", "...@gmail.com"),
        ("@abc", "@abc"),
        ("abc@", "abc@"),
    ],
)
def test_an_address_has_one_normal_form(written, normal) -> None:
    assert str(EmailAddress.parse(written)) == normal


@pytest.mark.parametrize(
    "text", ["", "@", "a@b", "  a@b  ", "anna", "anna.example.com", "anna\uff20example.com"]
)
def test_what_the_legacy_service_did_not_take_is_no_address(text) -> None:
    assert EmailAddress.parse(text) is None


@given(st.text(max_size=330) | st.emails() | st.tuples(st.text(), st.text()).map("@".join))
@example("x@" + "a" * 300 + ".com")
@example("x@xn--")
@example("x@\u200d.com")
def test_any_text_is_an_address_or_none_and_normal_forms_stay(text) -> None:
    address = EmailAddress.parse(text)

    assert (address is None) == (len(text.strip().lower()) < 4 or "@" not in text)
    if address is not None and len(str(address)) >= 4:
        assert EmailAddress.parse(str(address)) == address


def test_a_domain_stands_for_those_below_it_and_for_no_other() -> None:
    listed = frozenset({"trash.example"})

    assert EmailAddress("anna", "trash.example").is_at(listed)
    assert EmailAddress("anna", "a.b.trash.example").is_at(listed)
    assert not EmailAddress("anna", "nottrash.example").is_at(listed)
    assert not EmailAddress("anna", "example").is_at(listed)
    assert not EmailAddress("anna", "trash.example.org").is_at(listed)
    assert not EmailAddress("trash.example", "").is_at(listed)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        (" 192.0.2.1 ", "192.0.2.0/24"),
        ("::ffff:192.0.2.200", "192.0.2.0/24"),
        ("::ffff:c000:0201", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("0.0.0.1", "0.0.0.0/24"),
    ],
)
def test_an_address_counts_for_its_network(address, network) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    "text", ["", "localhost", "192.0.2.1:443", "192.0.2", "192.0.2.256", "1.2.3.4.5", "[::1]"]
)
def test_all_that_is_no_address_counts_for_one_network(text) -> None:
    assert network_of(text) == "unreadable"


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_counts_the_same_within_ipv6(address) -> None:
    assert (
        network_of(f"::ffff:{address}")
        == network_of(str(address))
        == f"{str(address).rpartition('.')[0]}.0/24"
    )


@given(st.text())
def test_any_text_counts_for_a_network(text) -> None:
    assert network_of(text)


def test_a_digest_depends_on_the_key_and_on_the_mailbox_alone() -> None:
    anna = EmailAddress.parse("anna@example.com")
    same = EmailAddress.parse("Anna+x@example.com")
    other = EmailAddress.parse("anne@example.com")
    assert anna
    assert same
    assert other

    assert IDENTITIES.email(anna) == IDENTITIES.email(same)
    assert IDENTITIES.email(anna) != IDENTITIES.email(other)
    assert IDENTITIES.email(anna) != Identities(b"l" * 32).email(anna)
    assert len(bytes.fromhex(IDENTITIES.email(anna))) == 32


def test_digests_of_a_network_last_for_a_day() -> None:
    today = IDENTITIES.network("192.0.2.1", DAY)

    assert today == IDENTITIES.network("192.0.2.250", DAY)
    assert today != IDENTITIES.network("192.0.3.1", DAY)
    assert today != IDENTITIES.network("192.0.2.1", DAY + timedelta(days=1))
    assert today != Identities(b"l" * 32).network("192.0.2.1", DAY)


def test_the_key_shows_nowhere() -> None:
    assert "kkk" not in repr(IDENTITIES)
