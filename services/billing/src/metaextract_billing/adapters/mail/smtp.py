"""Mail over SMTP (RFC 5321), by the standard library."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final, Self
from urllib.parse import unquote, urlsplit

from metaextract_billing.domain.user_ports import Letter

WAIT_SECONDS_MAX: Final = 10.0
"""For the connection, and for each answer."""

PORTS: Final = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in, and from whom it comes."""

    scheme: str
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def at(cls, url: str, sender: str) -> Self:
        """Read `smtps://`, `smtp+starttls://` or `smtp://` (not encrypted) `user:password@host:port`.

        Raises ValueError.
        """
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            raise ValueError(f"must be {', '.join(PORTS)} with a host")
        return cls(
            parts.scheme,
            parts.hostname,
            parts.port or PORTS[parts.scheme],
            sender,
            unquote(parts.username or ""),
            unquote(parts.password or ""),
        )

    def send(self, letter: Letter) -> None:
        """Hand one letter in; takes up to seconds. Raises OSError, of which smtplib's errors are."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, letter.email, letter.subject
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2].rstrip("> "))
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
        message.set_content(letter.text)
        with self._connected() as connection:
            if self.user:
                connection.login(self.user, self.password)
            connection.send_message(message)

    def _connected(self) -> smtplib.SMTP:
        if self.scheme == "smtps":
            return smtplib.SMTP_SSL(
                self.host, self.port, timeout=WAIT_SECONDS_MAX, context=ssl.create_default_context()
            )
        connection = smtplib.SMTP(self.host, self.port, timeout=WAIT_SECONDS_MAX)
        if self.scheme == "smtp+starttls":
            try:
                connection.starttls(context=ssl.create_default_context())
            except BaseException:
                connection.close()
                raise
        return connection
