"""How often one may ask for what, as data: the legacy rules (§1.2) and those of /v1.

The first entry of `LIMITED` whose path and method fit is what a request is counted against; each of its rules
must let the request through, in order. A rule counts for callers who are signed in, for those who are not, or
for both, each with a window of their own.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from types import MappingProxyType
from typing import Final

from limits import RateLimitItem, parse

ANY_METHOD: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
"""HEAD counts as GET. OPTIONS is never counted."""


class By(Enum):
    """Whose requests are counted together."""

    ADDRESS = auto()
    USER = auto()  # and by address for callers who are not signed in
    SESSION = auto()  # the user, else the session that the client names, else the address


class Shape(Enum):
    """How a refusal reads, and which headers tell of the rule."""

    WINDOW = auto()
    TIER = auto()
    TIER_DAY = auto()
    APP = auto()
    BURST = auto()
    GLOBAL = auto()
    STANDARD = auto()


@dataclass(frozen=True, slots=True)
class Rule:
    """One window. `anybody` and `signed_in`: its size for callers of that kind; None: they are not counted.

    `shared_only`: counted only where the counters are shared.
    """

    name: str
    shape: Shape
    by: By
    anybody: RateLimitItem | None
    signed_in: RateLimitItem | None
    shared_only: bool = False


@dataclass(frozen=True, slots=True)
class Limited:
    """What is counted. `path` must fit from the beginning of a request's path to its end."""

    methods: frozenset[str]
    path: re.Pattern[str]
    rules: tuple[Rule, ...]


TIER_OF_ANYBODY: Final = "free"
TIER_OF_USERS: Final = "enterprise"
"""What the original gives to everybody who registers (§1.11)."""

_TIERS: Final[Mapping[str, tuple[int, int]]] = MappingProxyType({"free": (3, 3), "enterprise": (100, 50_000)})
_BY_MINUTE: Final = {tier: parse(f"{minute} per 1 minute") for tier, (minute, _) in _TIERS.items()}
_BY_DAY: Final = {tier: parse(f"{day} per 1 day") for tier, (_, day) in _TIERS.items()}


def _same(name: str, by: By, window: str, shape: Shape = Shape.WINDOW) -> Rule:
    return Rule(name, shape, by, parse(window), parse(window))


def _limited(methods: str, path: str, *rules: Rule) -> Limited:
    allowed = ANY_METHOD if methods == "*" else frozenset(methods.split())
    return Limited(allowed, re.compile(path), rules)


_GLOBAL: Final = (
    # What an address, or a user, may ask of all of /api (full mode). Without its Redis the original let
    # everything through; a gateway alone does, too.
    Rule("global", Shape.GLOBAL, By.USER, parse("30 per 1 minute"), _BY_MINUTE[TIER_OF_USERS], True),
    Rule("global", Shape.GLOBAL, By.USER, parse("500 per 1 day"), _BY_DAY[TIER_OF_USERS], True),
)
_EXTRACT: Final = (
    _same("extract", By.USER, "50 per 15 minute"),
    Rule("extract", Shape.WINDOW, By.ADDRESS, parse("10 per 1 minute"), None),
)
_EXTRACT_APP: Final = (
    Rule("extract-app", Shape.APP, By.SESSION, parse("50 per 15 minute"), parse("100 per 15 minute")),
    Rule("extract-app", Shape.BURST, By.SESSION, parse("10 per 1 minute"), None),
)
# The original counted what clients tell with these, too, and so heard of three events a day; and anybody
# could name a higher tier (§10.A, 9).
_REPORTS: Final = (
    Rule("tier", Shape.TIER, By.ADDRESS, _BY_MINUTE[TIER_OF_ANYBODY], _BY_MINUTE[TIER_OF_USERS]),
    Rule("tier", Shape.TIER_DAY, By.ADDRESS, _BY_DAY[TIER_OF_ANYBODY], _BY_DAY[TIER_OF_USERS]),
)
_TRACK: Final = (
    _same("track", By.ADDRESS, "120 per 1 minute", Shape.TIER),
    _same("track", By.ADDRESS, "20000 per 1 day", Shape.TIER_DAY),
)
_CALLS: Final = Rule("calls", Shape.STANDARD, By.USER, parse("600 per 1 minute"), parse("3000 per 1 minute"))
_UPLOADS: Final = (
    # The same counters as those of the legacy route for whoever is not signed in: two doors, one allowance.
    Rule("extract", Shape.STANDARD, By.USER, parse("50 per 15 minute"), parse("1000 per 15 minute")),
    Rule("extract", Shape.STANDARD, By.ADDRESS, parse("10 per 1 minute"), None),
)

LIMITED: Final = (
    _limited("POST", "/api/images_mvp/extract", *_GLOBAL, *_EXTRACT, *_EXTRACT_APP),
    # The legacy counted these by session, which the client chooses; by address it cannot be evaded.
    _limited("POST", "/api/images_mvp/quote", *_GLOBAL, _same("quote", By.USER, "30 per 1 minute")),
    _limited("POST", "/api/images_mvp/analytics/track", *_TRACK),
    _limited("*", "/api/images_mvp/analytics/.*", *_GLOBAL, *_REPORTS),
    # Each makes an order and a checkout session.
    _limited(
        "POST",
        "/api/images_mvp/credits/purchase|/api/credits/purchase|/api/checkout/create-session",
        *_GLOBAL,
        _same("purchase", By.ADDRESS, "30 per 1 minute"),
    ),
    # Each asks the payment service.
    _limited(
        "GET POST",
        "/api/payments/confirm|(/images_mvp)?/credits/success",
        _same("confirm", By.ADDRESS, "10 per 1 minute"),
    ),
    # Each costs a slow hash. Wrong passwords are counted by account besides, where accounts are kept.
    _limited(
        "POST",
        "/api/auth/(register|login|password-reset/.*|verify-email.*|resend.*)",
        *_GLOBAL,
        _same("sign-in", By.ADDRESS, "20 per 1 minute"),
    ),
    _limited("POST", "/reset-password|/verify-email", _same("sign-in", By.ADDRESS, "20 per 1 minute")),
    _limited("*", "/api/(admin|monitoring)/.*", _same("admin", By.ADDRESS, "10 per 1 minute")),
    _limited("*", "/api/(health|webhooks/.*)"),
    _limited("*", "/api/.*", *_GLOBAL),
    _limited("POST", "/v1/(extractions|redactions|uploads|batches)", *_UPLOADS),
    # Each makes an order and a checkout session, as above.
    _limited("POST", "/v1/credits/orders", _same("purchase", By.USER, "30 per 1 minute", Shape.STANDARD)),
    _limited("*", "/v1/.*", _CALLS),
)


def limited_of(method: str, path: str) -> Limited | None:
    """Return what a request is counted against; None if it is not counted."""
    counted = "GET" if method == "HEAD" else method
    return next((one for one in LIMITED if counted in one.methods and one.path.fullmatch(path)), None)
