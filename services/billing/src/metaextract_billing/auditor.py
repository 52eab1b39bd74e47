"""`metaextract-billing-audit`: recomputes every account from its journal, or lists parked payments."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import Final

from metaextract_billing.application.audit import AuditLedger, AuditReport
from metaextract_billing.domain.purchases import Payment
from metaextract_billing.main import opened_store
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.storage.sqlite import MigrationError

SOUND, VIOLATED, UNAVAILABLE = 0, 1, 3
PAGE_COUNT_MAX: Final = 100


def main() -> None:
    """Audit the ledger that the settings name, and exit."""
    parser = argparse.ArgumentParser(
        prog="metaextract-billing-audit",
        description="Recompute every account of the ledger from its journal, as of one moment, and print "
        "what was looked at and every violation as one JSON object. Moves nothing (but brings an older "
        "database to the newest schema), and may run beside the service. The settings are those of "
        "metaextract-billing, from the environment (docs/settings.md).",
        epilog=f"Exit code: {SOUND} if the ledger is sound, {VIOLATED} if an invariant does not hold, 2 if a "
        f"setting or an option is not valid, {UNAVAILABLE} if the ledger cannot be read.",
    )
    parser.add_argument(
        "--parked",
        action="store_true",
        help="instead, print the payments that were made and granted no credits as one JSON array",
    )
    parked_only = parser.parse_args().parked
    settings = Settings.from_environment()
    if not settings.database_url.get_secret_value() and not settings.database_path.is_file():
        sys.stderr.write(f"There is no ledger: {settings.database_path} does not exist.\n")
        raise SystemExit(UNAVAILABLE)
    try:
        found = asyncio.run(_found(settings, parked_only=parked_only))
    except (ServiceError, MigrationError) as error:
        sys.stderr.write(f"The ledger cannot be read: {error}\n")
        raise SystemExit(UNAVAILABLE) from error
    except (ValueError, LookupError, TypeError) as error:
        sys.stderr.write(f"A row says what billing never writes, so nothing can be audited: {error!r}\n")
        raise SystemExit(VIOLATED) from error
    if isinstance(found, AuditReport):
        sys.stdout.write(json.dumps(asdict(found), indent=1) + "\n")
        raise SystemExit(VIOLATED if found.violations_count else SOUND)
    sys.stdout.write(json.dumps([_shown(payment) for payment in found], indent=1) + "\n")
    raise SystemExit(SOUND)


async def _found(settings: Settings, *, parked_only: bool) -> AuditReport | list[Payment]:
    async with opened_store(settings) as store:
        if not parked_only:
            return await AuditLedger(store)()
        found: list[Payment] = []
        while page := await store.parked_payments(found[-1].id if found else "", PAGE_COUNT_MAX):
            found += page
        return found


def _shown(payment: Payment) -> dict[str, object]:
    return {
        "payment": payment.id,
        "parked": payment.parked,
        "order": payment.order,
        "amount_cents": payment.amount_cents,
        "currency": payment.currency,
        "create_time": payment.create_time.isoformat(),
    }


if __name__ == "__main__":
    main()
