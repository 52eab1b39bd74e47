from metaextract_billing.settings import Settings


def test_a_server_that_nobody_configured_charges() -> None:
    assert Settings().metered is True
