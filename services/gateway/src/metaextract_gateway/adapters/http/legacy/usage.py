"""What clients tell of their use, and the report on it (§6)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from metaextract_common.errors import ServiceError
from metaextract_gateway.adapters.http.auth.callers import caller_of, require
from metaextract_gateway.adapters.http.legacy import errors, usage_events, usage_report
from metaextract_gateway.adapters.http.legacy.bodies import BodyError, json_body
from metaextract_gateway.domain.identity import Role
from metaextract_gateway.domain.usage import UsageEvents

PATH: Final = "/api/images_mvp/analytics"


def routes(
    events: UsageEvents, *, public: bool, now: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> list[BaseRoute]:
    """Return the routes. `public`: whether anybody may read the report, or administrators only."""
    desk = _Desk(events, public, now)
    return [
        Route(f"{PATH}/track", desk.track, methods=["POST"]),
        Route(f"{PATH}/report", desk.report),
        Route(f"{PATH}/report-optimized", desk.report_of_the_newest),
    ]


@dataclass(frozen=True, slots=True)
class _Desk:
    events: UsageEvents
    public: bool
    now: Callable[[], datetime]

    async def track(self, request: Request) -> Response:
        """Keep an event. A beacon may call its JSON plain text."""
        try:
            body = await json_body(request, any_type=True)
        except BodyError as error:
            return error.response
        name = usage_events.event_name(body.get("event"))
        if not name:
            return errors.invalid_request("Event name is required")
        try:
            await self.events.record(name, self._kept(request, name, body))
        except ServiceError:
            return JSONResponse({"error": "Failed to log analytics event"}, 500)
        return Response(status_code=204)

    async def report(self, request: Request) -> Response:
        """Count the newest events, as many as asked for."""
        return await self._reported(
            request, usage_report.events_count_max(request.query_params.get("limit", ""))
        )

    async def report_of_the_newest(self, request: Request) -> Response:
        """Count the newest 5,000 events."""
        return await self._reported(request, usage_report.EVENTS_COUNT_DEFAULT)

    async def _reported(self, request: Request, limit: int) -> Response:
        range_ = usage_report.range_of(request.query_params.get("period", ""))
        now = self.now()
        try:
            if not self.public:
                require(request, Role.ADMIN)
        except ServiceError as error:
            return errors.render(error)
        try:
            usage = await self.events.usage(
                usage_report.since(range_, now), limit, usage_report.COUNTED, usage_report.AVERAGED
            )
        except ServiceError:
            return JSONResponse({"error": "Failed to build analytics report"}, 500)
        return JSONResponse(usage_report.document(usage, range_, limit, now))

    @staticmethod
    def _kept(request: Request, name: str, body: dict[str, Any]) -> dict[str, str]:
        return usage_events.kept(
            name, body.get("properties"), session=body.get("sessionId"), user=caller_of(request).user
        )
