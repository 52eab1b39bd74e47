"""Forward migrations of the PostgreSQL store."""

from pathlib import Path
from typing import Final

from metaextract_common.storage import postgres

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "postgres"


async def migrate(url: str, migrations: Path = MIGRATIONS) -> None:
    """Bring a database to the newest schema. Raises MigrationError."""
    await postgres.migrate(url, migrations)
