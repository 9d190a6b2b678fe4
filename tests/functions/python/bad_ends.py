"""How an order comes to a bad end, as the keys of its event say."""

import os
import resource
import socket

MIB = 1 << 20


def meet(event):
    if "connect" in event:
        host, _, port = event["connect"].rpartition(":")
        socket.create_connection((host, int(port)))
    if "exit" in event:
        os._exit(int(event["exit"]))
    if "eat" in event:
        # In large pieces: what is left when the last is refused is enough to tell of it.
        limit = int(event["eat"]) * MIB
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        eaten = []
        while True:
            eaten.append(bytearray(16 * MIB))
