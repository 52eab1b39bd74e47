"""Everything that a caller may ask about users, in one place for whoever carries the requests."""

from dataclasses import dataclass
from datetime import timedelta

from metaextract_billing.application.user_mails import (
    ConfirmPasswordReset,
    Letters,
    RequestEmailVerification,
    RequestPasswordReset,
    VerifyEmail,
)
from metaextract_billing.application.user_sessions import (
    CreateApiKey,
    EndSession,
    ListApiKeys,
    RefreshSession,
    RevokeApiKey,
    StartSession,
    VerifyApiKey,
)
from metaextract_billing.application.users import (
    ChangePassword,
    CreateUser,
    GetUser,
    SignIns,
    SignInWithIdentity,
    VerifyPassword,
)
from metaextract_billing.domain.identities import Identities
from metaextract_billing.domain.ports import Clock
from metaextract_billing.domain.user_ports import Mail, Passwords, UserStore


@dataclass(frozen=True, slots=True)
class UserUseCases:
    """One for each RPC of the contract."""

    create_user: CreateUser
    verify_password: VerifyPassword
    get_user: GetUser
    sign_in_with_identity: SignInWithIdentity
    change_password: ChangePassword
    start_session: StartSession
    refresh_session: RefreshSession
    end_session: EndSession
    create_api_key: CreateApiKey
    list_api_keys: ListApiKeys
    revoke_api_key: RevokeApiKey
    verify_api_key: VerifyApiKey
    request_password_reset: RequestPasswordReset
    confirm_password_reset: ConfirmPasswordReset
    request_email_verification: RequestEmailVerification
    verify_email: VerifyEmail


def user_use_cases(
    store: UserStore,
    now: Clock,
    passwords: Passwords,
    mail: Mail,
    identities: Identities,
    *,
    session_lifetime: timedelta,
    site: str,
) -> UserUseCases:
    """Put them together. `site` is the address that links in mails begin with."""
    sign_ins = SignIns(store, now, passwords, identities)
    letters = Letters(store, now, identities, site)
    return UserUseCases(
        create_user=CreateUser(store, now, passwords),
        verify_password=VerifyPassword(sign_ins),
        get_user=GetUser(store),
        sign_in_with_identity=SignInWithIdentity(store, now),
        change_password=ChangePassword(sign_ins),
        start_session=StartSession(store, now, session_lifetime),
        refresh_session=RefreshSession(store, now, identities.key_of_sessions()),
        end_session=EndSession(store),
        create_api_key=CreateApiKey(store, now),
        list_api_keys=ListApiKeys(store),
        revoke_api_key=RevokeApiKey(store),
        verify_api_key=VerifyApiKey(store, now),
        request_password_reset=RequestPasswordReset(mail, letters),
        confirm_password_reset=ConfirmPasswordReset(store, now, passwords),
        request_email_verification=RequestEmailVerification(store, mail, letters),
        verify_email=VerifyEmail(store, now),
    )
