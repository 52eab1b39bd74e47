"""Users over gRPC."""

from datetime import UTC
from typing import TYPE_CHECKING, Final

import grpc

from metaextract.billing.v1 import users_pb2 as pb
from metaextract.billing.v1.users_pb2_grpc import UsersServiceStub
from metaextract_gateway.domain.identity import Identity, Role, Session, User

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.billing.v1.users_pb2_grpc import UsersServiceAsyncStub

RETRIED: Final = tuple(
    f"metaextract.billing.v1.UsersService/{method}"
    for method in ("GetUser", "SignInWithIdentity", "EndSession", "ListApiKeys", "VerifyApiKey")
)
"""They read, or do nothing the second time."""

_NAME: Final = "users/"
_ROLES: Final = {pb.ROLE_ADMIN: Role.ADMIN}


class RpcUsers:
    """Implements `domain.identity.Users`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: UsersServiceAsyncStub = UsersServiceStub(channel)

    async def register(self, email: str, username: str, password: str) -> User:
        """CreateUser."""
        request = pb.CreateUserRequest(email=email, username=username, password=password)
        return _user((await self._stub.CreateUser(request)).user)

    async def with_password(self, email: str, password: str, client_address: str) -> User:
        """VerifyPassword."""
        request = pb.VerifyPasswordRequest(email=email, password=password, client_address=client_address)
        return _user((await self._stub.VerifyPassword(request)).user)

    async def with_identity(self, identity: Identity) -> User:
        """SignInWithIdentity."""
        request = pb.SignInWithIdentityRequest(
            issuer=identity.issuer,
            subject=identity.subject,
            email=identity.email,
            email_verified=identity.email_verified,
        )
        return _user((await self._stub.SignInWithIdentity(request)).user)

    async def with_api_key(self, secret: str) -> User:
        """VerifyApiKey."""
        return _user((await self._stub.VerifyApiKey(pb.VerifyApiKeyRequest(secret=secret))).user)

    async def user(self, id_: str) -> User:
        """GetUser."""
        return _user((await self._stub.GetUser(pb.GetUserRequest(name=_NAME + id_))).user)

    async def start_session(self, user: User) -> Session:
        """StartSession."""
        started = await self._stub.StartSession(pb.StartSessionRequest(user=_NAME + user.id))
        return Session(user, started.refresh_token, started.expire_time.ToDatetime(UTC))

    async def refresh_session(self, refresh_token: str) -> Session:
        """RefreshSession."""
        request = pb.RefreshSessionRequest(refresh_token=refresh_token)
        refreshed = await self._stub.RefreshSession(request)
        return Session(_user(refreshed.user), refreshed.refresh_token, refreshed.expire_time.ToDatetime(UTC))

    async def end_session(self, refresh_token: str) -> None:
        """EndSession."""
        await self._stub.EndSession(pb.EndSessionRequest(refresh_token=refresh_token))

    async def request_password_reset(self, email: str) -> None:
        """RequestPasswordReset."""
        await self._stub.RequestPasswordReset(pb.RequestPasswordResetRequest(email=email))

    async def reset_password(self, token: str, password: str) -> None:
        """ConfirmPasswordReset."""
        request = pb.ConfirmPasswordResetRequest(token=token, new_password=password)
        await self._stub.ConfirmPasswordReset(request)

    async def request_email_verification(self, user: str) -> bool:
        """RequestEmailVerification."""
        request = pb.RequestEmailVerificationRequest(user=_NAME + user)
        return not (await self._stub.RequestEmailVerification(request)).already_verified

    async def verify_email(self, token: str) -> User:
        """VerifyEmail."""
        return _user((await self._stub.VerifyEmail(pb.VerifyEmailRequest(token=token))).user)


def _user(user: pb.User) -> User:
    """A role that this version does not know gives no right."""
    roles = frozenset(_ROLES[role] for role in user.roles if role in _ROLES)
    return User(user.name.removeprefix(_NAME), user.email, user.username, roles)
