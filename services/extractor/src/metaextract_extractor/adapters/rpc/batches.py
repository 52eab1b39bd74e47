"""metaextract.extractor.v1.BatchService over gRPC: unpack, call, pack."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from metaextract.extractor.v1 import batches_pb2 as pb
from metaextract.extractor.v1 import batches_pb2_grpc as pb_grpc
from metaextract_common.rpc.server import Context
from metaextract_common.rpc.serving import Draining, until_draining
from metaextract_extractor.adapters.rpc.mapping import extraction_to_proto
from metaextract_extractor.application.batches import BatchQueries
from metaextract_extractor.domain.batches import Batch, BatchEvent
from metaextract_extractor.domain.model import State


class BatchServicer(pb_grpc.BatchServiceServicer):
    """Translates one protocol to one set of use cases, and nothing else."""

    def __init__(self, queries: BatchQueries, draining: Draining) -> None:
        self._queries = queries
        self._draining = draining

    async def GetBatch(  # noqa: N802 - named by the contract
        self,
        request: pb.GetBatchRequest,
        context: Context,
    ) -> pb.GetBatchResponse:
        return pb.GetBatchResponse(batch=batch_to_proto(await self._queries.get(request.name)))

    async def ListBatchExtractions(  # noqa: N802 - named by the contract
        self,
        request: pb.ListBatchExtractionsRequest,
        context: Context,
    ) -> pb.ListBatchExtractionsResponse:
        page = await self._queries.page(request.parent, request.page_size, request.page_token)
        return pb.ListBatchExtractionsResponse(
            extractions=map(extraction_to_proto, page.extractions), next_page_token=page.next_page_token
        )

    async def CancelBatch(  # noqa: N802 - named by the contract
        self,
        request: pb.CancelBatchRequest,
        context: Context,
    ) -> pb.CancelBatchResponse:
        return pb.CancelBatchResponse(batch=batch_to_proto(await self._queries.cancel(request.name)))

    async def WatchBatch(  # noqa: N802 - named by the contract
        self,
        request: pb.WatchBatchRequest,
        context: Context,
    ) -> AsyncGenerator[pb.WatchBatchResponse, None]:
        wait_seconds = request.wait_for_creation.ToMilliseconds() / 1000
        watched = self._queries.watch(
            request.name, request.after_sequence, request.extractions_count, wait_seconds
        )
        async with aclosing(until_draining(self._draining, watched)) as events:
            async for event in events:
                yield pb.WatchBatchResponse(event=event_to_proto(event))


def event_to_proto(event: BatchEvent) -> pb.BatchEvent:
    """Render an event."""
    batch = batch_to_proto(event.batch)
    return pb.BatchEvent(
        name=batch.name,
        sequence=event.batch.sequence,
        time=_timestamp(event.time),
        changed=None if event.is_last else batch,
        ended=batch if event.is_last else None,
    )


def batch_to_proto(batch: Batch) -> pb.Batch:
    """Render a batch."""
    total = batch.total
    return pb.Batch(
        name=batch.name,
        extractions_count=total.count,
        **{f"{state.value}_count": batch.count(state) for state in State},
        size_bytes=total.size_bytes,
        fraction=batch.ended_count / total.count,
        create_time=_timestamp(total.create_time),
        end_time=_timestamp(total.end_time if batch.ended else None),
        expire_time=_timestamp(total.expire_time if batch.ended else None),
        cancel_time=_timestamp(batch.cancel_time),
    )


def _timestamp(time: datetime | None) -> Timestamp | None:
    if time is None:
        return None
    message = Timestamp()
    message.FromDatetime(time)
    return message
