"""A gateway in which people can sign in, before a users service in memory."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from metaextract_common.errors import Kind, ServiceError
from metaextract_gateway.adapters.http.app import build_app
from metaextract_gateway.adapters.http.auth.accounts import Accounts
from metaextract_gateway.adapters.http.auth.callers import caller_of, require, require_person
from metaextract_gateway.adapters.http.auth.csrf import CsrfTokens
from metaextract_gateway.adapters.http.auth.oidc import OidcTokens
from metaextract_gateway.adapters.http.auth.pages import AccountPages
from metaextract_gateway.adapters.http.auth.passwords import Passwords
from metaextract_gateway.adapters.http.auth.renewals import SignedInSessions
from metaextract_gateway.adapters.http.auth.sign_ins import SignIns
from metaextract_gateway.adapters.http.auth.tokens import AccessTokens
from metaextract_gateway.domain.identity import Identity, Role, Session, User
from metaextract_gateway.domain.money import Balance

SECRET = b"s" * 32
ADA = User("0b6a1c2e-7d41-4c9a-9a54-2f4a54a1d0aa", "ada@example.com", "ada")
ROOT = User("7f1f9a30-16a5-4f4e-a4d3-2c5c94c9b7ee", "root@example.com", "root", frozenset({Role.ADMIN}))
PASSWORD = "Correct-horse-1"


def refusal(reason: str, kind: Kind) -> ServiceError:
    return ServiceError(kind, "billing.metaextract", reason, "Told to people.")


class Directory:
    """A users service in memory: whom it knows, and what it was asked."""

    def __init__(self) -> None:
        self.users = {user.id: user for user in (ADA, ROOT)}
        self.keys = {"mx_k1_secret": ADA}
        self.sessions: dict[str, User] = {}
        self.used: set[str] = set()
        self.identities: list[Identity] = []
        self.asked: list[str] = []
        self.already_verified = False
        self.error: ServiceError | None = None
        self.may_refresh = asyncio.Event()
        self.may_refresh.set()
        self._numbers = itertools.count(1)

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    async def register(self, email: str, username: str, password: str) -> User:
        self._ask(f"register {email} {username} {password}")
        user = User(str(uuid.uuid4()), email, username)
        self.users[user.id] = user
        return user

    async def with_password(self, email: str, password: str, client_address: str) -> User:
        self._ask(f"with_password {email} from {client_address}")
        user = next((one for one in self.users.values() if one.email == email), None)
        if user is None or password != PASSWORD:
            raise refusal("CREDENTIALS_INVALID", Kind.UNAUTHENTICATED)
        return user

    async def with_identity(self, identity: Identity) -> User:
        self._ask("with_identity")
        self.identities.append(identity)
        return replace(ADA, email=identity.email)

    async def with_api_key(self, secret: str) -> User:
        self._ask("with_api_key")
        if secret not in self.keys:
            raise refusal("API_KEY_INVALID", Kind.UNAUTHENTICATED)
        return self.keys[secret]

    async def user(self, id_: str) -> User:
        self._ask("user")
        if id_ not in self.users:
            raise refusal("USER_NOT_FOUND", Kind.NOT_FOUND)
        return self.users[id_]

    async def start_session(self, user: User) -> Session:
        self._ask("start_session")
        return self._session(user)

    async def refresh_session(self, refresh_token: str) -> Session:
        self._ask("refresh_session")
        if refresh_token not in self.sessions or refresh_token in self.used:
            self.sessions.clear()
            raise refusal("REFRESH_TOKEN_INVALID", Kind.UNAUTHENTICATED)
        self.used.add(refresh_token)
        session = self._session(self.sessions[refresh_token])
        await self.may_refresh.wait()
        return session

    async def end_session(self, refresh_token: str) -> None:
        self._ask(f"end_session {refresh_token}")
        self.sessions.clear()

    async def request_password_reset(self, email: str) -> None:
        self._ask(f"request_password_reset {email}")

    async def reset_password(self, token: str, password: str) -> None:
        self._ask(f"reset_password {token} {password}")

    async def request_email_verification(self, user: str) -> bool:
        self._ask(f"request_email_verification {user}")
        return not self.already_verified

    async def verify_email(self, token: str) -> User:
        self._ask(f"verify_email {token}")
        return ADA

    def _session(self, user: User) -> Session:
        token = f"refresh-{next(self._numbers)}"
        self.sessions[token] = user
        return Session(user, token, datetime.now(UTC) + timedelta(days=7))


class Ledger:
    """A billing that knows what some accounts hold."""

    async def balance(self, account: str) -> Balance:
        return Balance("b-1", {f"user:{ADA.id}": 42}.get(account, 0))

    async def claim(self, source: str, target: str, request_id: str) -> int:
        raise NotImplementedError


@dataclass
class Gate:
    """A gateway and what it is made of. `seconds`: what its clock shows."""

    directory: Directory = field(default_factory=Directory)
    ada: User = ADA
    root: User = ROOT
    password: str = PASSWORD
    seconds: float = 0.0
    oidc: OidcTokens | None = None
    scheme: str = "http"

    def __post_init__(self) -> None:
        now = lambda: datetime.now(UTC)  # noqa: E731 - one line
        self.tokens = AccessTokens([SECRET], now)
        self.csrf = CsrfTokens([SECRET], now)
        sessions = SignedInSessions(self.directory, self.tokens)
        self.sign_ins = SignIns(
            self.tokens, self.csrf, self.directory, sessions, self.oidc, clock=lambda: self.seconds
        )
        accounts = Accounts(self.directory, sessions, self.csrf, Ledger())
        routes = [
            *accounts.routes(),
            *Passwords(self.directory).routes(),
            *AccountPages(self.directory).routes(),
            *(Route(path, who, methods=["GET", "POST"]) for path in ("/v1/who", "/api/who")),
            Route("/v1/person", person),
            Route("/v1/admin", admin),
        ]
        self.app = build_app(routes, self.sign_ins)

    def client(self, address: str = "192.0.2.7") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, client=(address, 1))
        return httpx.AsyncClient(transport=transport, base_url=f"{self.scheme}://here")

    async def token_of(self, user: User, age: timedelta = timedelta()) -> str:
        tokens = AccessTokens([SECRET], lambda: datetime.now(UTC) - age)
        return tokens.issue(await self.directory.start_session(user))


async def who(request: Request) -> Response:
    caller = caller_of(request)
    return JSONResponse({"account": caller.account, "by": caller.sign_in})


async def person(request: Request) -> Response:
    return JSONResponse({"account": require_person(request).account})


async def admin(request: Request) -> Response:
    return JSONResponse({"account": require(request, Role.ADMIN).account})


@pytest.fixture
def gates() -> type[Gate]:
    """Makes gateways with something of their own."""
    return Gate


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
async def http(gate: Gate) -> AsyncIterator[httpx.AsyncClient]:
    async with gate.client() as client:
        yield client
