"""The health of a container: each of its processes answers on a port of its own, from RASID_METRICS_PORT upwards."""

from __future__ import annotations

import os
import sys
import urllib.request


def main() -> int:
    first, processes = int(os.environ["RASID_METRICS_PORT"]), int(os.environ.get("HEALTH_PROCESSES", "1"))
    for port in range(first, first + processes):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=3).close()
        except OSError as error:
            print(f"port {port}: {error}")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
