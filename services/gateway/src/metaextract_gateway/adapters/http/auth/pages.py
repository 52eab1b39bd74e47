"""The pages that mails lead to: choosing another password, verifying an address (§1.11).

What a link asks for happens when a button is pressed, and not when the page is read: programs that look into
mails follow every link.
"""

import re
from dataclasses import dataclass
from html import escape
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http.auth import legacy_answers
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, raw_body
from metaextract_gateway.adapters.http.pages import page
from metaextract_gateway.domain.identity import Users

RESET_PATH: Final = "/reset-password"
VERIFY_PATH: Final = "/verify-email"
FORM_BYTES_MAX: Final = 8 * 1024
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,200}")
_FORM: Final = '<form method="post" action="{action}">{fields}<button>{button}</button></form>'
_HIDDEN: Final = '<input type="hidden" name="token" value="{token}">'
_EMAIL: Final = '<label>E-mail address<input type="email" name="email" autocomplete="email" required></label>'
_CHOSEN: Final = (
    '<label>New password<input type="password" name="password" autocomplete="new-password" required></label>'
)
_RULES: Final = (
    "8 to 72 characters, with a lower-case and an upper-case letter, a digit and another character."
)
_RESET: Final = "Choose another password"
_VERIFY: Final = "Verify your e-mail address"


@dataclass(frozen=True)
class AccountPages:
    """What the pages work with."""

    users: Users

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route(RESET_PATH, self.reset_form),
            Route(RESET_PATH, self.reset, methods=["POST"]),
            Route(VERIFY_PATH, self.verify_form),
            Route(VERIFY_PATH, self.verify, methods=["POST"]),
        ]

    async def reset_form(self, request: Request) -> Response:
        """Ask for a password, or, of whoever has no link yet, for the address to which one is sent."""
        token = request.query_params.get("token")
        if token is None:
            return page(_RESET, "We send you a link.", form=_form(RESET_PATH, _EMAIL, "Send the link"))
        return _password_form(token) if _TOKEN.fullmatch(token) else _link_of_nothing()

    async def reset(self, request: Request) -> Response:
        """Take the token for the password, or have a link sent."""
        try:
            fields = await _fields(request)
            if "token" in fields:
                return await self._reset(fields["token"], fields.get("password", ""))
            await self.users.request_password_reset(fields.get("email", ""))
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return _failed(error)
        return page("Look into your mailbox", legacy_answers.RESET_SENT)

    async def verify_form(self, request: Request) -> Response:
        """Ask whether the address is to be verified."""
        token = request.query_params.get("token", "")
        if not _TOKEN.fullmatch(token):
            return _link_of_nothing()
        return page(_VERIFY, form=_form(VERIFY_PATH, _hidden(token), "Verify"))

    async def verify(self, request: Request) -> Response:
        """Take the token as proof of the address."""
        try:
            await self.users.verify_email((await _fields(request)).get("token", ""))
        except BodyError as error:
            return error.response
        except ServiceError as error:
            return _failed(error)
        return page("Verified", "Your e-mail address is verified.")

    async def _reset(self, token: str, password: str) -> Response:
        try:
            await self.users.reset_password(token, password)
        except ServiceError as error:
            if error.reason != "PASSWORD_WEAK":
                raise
            broken = legacy_answers.told("password", error.metadata.get("rules", ""))
            return _password_form(token, *broken, status=400)
        return page("Password changed", "Sign in with your new password. All other sessions have ended.")


async def _fields(request: Request) -> dict[str, str]:
    """Return what a form says; of two fields of one name the last counts."""
    body = await raw_body(request, FORM_BYTES_MAX)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _password_form(token: str, *broken: str, status: int = 200) -> Response:
    form = _form(RESET_PATH, _hidden(token) + _CHOSEN, "Change the password")
    return page(_RESET, *(broken or (_RULES,)), form=form, status=status)


def _form(action: str, fields: str, button: str) -> str:
    return _FORM.format(action=action, fields=fields, button=button)


def _hidden(token: str) -> str:
    return _HIDDEN.format(token=escape(token))


def _link_of_nothing() -> Response:
    return page("Not a link of ours", "Please open the link as it stands in the mail.", status=400)


def _failed(error: ServiceError) -> Response:
    match error.reason:
        case "ONE_TIME_TOKEN_INVALID":
            return page("Too late", "The link is not valid any more. Please ask for another one.", status=400)
        case "INVALID_REQUEST":
            return page("Not an address", "Please look again at what you wrote.", status=400)
        case "MAIL_NOT_CONFIGURED":
            return page("No mail", "This server does not send mail.", status=503)
    away = error.kind in (Kind.UNAVAILABLE, Kind.DEADLINE)
    words = "Please try again shortly." if away else "Something failed on our side."
    return page("That did not work", words, status=503 if away else 500)
