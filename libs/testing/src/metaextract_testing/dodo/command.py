"""``python -m metaextract_testing dodo``: the fake payment service, started by hand."""

import argparse
import asyncio
import sys
from collections.abc import Sequence

from metaextract_testing.dodo.behaviour import Behaviour
from metaextract_testing.dodo.serving import fake_dodo

HINTS = """\
Fake DodoPayments on {url} (no real money). Tell billing:
  base URL        {url}
  API key         {api_key}
  webhook secret  {secrets}
Webhooks go to {webhook_url}. After somebody has paid:
  refund   curl -X POST {url}/refunds -H 'authorization: Bearer x' -d '{{"payment_id": "…", "amount": 200}}'
  dispute  curl -X POST {url}/fake/disputes -d '{{"payment_id": "…"}}'
           curl -X POST {url}/fake/disputes/ID/won      (or lost, accepted, expired, cancelled, challenged)
  webhooks curl {url}/fake/webhooks
"""


def main(arguments: Sequence[str]) -> int:
    """Serve until interrupted; return the exit status."""
    options = _parser().parse_args(arguments)
    behaviour = Behaviour(
        webhook_url=options.webhook_url,
        secrets=tuple(options.secret),
        api_key=options.api_key,
        pause_scale=options.pause_scale,
        first_pause_seconds=options.delay,
        copies_count=options.copies,
        held=options.held,
        seed=options.seed,
    )
    try:
        asyncio.run(_serve(behaviour, options.port))
    except KeyboardInterrupt:
        return 0
    return 0


async def _serve(behaviour: Behaviour, port: int) -> None:
    async with fake_dodo(behaviour, port) as dodo:
        hints = HINTS.format(
            url=dodo.url,
            api_key=behaviour.api_key or "any",
            secrets=", ".join(behaviour.secrets),
            webhook_url=behaviour.webhook_url,
        )
        sys.stdout.write(hints)
        sys.stdout.flush()
        await asyncio.Event().wait()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m metaextract_testing dodo",
        description=(
            "Stand in for DodoPayments: its API for the official SDK, a checkout page with Pay and Fail, and "
            "signed webhooks, repeated until they are answered."
        ),
    )
    parser.add_argument("--port", type=int, default=8090, help="port on loopback (default 8090)")
    parser.add_argument("--webhook-url", required=True, help="where webhooks are sent")
    parser.add_argument(
        "--secret", action="append", required=True, help="signs webhooks, whsec_…; twice while rotating"
    )
    parser.add_argument("--api-key", default="", help="the only API key to accept (default: any)")
    parser.add_argument(
        "--pause-scale",
        type=float,
        default=1.0,
        metavar="X",
        help="stretches the pauses between attempts (default 1: 5 s, 5 min, 30 min, …)",
    )
    parser.add_argument(
        "--delay", type=float, default=0.0, metavar="SECONDS", help="pause before the first attempt"
    )
    parser.add_argument("--copies", type=int, default=1, metavar="N", help="send each webhook N times")
    parser.add_argument(
        "--held", action="store_true", help="keep webhooks until POST /fake/webhooks/release, then shuffle"
    )
    parser.add_argument("--seed", type=int, default=0, help="decides the order in which held ones are sent")
    return parser
