"""Rules of names, addresses and passwords."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metaextract_billing.application.user_secrets import Token
from metaextract_billing.domain.users import (
    check_registration,
    checked_password,
    email_key,
    username_key,
)
from metaextract_common.errors import ServiceError


@pytest.mark.parametrize("password", ["Abcdef1!", "Aa1 " + "x" * 68, "Straße-1Ä", "Пароль-1", "Abcdefü1"])
def test_passwords_that_anybody_may_have(password: str) -> None:
    assert checked_password(password) == password


@pytest.mark.parametrize(
    ("password", "rules"),
    [
        ("Abcde1!", "too_short"),
        ("Aa1!" + "x" * 69, "too_long"),
        ("ABCDEF1!", "lower_case"),
        ("abcdef1!", "upper_case"),
        ("Abcdefg!", "digit"),
        ("Abcdefg1", "special"),
        ("", "too_short,upper_case,lower_case,digit,special"),
    ],
)
def test_a_weak_password_is_refused_with_the_rules_it_breaks_and_never_shown(
    password: str, rules: str
) -> None:
    with pytest.raises(ServiceError) as caught:
        checked_password(password)

    assert (caught.value.reason, caught.value.metadata) == ("PASSWORD_WEAK", {"rules": rules})
    assert not password or password not in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"email": "", "username": "", "password": ""}, None),
        ({"email": "bob"}, {"email": "form"}),
        ({"email": "bob@-example.org"}, {"email": "form"}),
        ({"email": "b ob@example.org"}, {"email": "form"}),
        ({"email": f"{'b' * 250}@x.de"}, {"email": "form"}),
        ({"username": "bo"}, {"username": "too_short"}),
        ({"username": "b" * 51}, {"username": "too_long"}),
        ({"username": "bob\nby"}, {"username": "characters"}),
        ({"username": "\x00"}, {"username": "too_short,characters"}),
        ({"password": "abcdefg1"}, {"password": "upper_case,special"}),
    ],
)
def test_a_registration_that_nobody_can_have_names_all_that_is_wrong(
    changes: dict[str, str], broken: dict[str, str] | None
) -> None:
    stated = {"email": "bob@example.org", "username": "bob", "password": "Abcdef1!"} | changes
    everything = {
        "email": "form",
        "username": "too_short",
        "password": "too_short,upper_case,lower_case,digit,special",
    }
    with pytest.raises(ServiceError) as caught:
        check_registration(**stated)

    assert (caught.value.reason, caught.value.metadata) == ("REGISTRATION_INVALID", broken or everything)


@pytest.mark.parametrize(
    "email", ["b@localhost", "o'neil+x@example.org", f"{'b' * 242}@example.org", "a..b@ex-ample.org"]
)
def test_a_registration_that_anybody_may_have(email: str) -> None:
    check_registration(email, "b" * 50, "Abcdef1!")


def test_two_mailboxes_are_never_taken_for_one() -> None:
    assert email_key(" Alice@Example.ORG") == email_key("alice@example.org")
    different = ["alice@example.org", "alice+b@example.org", "al.ice@gmail.com", "alice@gmail.com"]
    assert len({email_key(one) for one in different}) == len(different)


def test_usernames_that_look_alike_are_one() -> None:
    assert username_key("\uff21lice ") == username_key("ALICE") == username_key("alice")
    assert username_key("STRASSE") == username_key("straße")
    assert username_key("alice") != username_key("alicf")


@given(st.text(max_size=80))
def test_a_token_is_read_as_it_was_written_and_nothing_else_is(text: str) -> None:
    token = Token.new()
    read = Token.read("mx", text)

    assert Token.read("mx", token.written("mx")) == token
    assert Token.read("mxs", token.written("mx")) is None
    assert read is None or read.written("mx") == text


@pytest.mark.parametrize(
    "text", ["", "mx", "mx__", "mx_0_", "mx_\x00_x", "mx_0_\x00", "mx_0_x\n", "mxs_0_x", "MX_0_x"]
)
def test_what_is_no_token_is_not_looked_up(text: str) -> None:
    assert Token.read("mx", text) is None


def test_a_token_follows_from_another_for_whoever_has_the_key() -> None:
    token = Token.new("ab")
    first, second = token.successor(b"k" * 32), token.successor(b"l" * 32)

    assert first == token.successor(b"k" * 32)
    assert len({token.secret, first.secret, second.secret, first.successor(b"k" * 32).secret}) == 4
    assert Token.read("mxs", first.written("mxs")) == first
    assert len(first.secret) == len(token.secret)


def test_no_secret_of_a_token_is_in_its_representation() -> None:
    token = Token.new()

    assert token.secret not in repr(token)
