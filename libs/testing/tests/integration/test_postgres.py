"""The PostgreSQL server that tests are given."""

from metaextract_testing import postgres


def test_each_database_is_a_copy_of_its_template_and_goes_at_the_end(
    postgres_server: postgres.PostgresServer,
) -> None:
    with postgres_server.database() as template:
        postgres_server.execute("CREATE TABLE kept AS SELECT 7 AS number", template)
        with postgres_server.database(template) as one, postgres_server.database(template) as two:
            postgres_server.execute("DELETE FROM kept", one)

            assert postgres_server.execute("SELECT count(*) FROM kept", one) == "0"
            assert postgres_server.execute("SELECT number FROM kept", two) == "7"

        names = postgres_server.execute("SELECT datname FROM pg_database").splitlines()
        assert not {one, two} & set(names)


def test_a_server_that_was_killed_starts_again_with_all_that_it_confirmed() -> None:
    with postgres.started(fsync="off") as server:
        folder = server.folder
        server.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.kill()
        server.start()

        assert server.execute("SELECT number FROM kept") == "7"

    assert server.process is not None
    assert server.process.poll() == 0
    assert not folder.exists()
