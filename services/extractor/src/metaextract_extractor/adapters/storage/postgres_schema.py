"""Forward migrations of the PostgreSQL store, in a schema of the extractor's own."""

from pathlib import Path
from typing import Final

from metaextract_common.storage import postgres

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "postgres"
SCHEMA: Final = "extractor"


async def migrate(url: str, migrations: Path = MIGRATIONS) -> None:
    """Bring a database to the newest schema; dbmate makes the schema too. Raises MigrationError."""
    # Other services may have the same database.
    await postgres.migrate(url, migrations, table=f"{SCHEMA}.schema_migrations")
