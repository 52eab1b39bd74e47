"""metaextract.billing.v1.UsersService over gRPC: unpack, call, pack."""

from datetime import UTC, datetime
from typing import Final

from metaextract.billing.v1 import users_pb2 as pb
from metaextract.billing.v1.users_pb2_grpc import UsersServiceServicer
from metaextract_billing.application.user_use_cases import UserUseCases
from metaextract_billing.domain.users import ApiKey, Identity, Role, User
from metaextract_common.rpc.server import Context

ROLES: Final = {Role.ADMIN: pb.ROLE_ADMIN}


class UsersServicer(UsersServiceServicer):
    """Translates one protocol to one set of use cases, and nothing else."""

    def __init__(self, use_cases: UserUseCases) -> None:
        self._use_cases = use_cases

    async def CreateUser(  # noqa: N802 - named by the contract
        self, request: pb.CreateUserRequest, context: Context
    ) -> pb.CreateUserResponse:
        """Make a user."""
        user = await self._use_cases.create_user(request.email, request.username, request.password)
        return pb.CreateUserResponse(user=user_to_proto(user))

    async def VerifyPassword(  # noqa: N802 - named by the contract
        self, request: pb.VerifyPasswordRequest, context: Context
    ) -> pb.VerifyPasswordResponse:
        """Try a password."""
        user = await self._use_cases.verify_password(request.email, request.password, request.client_address)
        return pb.VerifyPasswordResponse(user=user_to_proto(user))

    async def GetUser(  # noqa: N802 - named by the contract
        self, request: pb.GetUserRequest, context: Context
    ) -> pb.GetUserResponse:
        """Return a user."""
        return pb.GetUserResponse(user=user_to_proto(await self._use_cases.get_user(request.name)))

    async def SignInWithIdentity(  # noqa: N802 - named by the contract
        self, request: pb.SignInWithIdentityRequest, context: Context
    ) -> pb.SignInWithIdentityResponse:
        """Find, join or make a user."""
        user, created = await self._use_cases.sign_in_with_identity(
            Identity(request.issuer, request.subject),
            request.email or None,
            email_verified=request.email_verified,
        )
        return pb.SignInWithIdentityResponse(user=user_to_proto(user), created=created)

    async def ChangePassword(  # noqa: N802 - named by the contract
        self, request: pb.ChangePasswordRequest, context: Context
    ) -> pb.ChangePasswordResponse:
        """Replace a password."""
        user = await self._use_cases.change_password(
            request.user, request.old_password, request.new_password, request.client_address
        )
        return pb.ChangePasswordResponse(user=user_to_proto(user))

    async def StartSession(  # noqa: N802 - named by the contract
        self, request: pb.StartSessionRequest, context: Context
    ) -> pb.StartSessionResponse:
        """Begin a session."""
        token, expire_time = await self._use_cases.start_session(request.user)
        return pb.StartSessionResponse(refresh_token=token, expire_time=expire_time)

    async def RefreshSession(  # noqa: N802 - named by the contract
        self, request: pb.RefreshSessionRequest, context: Context
    ) -> pb.RefreshSessionResponse:
        """Rotate a refresh token."""
        user, token, expire_time = await self._use_cases.refresh_session(request.refresh_token)
        return pb.RefreshSessionResponse(
            user=user_to_proto(user), refresh_token=token, expire_time=expire_time
        )

    async def EndSession(  # noqa: N802 - named by the contract
        self, request: pb.EndSessionRequest, context: Context
    ) -> pb.EndSessionResponse:
        """End a session."""
        await self._use_cases.end_session(request.refresh_token)
        return pb.EndSessionResponse()

    async def CreateApiKey(  # noqa: N802 - named by the contract
        self, request: pb.CreateApiKeyRequest, context: Context
    ) -> pb.CreateApiKeyResponse:
        """Make an API key."""
        expire_time: datetime | None = None
        if request.HasField("expire_time"):
            expire_time = request.expire_time.ToDatetime(UTC)
        key, secret = await self._use_cases.create_api_key(request.user, request.title, expire_time)
        return pb.CreateApiKeyResponse(api_key=api_key_to_proto(key), secret=secret)

    async def ListApiKeys(  # noqa: N802 - named by the contract
        self, request: pb.ListApiKeysRequest, context: Context
    ) -> pb.ListApiKeysResponse:
        """List API keys."""
        keys = await self._use_cases.list_api_keys(request.user)
        return pb.ListApiKeysResponse(api_keys=[api_key_to_proto(key) for key in keys])

    async def RevokeApiKey(  # noqa: N802 - named by the contract
        self, request: pb.RevokeApiKeyRequest, context: Context
    ) -> pb.RevokeApiKeyResponse:
        """Revoke an API key."""
        await self._use_cases.revoke_api_key(request.user, request.name)
        return pb.RevokeApiKeyResponse()

    async def VerifyApiKey(  # noqa: N802 - named by the contract
        self, request: pb.VerifyApiKeyRequest, context: Context
    ) -> pb.VerifyApiKeyResponse:
        """Recognise an API key."""
        user, key = await self._use_cases.verify_api_key(request.secret)
        return pb.VerifyApiKeyResponse(user=user_to_proto(user), api_key=api_key_to_proto(key))

    async def RequestPasswordReset(  # noqa: N802 - named by the contract
        self, request: pb.RequestPasswordResetRequest, context: Context
    ) -> pb.RequestPasswordResetResponse:
        """Have a token sent."""
        self._use_cases.request_password_reset(request.email)
        return pb.RequestPasswordResetResponse()

    async def ConfirmPasswordReset(  # noqa: N802 - named by the contract
        self, request: pb.ConfirmPasswordResetRequest, context: Context
    ) -> pb.ConfirmPasswordResetResponse:
        """Replace a password."""
        user = await self._use_cases.confirm_password_reset(request.token, request.new_password)
        return pb.ConfirmPasswordResetResponse(user=user_to_proto(user))

    async def RequestEmailVerification(  # noqa: N802 - named by the contract
        self, request: pb.RequestEmailVerificationRequest, context: Context
    ) -> pb.RequestEmailVerificationResponse:
        """Have a token sent."""
        verified = await self._use_cases.request_email_verification(request.user)
        return pb.RequestEmailVerificationResponse(already_verified=verified)

    async def VerifyEmail(  # noqa: N802 - named by the contract
        self, request: pb.VerifyEmailRequest, context: Context
    ) -> pb.VerifyEmailResponse:
        """Count an address as verified."""
        return pb.VerifyEmailResponse(user=user_to_proto(await self._use_cases.verify_email(request.token)))


def user_to_proto(user: User) -> pb.User:
    """Render a user, without what proves who they are."""
    return pb.User(
        name=user.name,
        account=user.account,
        email=user.email or "",
        email_verified=user.email_verified,
        username=user.username,
        roles=[ROLES[role] for role in sorted(user.roles)],
        create_time=user.create_time,
    )


def api_key_to_proto(key: ApiKey) -> pb.ApiKey:
    """Render an API key, without its secret."""
    return pb.ApiKey(
        name=key.name,
        title=key.title,
        create_time=key.create_time,
        expire_time=key.expire_time,
        last_use_time=key.last_use_time,
    )
