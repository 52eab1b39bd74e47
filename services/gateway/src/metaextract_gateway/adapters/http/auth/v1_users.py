"""/v1: who is signed in, which a key may ask too, and the keys of a person's programs.

The calls are unary, but whose they are is never the client's to say: so they are written by hand.
"""

from typing import TYPE_CHECKING, Final

import grpc
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from metaextract.billing.v1 import users_pb2 as pb
from metaextract.billing.v1.users_pb2_grpc import UsersServiceStub
from metaextract_gateway.adapters.http import negotiation
from metaextract_gateway.adapters.http.auth.callers import require_person, require_sign_in
from metaextract_gateway.adapters.http.transcoding import body_of, parameters, parsed, to_json
from metaextract_gateway.domain.identity import Caller

if TYPE_CHECKING:  # the typed face of the stub, which exists for type checkers only
    from metaextract.billing.v1.users_pb2_grpc import UsersServiceAsyncStub

_NAME: Final = "users/"
_KEYS: Final = "/apiKeys/"


def routes(billing: grpc.aio.Channel) -> list[BaseRoute]:
    """Return the routes."""
    stub: UsersServiceAsyncStub = UsersServiceStub(billing)

    async def me(request: Request) -> Response:
        found = await stub.GetUser(pb.GetUserRequest(name=_asked_by(require_sign_in(request), request)))
        return Response(to_json(found.user), media_type="application/json")

    async def create(request: Request) -> Response:
        owner = _asked_by(require_person(request), request)
        wanted = parsed(pb.CreateApiKeyRequest, await body_of(request), ours=("user",))
        wanted.user = owner
        made = await stub.CreateApiKey(wanted)
        headers = {"Location": f"/v1/apiKeys/{_id(made.api_key)}", "Cache-Control": "no-store"}
        return Response(to_json(made), 201, headers, media_type="application/json")

    async def list_(request: Request) -> Response:
        found = await stub.ListApiKeys(
            pb.ListApiKeysRequest(user=_asked_by(require_person(request), request))
        )
        return Response(to_json(found), media_type="application/json")

    async def revoke(request: Request) -> Response:
        owner = _asked_by(require_person(request), request)
        name = owner + _KEYS + request.path_params["api_key"]
        await stub.RevokeApiKey(pb.RevokeApiKeyRequest(user=owner, name=name))
        return Response(status_code=204)

    return [
        Route("/v1/users/me", me),
        Route("/v1/apiKeys", create, methods=["POST"]),
        Route("/v1/apiKeys", list_),
        Route("/v1/apiKeys/{api_key}", revoke, methods=["DELETE"]),
    ]


def _asked_by(caller: Caller, request: Request) -> str:
    """Return whose request it is; raises what is wrong with it."""
    negotiation.chosen(request, [negotiation.JSON])
    parameters(request, {})
    return _NAME + caller.user


def _id(key: pb.ApiKey) -> str:
    return key.name.rpartition("/")[2]
