"""``rasid poll``: a poller of a cluster."""

from __future__ import annotations

from rasid.cli.app import app, settings


@app.command()
def poll() -> None:
    """Poll a share of the cluster's feeds, until Ctrl-C. Any number may run; each takes over from one that is gone."""
    from rasid.cluster.connection import check_versions

    check_versions()
    from rasid.cluster.polling import poll_forever
    from rasid.logs import configure_logs

    given = settings()
    configure_logs(given.log_level, quiet=False)
    poll_forever(given)
