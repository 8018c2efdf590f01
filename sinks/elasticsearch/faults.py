"""What can be wrong with a node or a document, named by what happens next.

A node that is away, busy or full is ``Unavailable``: the caller waits and writes again. What no waiting mends (another version, a
template or mapping that does not fit, a refused key) is ``IndexRefused``: the operator must act. A document that the index cannot
take is in ``RejectedDocuments``: its record is a dead letter, all others are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from elastic_transport import ConnectionError, ConnectionTimeout
from elasticsearch import ApiError, UnsupportedProductError

from contracts.outcomes import IndexRefused, Unavailable

BUSY = frozenset({429, 502, 503, 504})
BLOCKED = "cluster_block_exception"
_SHOWN = 3
_REASON = 300
_ID = 60


@contextmanager
def told() -> Iterator[None]:
    """Turns what the client raises into Unavailable or IndexRefused; a wrong request of ours passes through as it is."""
    try:
        yield
    except (ConnectionError, ConnectionTimeout) as error:
        why = shortened(error.message)
        if "CERTIFICATE_VERIFY_FAILED" in why:
            raise IndexRefused(f"the certificate of Elasticsearch is not trusted: {why}") from error
        raise Unavailable(f"Elasticsearch cannot be reached: {why}") from error
    except UnsupportedProductError as error:
        raise IndexRefused(f"this address is not an Elasticsearch node: {error.message}") from error
    except ApiError as error:
        kind = error_type(error)
        if error.status_code in BUSY or kind == BLOCKED:
            raise Unavailable(f"Elasticsearch is not ready: {reason_of(error)}") from error
        if error.status_code in (401, 403):
            raise IndexRefused(f"Elasticsearch refuses the user or key: {reason_of(error)}") from error
        raise


def error_type(error: ApiError) -> str:
    """The type that the node's answer names; '' where it names none."""
    cause = _cause(error)
    return str(cause.get("type", ""))


def reason_of(error: ApiError) -> str:
    """What the node's answer says, on one line."""
    cause = _cause(error)
    return shortened(cause.get("reason") or str(error))


def shortened(reason: object) -> str:
    return " ".join(str(reason).split())[:_REASON]


def _cause(error: ApiError) -> Mapping[str, Any]:
    cause = error.body.get("error") if isinstance(error.body, dict) else None
    return cause if isinstance(cause, dict) else {}
