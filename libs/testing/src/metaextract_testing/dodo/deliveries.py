"""Sending webhooks as DodoPayments does: signed, repeated, in no order, of the latest state."""

import asyncio
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx
from standardwebhooks import Webhook

from metaextract_testing.dodo.behaviour import ATTEMPT_PAUSES_SECONDS, Behaviour
from metaextract_testing.dodo.books import BUSINESS, Json, new_id, stamp

OK_MIN, OK_MAX = 200, 299


@dataclass
class Message:
    """One webhook. `subject` is looked at for each attempt. `statuses`: what was answered; 0: nothing."""

    event_type: str
    subject: Json
    id: str = field(default_factory=lambda: new_id("msg"))
    time: str = field(default_factory=stamp)
    statuses: list[int] = field(default_factory=list)

    def body(self) -> bytes:
        """Return the body as it is now."""
        content = {
            "business_id": BUSINESS["business_id"],
            "type": self.event_type,
            "timestamp": self.time,
            "data": self.subject,
        }
        return json.dumps(content).encode()

    def headers(self, secrets: tuple[str, ...], body: bytes, time: datetime) -> dict[str, str]:
        """Return the headers of Standard Webhooks, with a signature for each secret."""
        signatures = [Webhook(secret).sign(self.id, time, body.decode()) for secret in secrets]
        return {
            "content-type": "application/json",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(time.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


class Deliveries:
    """All webhooks there were. Borrows the client."""

    def __init__(self, behaviour: Behaviour, client: httpx.AsyncClient) -> None:
        self.behaviour = behaviour
        self.messages: list[Message] = []
        self.held: list[Message] = []
        self._client = client
        self._random = random.Random(behaviour.seed)  # noqa: S311 - an order, not a secret
        self._tasks: set[asyncio.Task[None]] = set()

    def send(self, event_type: str, subject: Json) -> Message:
        """Send a webhook, in the background, or keep it back if webhooks are held."""
        message = Message(event_type, subject)
        self.messages.append(message)
        if not self.behaviour.webhook_url:
            return message
        if self.behaviour.held:
            self.held.append(message)
            return message
        for _ in range(self.behaviour.copies_count):
            task = asyncio.create_task(self._deliver(message))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return message

    async def release(self) -> list[Message]:
        """Send what is held, each as often as asked for, in an order by chance; return it in that order."""
        sent = self.held * self.behaviour.copies_count
        self.held = []
        self._random.shuffle(sent)
        for message in sent:
            await self._deliver(message)
        return sent

    async def attempt(self, message: Message) -> int:
        """Send once; return the status of the answer, 0 if there was none."""
        body = message.body()
        headers = message.headers(self.behaviour.secrets, body, datetime.now(UTC))
        try:
            answer = await self._client.post(
                self.behaviour.webhook_url,
                content=body,
                headers=headers,
                timeout=self.behaviour.answer_seconds_max,
            )
        except httpx.HTTPError:
            message.statuses.append(0)
        else:
            message.statuses.append(answer.status_code)
        return message.statuses[-1]

    async def settled(self) -> None:
        """Return once nothing is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _deliver(self, message: Message) -> None:
        await asyncio.sleep(self.behaviour.first_pause_seconds)
        for pause_seconds in ATTEMPT_PAUSES_SECONDS:
            await asyncio.sleep(pause_seconds * self.behaviour.pause_scale)
            if OK_MIN <= await self.attempt(message) <= OK_MAX:
                return
