"""What all processes of a cluster must agree on: one record in a compacted topic of one partition, watched by each worker.

The epoch is the high part of every version, and grows with a full rebuild; the generation is the high part of every stamp, and grows
with a replay.
"""

from __future__ import annotations

from msgspec import Struct, structs

from contracts import codec
from rasid.cluster.sending import Outgoing, Sender
from rasid.cluster.tail import Tail
from rasid.cluster.topics import Topics
from rasid.errors import UsageError
from rasid.settings import Settings

KEY = "control"
AGREED = ("partitions", "event_expiry_days")
"""Settings that change what a stage gives: with two values in one cluster its results would depend on which worker was asked."""


class Control(Struct, frozen=True):
    """``agreed``: the settings of AGREED as text, as they stood at set-up."""

    epoch: int = 1
    generation: int = 1
    agreed: dict[str, str] = {}


def agreed(settings: Settings) -> dict[str, str]:
    return {name: str(getattr(settings, name)) for name in AGREED}


def check_agreed(control: Control, settings: Settings) -> None:
    """Raises UsageError naming each setting that differs from the one at set-up."""
    own = agreed(settings)
    wrong = [
        f"{name} is {own[name]} here and {value} in the cluster"
        for name, value in control.agreed.items()
        if own.get(name, value) != value
    ]
    if wrong:
        raise UsageError("settings that must agree do not: " + "; ".join(wrong))


class ControlWatch:
    """``current`` is what stands in the topic; None before anything was written."""

    def __init__(self, settings: Settings) -> None:
        self.current: Control | None = None
        self._tail = Tail(settings, Topics.of(settings).control, self._take)

    def _take(self, key: str, value: bytes | None) -> None:
        if key == KEY and value is not None:
            self.current = codec.decode(Control, value)

    @property
    def known(self) -> Control:
        """Raises UsageError where the cluster was never set up."""
        if self.current is None:
            raise UsageError("the cluster is not set up: run rasid setup first")
        return self.current

    async def __aenter__(self) -> ControlWatch:
        await self._tail.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._tail.__aexit__()


async def read_control(settings: Settings) -> Control | None:
    """What stands in the topic now."""
    async with ControlWatch(settings) as watch:
        return watch.current


async def write_control(settings: Settings, control: Control) -> None:
    """Durable on return. Two writers at once would lose one's change: the operator's commands hold the word of one operator."""
    async with Sender(settings) as sender:
        topic = Topics.of(settings).control
        await sender.send_all([Outgoing(topic, 0, KEY.encode(), codec.encode(control))])


async def raise_generation(settings: Settings) -> Control:
    """For a replay: the next generation, written. Raises UsageError where the cluster was never set up."""
    async with ControlWatch(settings) as watch:
        raised = structs.replace(watch.known, generation=watch.known.generation + 1)
    await write_control(settings, raised)
    return raised
