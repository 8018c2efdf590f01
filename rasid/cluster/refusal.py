"""Whether a broker that "does not answer" has in truth turned us down: no waiting mends a wrong password or an unknown certificate.

The client says of both only that it could not connect, and leaves the reason in its own log.
"""

from __future__ import annotations

import ssl

from aiokafka.conn import create_conn
from aiokafka.errors import KafkaError, SaslAuthenticationFailed, UnsupportedSaslMechanismError

from rasid.cluster.connection import aiokafka_options
from rasid.errors import UsageError
from rasid.settings import Settings

SECONDS = 10


class Refused(UsageError):
    """The broker does not take our login, or we do not trust its certificate."""


async def check_refused(settings: Settings) -> None:
    """To be called when a broker could not be reached: raises Refused where one of them says why."""
    options = aiokafka_options(settings)
    for server in options.pop("bootstrap_servers"):
        host, _, port = server.rpartition(":")
        try:
            connection = await create_conn(host.strip("[]"), int(port), request_timeout_ms=SECONDS * 1000, **options)
        except (SaslAuthenticationFailed, UnsupportedSaslMechanismError) as error:
            raise Refused(f"Kafka at {server} refuses the login of {settings.kafka_user!r}: {_said(error)}") from None
        except ssl.SSLCertVerificationError as error:
            raise Refused(f"the certificate of Kafka at {server} is not trusted: {error.verify_message}") from None
        except (KafkaError, OSError, TimeoutError, ValueError):
            continue  # away, as was said
        connection.close()


def _said(error: KafkaError) -> str:
    return str(error.args[0]) if error.args else error.description
