"""How the request was let in, which decides what the answer shows."""

from dataclasses import dataclass
from typing import Any, Literal

Mode = Literal["paid", "device_free", "trial_limited"]


@dataclass(frozen=True, slots=True)
class Access:
    """What paid for the extraction.

    Attributes:
        mode: None is the unmetered development mode: nothing is hidden, and the answer has no mode.
        free_used: free checks of the device used so far, this one included; None where none was used.
    """

    mode: Mode | None
    trial_email_present: bool = False
    trial_granted: bool = False
    credits_charged: int = 0
    credits_required: int = 0
    free_used: int | None = None

    def section(self) -> dict[str, Any]:
        """Return the `access` object; `mode` and `free_used` are left out where there is none."""
        section: dict[str, Any] = {
            "trial_email_present": self.trial_email_present,
            "trial_granted": self.trial_granted,
            "credits_charged": self.credits_charged,
            "credits_required": self.credits_required,
        }
        if self.mode is not None:
            section["mode"] = self.mode
        if self.free_used is not None:
            section["free_used"] = self.free_used
        return section
