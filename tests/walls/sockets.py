"""The tests speak to this machine only. Anything else is a mistake: a real key, a real workspace, a real customer."""

from __future__ import annotations

import ipaddress
import sys

# What each event of CPython's audit table puts where: https://docs.python.org/3/library/audit_events.html
ADDRESS_OF = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
HOST_OF = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0}


class Outside(RuntimeError):
    """A test tried to leave this machine."""


def at_home(host: object) -> bool:
    """Whether the host is this machine; a name other than localhost is outside, because asking for it is."""
    if isinstance(host, bytes | bytearray):
        host = host.decode("ascii", "replace")
    if host in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(host).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def watch(event: str, arguments: tuple[object, ...]) -> None:
    host: object = None
    if event in ADDRESS_OF:
        address = arguments[ADDRESS_OF[event]]
        host = address[0] if isinstance(address, tuple) else None  # anything but a tuple is a Unix socket
    elif event in HOST_OF:
        host = arguments[HOST_OF[event]]
    if not at_home(host):
        raise Outside(f"{event} to {host!r}: the tests speak to 127.0.0.1 only")


def close() -> None:
    """An audit hook cannot be taken away again, and no library gets past it, whatever client it uses."""
    sys.addaudithook(watch)
