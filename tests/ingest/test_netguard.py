import socket
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.netguard import NetGuard, PrivateAddress, is_public

PRIVATE = """10.0.0.1 172.16.0.1 192.168.1.1 127.0.0.1 127.8.8.8 169.254.169.254 100.64.0.1 0.0.0.0 0.1.2.3 192.0.2.1 198.18.0.1
198.51.100.1 203.0.113.9 192.88.99.1 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255 :: ::1 fe80::1 fe80::1%eth0 fc00::1
fd12::1 fec0::1 ff02::1 2001:db8::1 100::1 ::ffff:10.0.0.1 ::ffff:127.0.0.1 ::127.0.0.1 2002:a00:1:: 2002:7f00:1::
64:ff9b::a00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 2001:0:4136:e378:8000:63bf:f5ff:fffe"""
PUBLIC = (
    "1.1.1.1 8.8.8.8 172.15.0.1 172.32.0.1 100.128.0.1 2606:4700::1111 ::ffff:8.8.8.8 2002:808:808:: 64:ff9b::808:808"
)


@pytest.mark.parametrize("address", PRIVATE.split())
def test_addresses_inside_are_closed(address):
    assert not NetGuard().permits(address)
    assert not NetGuard().permits_host(address)


@pytest.mark.parametrize("address", PUBLIC.split())
def test_addresses_of_the_open_internet_are_permitted(address):
    assert NetGuard().permits(address)


@given(st.integers(0, 2**32 - 1).map(ip_address))
def test_an_address_is_as_public_inside_ipv6_as_outside(address):
    number = int(address)
    mapped, translated = ip_address((0xFFFF << 32) | number), ip_address((0x64FF9B << 96) | number)
    for wrapped in (mapped, translated):
        assert NetGuard().permits(str(wrapped)) == NetGuard().permits(str(address))
    if address.is_private or address.is_multicast or address.is_loopback:
        assert not is_public(address)


def test_the_operator_allows_single_networks():
    guard = NetGuard(allow=("10.1.0.0/16", "127.0.0.1", "fd00::/8"))
    assert [guard.permits(a) for a in ("10.1.2.3", "127.0.0.1", "fd00::5", "::ffff:10.1.2.3")] == [True] * 4
    assert [guard.permits(a) for a in ("10.2.0.1", "127.0.0.2", "fe80::1")] == [False] * 3


def test_a_network_that_is_none_is_an_error_at_once():
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        NetGuard(allow=("10.0.0.0/99",))


def test_names_are_left_to_what_they_resolve_to():
    assert NetGuard().permits_host("outlet.example")
    assert not NetGuard().permits("outlet.example")


def test_no_socket_is_made_to_a_closed_address():
    with pytest.raises(PrivateAddress) as caught:
        NetGuard().socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("169.254.169.254", 80)))
    assert caught.value.address == "169.254.169.254"
    with NetGuard().socket((socket.AF_INET, socket.SOCK_STREAM, 6, "", ("8.8.8.8", 80))) as made:
        assert made.family == socket.AF_INET
