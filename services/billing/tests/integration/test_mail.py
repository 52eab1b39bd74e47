"""Letters on their way, to servers that take them, refuse them, or are not there."""

import asyncio
import smtplib
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from metaextract_billing.adapters.mail.posting import NoMail, posting
from metaextract_billing.adapters.mail.smtp import SmtpServer
from metaextract_billing.domain.user_ports import Letter
from metaextract_common.errors import ServiceError

LETTER = Letter("canary@example.org", "Subject", "Text")


async def written() -> Letter | None:
    return LETTER


def failing(*errors: OSError) -> tuple[Callable[[Letter], None], list[Letter]]:
    """Return what raises each of the errors once and then takes letters in, and those that it took."""
    left, sent = list(errors), []

    def send(letter: Letter) -> None:
        if left:
            raise left.pop(0)
        sent.append(letter)

    return send, sent


async def test_a_letter_is_sent_again_when_the_server_was_away() -> None:
    send, sent = failing(ConnectionRefusedError(), smtplib.SMTPServerDisconnected())
    async with posting(send, retry_seconds=0) as mail:
        mail.post(written)

    assert sent == [LETTER]


async def test_a_letter_that_is_never_taken_is_told_without_its_recipient_and_the_next_one_goes(
    capfd: pytest.CaptureFixture[str],
) -> None:
    refused = {LETTER.email: (550, f"no such user {LETTER.email}".encode())}
    next_letter = replace(LETTER, email="bob@example.org")
    sent: list[Letter] = []

    async def written_next() -> Letter:
        return next_letter

    def send(letter: Letter) -> None:
        if letter == LETTER:
            raise smtplib.SMTPRecipientsRefused(refused)
        sent.append(letter)

    async with posting(send, retry_seconds=0) as mail:
        mail.post(written)
        mail.post(written_next)

    said = "".join(capfd.readouterr())
    assert sent == [next_letter]
    assert "mail.failed" in said
    assert "SMTPRecipientsRefused" in said
    assert "canary" not in said


async def test_nothing_is_sent_where_there_is_nothing_to_write() -> None:
    async def nothing() -> Letter | None:
        return None

    send, sent = failing()
    async with posting(send) as mail:
        mail.post(nothing)

    assert sent == []


async def test_more_letters_than_may_wait_are_refused() -> None:
    go_on = threading.Event()
    taken = asyncio.Event()
    loop = asyncio.get_running_loop()

    def send(letter: Letter) -> None:
        loop.call_soon_threadsafe(taken.set)
        go_on.wait()

    try:
        async with posting(send, count_max=1) as mail:
            for _ in range(2):  # as many as are sent at once
                taken.clear()
                mail.post(written)
                await taken.wait()
            mail.post(written)
            with pytest.raises(ServiceError) as caught:
                mail.post(written)
            go_on.set()
    finally:
        go_on.set()
    assert caught.value.reason == "MAIL_UNAVAILABLE"


def test_without_a_server_every_letter_is_refused() -> None:
    with pytest.raises(ServiceError) as caught:
        NoMail().post(written)

    assert caught.value.reason == "MAIL_NOT_CONFIGURED"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://a%40b:p%2Fw@mail.test", SmtpServer("smtps", "mail.test", 465, "me", "a@b", "p/w")),
        ("smtp+starttls://mail.test", SmtpServer("smtp+starttls", "mail.test", 587, "me")),
        ("smtp://127.0.0.1:2525", SmtpServer("smtp", "127.0.0.1", 2525, "me")),
    ],
)
def test_a_server_is_read_from_its_url(url: str, server: SmtpServer) -> None:
    read = SmtpServer.at(url, "me")

    assert read == server
    assert "p/w" not in repr(read)


@pytest.mark.parametrize("url", ["http://mail.test", "smtp://", "mail.test:25"])
def test_what_is_no_server_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be smtp"):
        SmtpServer.at(url, "me")


async def test_a_server_that_offers_no_encryption_gets_no_letter_where_it_is_asked_for() -> None:
    said: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        while command := (await reader.readline()).decode().strip():
            said.append(command.partition(" ")[0].upper())
            writer.write(b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(smtplib.SMTPNotSupportedError):
            await asyncio.to_thread(
                SmtpServer("smtp+starttls", "127.0.0.1", port, "me@site.test").send, LETTER
            )

    assert said == ["EHLO"]
