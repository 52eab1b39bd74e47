"""`metaextract-billing-users`: gives users roles, which no call can."""

import argparse
import asyncio
import sys

from metaextract_billing.application.users import GrantRole
from metaextract_billing.domain.users import Role, User
from metaextract_billing.main import opened_store
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.storage.sqlite import MigrationError

GRANTED, UNKNOWN, UNAVAILABLE = 0, 1, 3


def main() -> None:
    """Do what was asked in the database that the settings name, and exit."""
    parser = argparse.ArgumentParser(
        prog="metaextract-billing-users",
        description="Give users roles. May run beside the service. The settings are those of "
        "metaextract-billing, from the environment (docs/settings.md).",
        epilog=f"Exit code: {GRANTED} if the user has the role, {UNKNOWN} if nobody has the e-mail address, "
        f"2 if a setting or an option is not valid, {UNAVAILABLE} if the database cannot be used.",
    )
    commands = parser.add_subparsers(required=True)
    grant_admin = commands.add_parser("grant-admin", help="let a user do what is for operators")
    grant_admin.add_argument("email", metavar="EMAIL", help="e-mail address of the user")
    email = parser.parse_args().email
    settings = Settings.from_environment()
    if not settings.database_url.get_secret_value() and not settings.database_path.is_file():
        sys.stderr.write(f"There is no database: {settings.database_path} does not exist.\n")
        raise SystemExit(UNAVAILABLE)
    try:
        user = asyncio.run(_granted(settings, email, Role.ADMIN))
    except (ServiceError, MigrationError) as error:
        sys.stderr.write(f"The database cannot be used: {error}\n")
        raise SystemExit(UNAVAILABLE) from error
    if user is None:
        sys.stderr.write(f"Nobody has the e-mail address {email}.\n")
        raise SystemExit(UNKNOWN)
    sys.stdout.write(f"{user.name} ({user.username}) has the role {Role.ADMIN}.\n")
    raise SystemExit(GRANTED)


async def _granted(settings: Settings, email: str, role: Role) -> User | None:
    async with opened_store(settings) as store:
        return await GrantRole(store.users)(email, role)


if __name__ == "__main__":
    main()
