"""Keeps the fetcher out of private networks: an address is judged when the socket to it is made.

Checking a URL's host beforehand is not enough: names resolve to private addresses, change between check and use, and
redirects lead inside. The socket is the one place that every connection passes.
"""

from __future__ import annotations

import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

Network = IPv4Network | IPv6Network

# Not public, though ``is_global`` of some Python versions says otherwise: shared address space of carriers, benchmarking,
# 6to4 relays, translation prefixes, unique-local and site-local addresses, multicast.
_CLOSED: tuple[Network, ...] = tuple(
    ip_network(text)
    for text in [
        "100.64.0.0/10",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "0.0.0.0/8",
    ]
) + tuple(
    ip_network(text) for text in ("fc00::/7", "fec0::/10", "ff00::/8", "64:ff9b:1::/48", "2001:db8::/32", "100::/64")
)
_MOST_JUDGED = 1000
_NAT64 = IPv6Network("64:ff9b::/96")


class PrivateAddress(OSError):
    """The connection would lead into a private, local or reserved network."""

    def __init__(self, address: str) -> None:
        super().__init__("private address")
        self.address = address


class NetGuard:
    """Makes sockets to public addresses, and to the networks that the operator allows (``10.1.0.0/16``, ``127.0.0.1``)."""

    def __init__(self, allow: Iterable[str] = ()) -> None:
        """Raises ValueError where an entry of ``allow`` is no network."""
        self._allow = tuple(ip_network(text, strict=False) for text in allow)
        self._judged: dict[str, bool] = {}

    def permits(self, address: str) -> bool:
        """Whether a connection to this IP address is allowed; what is no IP address is not. An IPv6 address that carries an
        IPv4 address (mapped, 6to4, NAT64) is as public as that one."""
        try:
            parsed = ip_address(address.partition("%")[0])
        except ValueError:
            return False
        if any(parsed in network for network in self._allow if network.version == parsed.version):
            return True
        inner = _carried(parsed)
        return is_public(parsed) if inner is None else self.permits(str(inner))

    def permits_host(self, host: str) -> bool:
        """False where ``host`` is an IP literal that is not allowed; names are judged by what they resolve to."""
        if not host[-1:].isdigit() and ":" not in host:  # the last label of a name is never a number
            return True
        if host not in self._judged:
            if len(self._judged) >= _MOST_JUDGED:
                self._judged.clear()
            self._judged[host] = not _is_literal(host) or self.permits(host)
        return self._judged[host]

    def socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for one result of ``getaddrinfo``. Raises PrivateAddress."""
        family, kind, protocol, _, address = info
        if not self.permits(str(address[0])):
            raise PrivateAddress(str(address[0]))
        return socket.socket(family=family, type=kind, proto=protocol)


def _is_literal(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is reachable on the open internet, by the registries of special-purpose addresses."""
    if any(address in network for network in _CLOSED if network.version == address.version):
        return False
    return address.is_global and not (address.is_multicast or address.is_reserved or address.is_unspecified)


def _carried(address: IPv4Address | IPv6Address) -> IPv4Address | None:
    """The IPv4 address inside an IPv6 address, by which a translator or the system itself would connect."""
    if isinstance(address, IPv4Address):
        return None
    if address in _NAT64 or (int(address) >> 32 == 0 and int(address) > 1):
        return IPv4Address(int(address) & 0xFFFFFFFF)
    teredo = address.teredo
    return address.ipv4_mapped or address.sixtofour or (teredo[1] if teredo else None)
