"""How the fake payment service is meant to behave, and misbehave."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

ATTEMPT_PAUSES_SECONDS: Final = (0.0, 5.0, 300.0, 1800.0, 7200.0, 18000.0, 36000.0, 36000.0)
"""Pauses before the eight attempts to deliver a webhook; the last two make about a day."""
PRODUCTS: Final = {"pdt_images_mvp_starter": 400, "pdt_images_mvp_pro": 1200}
"""What is sold: prices in cents by product id; the ids are MetaExtract's defaults."""


@dataclass(frozen=True)
class Behaviour:
    """`secrets` (`whsec_…`) sign webhooks, all of them at once as while a secret is rotated.

    `pause_scale` stretches the pauses between attempts; 0 leaves none. Each webhook is sent `copies_count`
    times. `held` keeps all webhooks back until they are released, in an order that `seed` decides.
    """

    webhook_url: str = ""
    secrets: tuple[str, ...] = ()
    api_key: str = ""
    """The bearer key to insist on; empty takes any."""
    products: Mapping[str, int] = field(default_factory=lambda: dict(PRODUCTS))
    pause_scale: float = 1.0
    first_pause_seconds: float = 0.0
    copies_count: int = 1
    held: bool = False
    seed: int = 0
    answer_seconds_max: float = 15.0
