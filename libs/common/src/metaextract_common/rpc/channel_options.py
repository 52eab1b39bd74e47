"""gRPC options that both ends of every connection share."""

from typing import Final

MESSAGE_BYTES_MAX: Final = 32 * 1024 * 1024
"""Largest message: a result with many thousand fields. Uploads come in far smaller chunks."""

CHUNK_BYTES: Final = 256 * 1024
"""Best size of an upload chunk: larger ones double the processor time, smaller ones too."""

CHUNK_BYTES_MAX: Final = 1024 * 1024
"""Largest upload chunk, as the contract says."""

OPTIONS: Final[tuple[tuple[str, int | str], ...]] = (
    # The bandwidth-delay probe grows every stream's window on a fast link: about 18 MB for each slow
    # upload. Without it the window is fixed, so memory is bounded by the number of streams. 512 KiB allow
    # 500 MB/s a stream at a round trip of 1 ms; 1 MiB takes 100 slow uploads over 300 MB (bench/results).
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 512 * 1024),
    ("grpc.max_receive_message_length", MESSAGE_BYTES_MAX),
    ("grpc.max_send_message_length", MESSAGE_BYTES_MAX),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    # By default a client waits 30 s between look-ups: a pod that was replaced would be missed for so long.
    ("grpc.dns_min_time_between_resolutions_ms", 1000),
    # And it waits up to two minutes between two attempts to connect: a service that was restarted would be
    # missed for so long.
    ("grpc.initial_reconnect_backoff_ms", 200),
    ("grpc.max_reconnect_backoff_ms", 2000),
)

SERVER_OPTIONS: Final[tuple[tuple[str, int | str], ...]] = (
    *OPTIONS,
    # Connections are renewed, so that clients find replicas that were added; a call in flight may take as
    # long as the longest upload.
    ("grpc.max_connection_age_ms", 300_000),
    ("grpc.max_connection_age_grace_ms", 3_600_000),
)
