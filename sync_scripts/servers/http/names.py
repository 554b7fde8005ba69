"""Looking up the name of a host, with an end.

The system's own look-up takes no deadline: with a name server that does not answer it can hold for minutes, once for each
connection. Here it is waited for as long as the call may take; what comes later is for nobody.
"""

from __future__ import annotations

import ipaddress
import socket
from queue import Empty, SimpleQueue
from threading import Thread

__all__ = ["addresses"]


def addresses(host: str, port: int, timeout: float | None) -> list[str]:
    """Return the addresses of a host in the order in which the system would try them; never an empty list.

    Args:
        host: a name, or an address, which is given back as it is.
        port: of the server.
        timeout: seconds to wait; None waits as long as the system does.

    Raises:
        TimeoutError: no answer in that time.
        OSError: there is no such name, or it cannot be found out.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return _looked_up(host, port, timeout)
    return [host]


def _looked_up(host: str, port: int, timeout: float | None) -> list[str]:
    answers: SimpleQueue[list[str] | OSError] = SimpleQueue()

    def look() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError as error:
            answers.put(error)
        except UnicodeError:  # of a label that is too long
            answers.put(OSError())
        else:
            answers.put(list(dict.fromkeys(str(address[0]) for *_, address in found)))

    Thread(target=look, name="dikalo-name", daemon=True).start()  # its end is not waited for at our own
    try:
        answer = answers.get(timeout=timeout)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    if not answer:
        raise OSError
    return answer
