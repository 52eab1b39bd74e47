"""The caller of a request: found once, before any route runs, and read here by those who need it."""

from typing import Final

from starlette.requests import HTTPConnection

from metaextract_gateway.domain import errors
from metaextract_gateway.domain.identity import ANYBODY, Caller, Role

STATE: Final = "caller"


def caller_of(connection: HTTPConnection) -> Caller:
    """Return who sends a request or opened a socket; `ANYBODY` if nobody is signed in."""
    return getattr(connection.state, STATE, ANYBODY)


def account_of(connection: HTTPConnection) -> str:
    """Return the account of the caller; empty if nobody is signed in."""
    return caller_of(connection).account


def require_sign_in(connection: HTTPConnection) -> Caller:
    """Return the caller; raises SIGN_IN_REQUIRED if nobody is signed in."""
    caller = caller_of(connection)
    if not caller.is_signed_in:
        raise errors.sign_in_required()
    return caller


def require_person(connection: HTTPConnection) -> Caller:
    """Return the caller, who signed in in person; raises SIGN_IN_REQUIRED or API_KEY_NOT_ALLOWED."""
    caller = require_sign_in(connection)
    if not caller.is_present:
        raise errors.api_key_not_allowed()
    return caller


def require(connection: HTTPConnection, role: Role) -> Caller:
    """Return the caller, who has the role; raises SIGN_IN_REQUIRED or ROLE_REQUIRED."""
    caller = require_sign_in(connection)
    if role not in caller.roles:
        raise errors.role_required(role)
    return caller
