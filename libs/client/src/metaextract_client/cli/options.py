"""What several commands have in common."""

import click
import httpx

from metaextract_client.transport import DEFAULT_URL


class UnreachableError(click.ClickException):
    """The server does not answer; exits with 3."""

    exit_code = 3

    def __init__(self, message: str) -> None:
        super().__init__(
            f"{message}\nIs the server running? `metaextract up` starts one; --url names another."
        )


def _server_url(context: click.Context, parameter: click.Parameter, value: str) -> str:
    try:
        url = httpx.URL(value)
    except httpx.InvalidURL as error:
        raise click.BadParameter(str(error), context, parameter) from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise click.BadParameter(f"{value!r} is not like {DEFAULT_URL}", context, parameter)
    return value.rstrip("/")


url_option = click.option(
    "--url",
    default=DEFAULT_URL,
    show_default=True,
    envvar="METAEXTRACT_URL",
    show_envvar=True,
    callback=_server_url,
    help="Address of the server.",
)
