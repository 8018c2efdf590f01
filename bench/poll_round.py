"""One round of polling over a list, and nothing else: what the polling benchmark measures from outside.

``python -m bench.poll_round``: settings from the environment; says as one line of JSON what the feeds answered.
"""

from __future__ import annotations

import json

from rasid.local.database import RunnerLock
from rasid.local.journal import read_counters
from rasid.local.session import opened
from rasid.settings import load


def main() -> None:
    settings = load()
    lock = RunnerLock(settings.database)
    with opened(settings) as session:
        session.run("once", steps=("poll",))
        outcomes = {
            reason: n
            for (stage, name, reason), n in read_counters(session.database).items()
            if name in ("polled", "failed")
        }
        print(json.dumps(outcomes))
    lock.release()


if __name__ == "__main__":
    main()
