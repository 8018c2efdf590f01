"""One host is asked politely, whoever asks: requests are spaced, few at once, and a host that says "later" is left alone."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

LONGEST_PARK = 24 * 3600.0
"""Seconds; a Retry-After above is read as this."""


class HostBusy(Exception):
    """The host may not be asked for another ``seconds``, which is longer than the caller would wait."""

    def __init__(self, host: str, seconds: float) -> None:
        super().__init__(f"{host} may be asked in {seconds:.0f} s")
        self.host, self.seconds = host, seconds


class _Host:
    __slots__ = ("next_at", "parked_until", "running", "slots")

    def __init__(self, concurrency: int) -> None:
        self.next_at = self.parked_until = 0.0
        self.running = 0
        self.slots = asyncio.Semaphore(concurrency)


class HostGate:
    """Hands out turns by host. Times are those of ``clock``, in seconds; state lives in memory and is bounded."""

    def __init__(
        self,
        *,
        spacing: float = 1.0,
        concurrency: int = 2,
        exceptions: Mapping[str, float] | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        most_hosts: int = 20_000,
    ) -> None:
        """``spacing``: seconds from one request's start to the next; ``exceptions``: spacing of single hosts."""
        self._spacing, self._exceptions = spacing, dict(exceptions or {})
        self._concurrency, self._most_hosts = concurrency, most_hosts
        self._clock, self._sleep = clock, sleep
        self._hosts: dict[str, _Host] = {}

    @asynccontextmanager
    async def slot(self, host: str, *, spacing: float | None = None, patience: float = 60.0) -> AsyncIterator[None]:
        """The caller's turn: entered when the host may be asked. ``spacing`` above the gate's own (a crawl delay) holds for
        the turn that follows. Raises HostBusy at once where the turn is more than ``patience`` seconds away."""
        state = self._state(host)
        seconds = max(self.spacing(host), spacing or 0.0)
        now = self._clock()
        turn = max(now, state.next_at, state.parked_until)
        if turn - now > patience:
            raise HostBusy(host, turn - now)
        state.next_at = turn + seconds
        state.running += 1
        try:
            await self._wait(host, state, turn, patience)
            async with state.slots:
                yield
        finally:
            state.running -= 1

    async def _wait(self, host: str, state: _Host, turn: float, patience: float) -> None:
        """Until the turn; a host that was parked meanwhile sends away who waits."""
        while (left := max(turn, state.parked_until) - self._clock()) > 0:
            if left > patience:
                raise HostBusy(host, left)
            await self._sleep(left)

    def park(self, host: str, seconds: float) -> None:
        """Nobody asks this host for so many seconds."""
        state = self._state(host)
        state.parked_until = max(state.parked_until, self._clock() + min(seconds, LONGEST_PARK))

    def wait(self, host: str) -> float:
        """Seconds until the host may be asked; 0: now."""
        state = self._hosts.get(host)
        return 0.0 if state is None else max(0.0, state.next_at - self._clock(), state.parked_until - self._clock())

    def spacing(self, host: str) -> float:
        """Seconds between requests to the host."""
        return self._exceptions.get(host, self._spacing)

    def _state(self, host: str) -> _Host:
        state = self._hosts.get(host)
        if state is None:
            if len(self._hosts) >= self._most_hosts:
                self._forget_idle()
            state = self._hosts[host] = _Host(self._concurrency)
        return state

    def _forget_idle(self) -> None:
        now = self._clock()
        idle = [name for name, s in self._hosts.items() if not s.running and s.next_at <= now and s.parked_until <= now]
        for name in idle:
            del self._hosts[name]


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (a number or an HTTP date), within 0 and LONGEST_PARK; None where it does not
    say. Header names in lower case."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), LONGEST_PARK)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        wait = (moment - now) / timedelta(seconds=1)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(wait, 0.0), LONGEST_PARK)
