"""The faust app of one step: every setting that the delivery rests on, in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasid.cluster.connection import faust_options
from rasid.cluster.faustpatch import StreamApp
from rasid.cluster.topics import MAX_MESSAGE_BYTES, Topics
from rasid.settings import Settings

ROCKS = {"driver": "rocksdict", "block_cache_size": 8 << 20, "write_buffer_size": 4 << 20}
"""Of each partition's store; the defaults are made for one store a machine."""
RAW: dict[str, Any] = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
REBALANCE_SECONDS = 120.0
"""A worker may end its batch before it gives its partitions up; a batch takes at most ``batch_seconds`` (up to 120)."""


def make_app(settings: Settings, step: str, folder: Path, buffered: int) -> StreamApp:
    """``buffered``: records that may wait in memory."""
    topics = Topics.of(settings)
    return StreamApp(
        topics.group(step),
        **faust_options(settings),
        datadir=folder,
        store="rocksdb://",
        autodiscover=False,
        processing_guarantee="at_least_once",
        broker_commit_interval=1.0,
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.session_seconds / 4,
        broker_rebalance_timeout=REBALANCE_SECONDS,
        broker_request_timeout=max(90.0, settings.session_seconds + 30.0),
        stream_wait_empty=True,
        stream_buffer_maxsize=buffered,
        stream_recovery_delay=0.0,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=1 << 20,
        producer_max_request_size=MAX_MESSAGE_BYTES,
        topic_disable_leader=True,
        topic_allow_declare=False,
        topic_partitions=settings.partitions,
        table_standby_replicas=0,
        web_enabled=False,
        worker_redirect_stdouts=False,
    )


def input_of(app: StreamApp, topics: Topics, step: str) -> Any:
    """The channel of all that the step reads."""
    return app.topic(*topics.inputs(step), **RAW)


def table_of(app: StreamApp, settings: Settings, step: str) -> Any:
    """The table of a stage; its partitions equal those of its topic."""
    return app.Table(
        step,
        partitions=settings.partitions,
        key_type=bytes,
        value_type=bytes,
        options=dict(ROCKS),
    )
