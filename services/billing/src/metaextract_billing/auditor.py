"""`metaextract-billing-audit`: recomputes every account of the ledger from its journal."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict

from metaextract_billing.application.audit import AuditLedger, AuditReport
from metaextract_billing.main import opened_store
from metaextract_billing.settings import Settings
from metaextract_common.errors import ServiceError
from metaextract_common.storage.sqlite import MigrationError

SOUND, VIOLATED, UNAVAILABLE = 0, 1, 3


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
    parser.parse_args()
    settings = Settings.from_environment()
    if not settings.database_url.get_secret_value() and not settings.database_path.is_file():
        sys.stderr.write(f"There is no ledger: {settings.database_path} does not exist.\n")
        raise SystemExit(UNAVAILABLE)
    try:
        report = asyncio.run(_audited(settings))
    except (ServiceError, MigrationError) as error:
        sys.stderr.write(f"The ledger cannot be read: {error}\n")
        raise SystemExit(UNAVAILABLE) from error
    sys.stdout.write(json.dumps(asdict(report), indent=1) + "\n")
    raise SystemExit(VIOLATED if report.violations_count else SOUND)


async def _audited(settings: Settings) -> AuditReport:
    async with opened_store(settings) as store:
        return await AuditLedger(store)()


if __name__ == "__main__":
    main()
