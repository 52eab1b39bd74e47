"""How a run over many files goes, and what is said of it."""

import time
from pathlib import Path
from typing import Final

import click

from metaextract_client.cli.text import shown
from metaextract_client.errors import (
    ExtractionFailedError,
    MetaExtractError,
    ProblemError,
    ServerUnreachableError,
)

PAYMENT_REQUIRED: Final = 402
_LONG_PAUSE_SECONDS: Final = 5.0
_TOLD_AGAIN_SECONDS: Final = 30.0
_PAID_ONCE: Final = "What was read within the last hour is not charged again."


class Tally:
    """What became of the files of one run; complaints go to stderr."""

    def __init__(self) -> None:
        self.files_count = 0
        self.read_count = 0
        self.failures_count = 0
        self.unpaid: ProblemError | None = None
        self._unsent_count = 0
        self._told_until = 0.0
        self._under_way: dict[Path, int] = {}

    def sent(self, path: Path, bytes_count: int) -> None:
        """Note how far a resumable upload has come."""
        self._under_way[path] = bytes_count

    def over(self, path: Path) -> None:
        """Note that there is nothing left to go on with."""
        self._under_way.pop(path, None)

    def unsent(self) -> None:
        """Note that a file was left because nobody would have paid for it."""
        self._unsent_count += 1

    def complain(self, path: Path, error: MetaExtractError | OSError) -> None:
        """Say why a file or folder was not read."""
        self.failures_count += 1
        if isinstance(error, ProblemError) and error.status == PAYMENT_REQUIRED:
            self.unpaid = error
        # Live bars redirect stderr, so that this line does not cut through them.
        click.echo(f"{shown(str(path))}: {_said(error)}", err=True)

    def pausing(self, error: MetaExtractError, seconds: float) -> None:
        """Say what the run waits for, once for all files that do."""
        now = time.monotonic()
        if now < self._told_until:
            return
        if isinstance(error, ServerUnreachableError):
            click.echo(f"Trying again for some time: {_said(error)}", err=True)
        elif seconds >= _LONG_PAUSE_SECONDS:
            click.echo(f"Waiting {seconds:.0f} s: {_said(error)}", err=True)
        else:
            return
        self._told_until = now + max(seconds, _TOLD_AGAIN_SECONDS)

    def ended(self) -> str:
        """Say what a run that came to its end left out; empty if there is nothing more to say."""
        if self.unpaid is not None and self._unsent_count:
            return (
                f"{self._progress()} {self._unsent_count} were not sent, because nobody would pay for them: "
                f"buy credits and run the same command again. {_PAID_ONCE}"
            )
        return self._progress() if self.failures_count and self.files_count > 1 else ""

    def interrupted(self) -> str:
        """Say what a run that Ctrl-C ended leaves."""
        kept = [shown(str(path)) for path, sent in self._under_way.items() if sent]
        named = ", ".join(kept)
        going_on = [f"The same command goes on with the upload of {named} where it was."] if kept else []
        said = (self._progress(), *going_on, _PAID_ONCE) if self.files_count else ()
        return " ".join(("Interrupted.", *said))

    def unreachable(self, error: ServerUnreachableError) -> str:
        """Say what a run whose server went away leaves."""
        return f"{error}\n{self._progress()} {_PAID_ONCE}" if self.files_count else str(error)

    def _progress(self) -> str:
        return f"{self.read_count} of {self.files_count} files were read."


def _said(error: MetaExtractError | OSError) -> str:
    if isinstance(error, OSError):
        return shown(error.strerror or str(error))
    name = _reason(error)
    return shown(f"{error} ({name})" if name else str(error))


def _reason(error: MetaExtractError) -> str:
    match error:
        case ProblemError():
            return error.reason
        case ExtractionFailedError() if error.extraction.error:
            return error.extraction.error.reason
        case _:
            return ""
