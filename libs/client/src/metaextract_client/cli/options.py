"""What several commands have in common."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, Final

import click
import httpx

from metaextract_client.client import AsyncMetaExtract
from metaextract_client.transport import API_KEY_VARIABLE, DEFAULT_URL, URL_VARIABLE, Patience


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
    envvar=URL_VARIABLE,
    show_envvar=True,
    callback=_server_url,
    help="Address of the server.",
)
_api_key_option: Final = click.option(
    "--api-key",
    default="",
    envvar=API_KEY_VARIABLE,
    show_envvar=True,
    help="Key of your account there; better kept in the environment than typed.",
)


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Which server, and who asks."""

    url: str
    api_key: str

    def client(self, patience: Patience = Patience()) -> AsyncMetaExtract:  # noqa: B008 - frozen
        """Return a client that goes on with uploads which an earlier run of a command left."""
        folder = Path(click.get_app_dir("metaextract")) / "uploads"
        return AsyncMetaExtract(self.url, api_key=self.api_key, patience=patience, resume_dir=folder)


def server_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options of `ServerOptions`, as its argument `server`."""

    @url_option
    @_api_key_option
    @wraps(command)
    def with_server(*, url: str, api_key: str, **others: Any) -> None:  # noqa: ANN401 - those of the command
        command(server=ServerOptions(url, api_key), **others)

    return with_server
