"""The embedded runner without its index, to its end: ``python -m bench.embedded``. What a cluster's way is held against, since there the
index is a server's work."""

from __future__ import annotations

from rasid.local.database import RunnerLock
from rasid.local.runner import ALL_STEPS
from rasid.local.session import opened
from rasid.settings import load

STEPS = tuple(step for step in ALL_STEPS if step != "index")


def main() -> None:
    settings = load()
    lock = RunnerLock(settings.database)
    try:
        with opened(settings) as session:
            session.run("until-idle", STEPS)
    finally:
        lock.release()


if __name__ == "__main__":
    main()
