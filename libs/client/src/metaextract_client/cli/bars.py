"""Progress bars: one for all files, one for each file under way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from metaextract_client.cli.text import shown
from metaextract_client.models import Event, PartialResult, State, StateChange
from metaextract_client.models import Progress as Advance

_DOING: Final = {
    State.RECEIVING: "uploading",
    State.QUEUED: "waiting for a worker",
    State.PARSING: "reading",
}
_NAME_WIDTH_MAX: Final = 40


class Bars:
    """Live bars at the bottom of a terminal; use it with `with`."""

    def __init__(self, console: Console, files_count: int) -> None:
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.fields[doing]}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._files_count = files_count
        self._files_ended = 0
        self._overall: TaskID | None = None

    def __enter__(self) -> Self:
        if self._files_count > 1:
            self._overall = self._progress.add_task(
                "All files", total=self._files_count, doing=f"0/{self._files_count}"
            )
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    @contextmanager
    def file(self, path: Path) -> Iterator[Callable[[Event], None]]:
        """Show a bar for one file and yield what moves it."""
        bar = self._progress.add_task(shown(path.name)[-_NAME_WIDTH_MAX:], total=1.0, doing="starting")
        try:
            yield lambda event: self._move(bar, event)
        finally:
            self._progress.remove_task(bar)
            self._files_ended += 1
            if self._overall is not None:
                doing = f"{self._files_ended}/{self._files_count}"
                self._progress.update(self._overall, completed=self._files_ended, doing=doing)

    def _move(self, bar: TaskID, event: Event) -> None:
        match event.change:
            case StateChange(state):
                self._progress.update(bar, completed=0, doing=_DOING.get(state, ""))
            case Advance() as advance:
                doing = f"{_DOING.get(advance.state, '')} {shown(advance.step)}".rstrip()
                self._progress.update(bar, completed=_share(advance), doing=doing)
            case PartialResult(fields):
                self._progress.update(bar, doing=f"uploading, {len(fields)} fields so far")


def _share(advance: Advance) -> float:
    """Return how much of the state's work is done, 0 to 1; 0 where it cannot be known."""
    if advance.fraction is not None:
        return advance.fraction
    if advance.state is State.RECEIVING and advance.bytes_total:
        return advance.bytes_received / advance.bytes_total
    return 0.0
