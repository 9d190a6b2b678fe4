"""A name server of the tests' own, and lull in a file system that names it."""

import socket
import struct
import threading

SERVFAIL, NXDOMAIN = 2, 3
A, IN, PORT = 1, 1, 53


class NameServer:
    """Outside of a Network, at its `outside_address`. `answer`: None, then every question is
    dropped; SERVFAIL or NXDOMAIN; or the IPv4 address of every name."""

    def __init__(self, history, network):
        self.history = history
        self.address = network.outside_address
        self.answer = None
        with network.outside():
            self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self._socket.bind((self.address, PORT))
            self._stop = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self):
        # An empty packet ends the thread: closing a socket would not wake it.
        self._stop.sendto(b"", (self.address, PORT))
        self._thread.join(10)
        self._socket.close()
        self._stop.close()

    def _serve(self):
        while True:
            packet, client = self._socket.recvfrom(4096)
            if not packet:
                return
            name, end = _name(packet)
            kind, = struct.unpack_from("!H", packet, end)
            answer = self.answer
            self.history.record("dns.question", name=name, type=kind)
            if answer is None:
                continue
            try:
                self._socket.sendto(_reply(packet[: end + 4], kind, answer), client)
            except OSError:  # the network was cut just now: lost, as on any network
                continue
            self.history.record("dns.answer", name=name, type=kind, answer=answer)


def _name(packet):
    """The name that is asked for, and where it ends."""
    labels, at = [], 12
    while size := packet[at]:
        labels.append(packet[at + 1 : at + 1 + size].decode())
        at += 1 + size
    return ".".join(labels), at + 1


def _reply(question, kind, answer):
    """RFC 1035, section 4. A name that exists has no other records than its address."""
    refused = answer in (SERVFAIL, NXDOMAIN)
    answers = 0 if refused or kind != A else 1
    flags = 0x8180 | (answer if refused else 0)  # a response, recursion desired and available
    reply = question[:2] + struct.pack("!HHHHH", flags, 1, answers, 0, 0) + question[12:]
    if answers:
        reply += struct.pack("!HHHIH", 0xC00C, A, IN, 60, 4) + socket.inet_aton(answer)
    return reply


def resolving(directory, lull, *lines):
    """A program that is lull with those lines for its /etc/resolv.conf. Returns its path."""
    directory.mkdir()
    configuration = directory / "resolv.conf"
    configuration.write_text("".join(f"{line}\n" for line in lines))
    program = directory / lull.name  # as which lull registers
    program.write_text(f"""#!/bin/sh
exec unshare --mount sh -c 'mount --bind "$1" /etc/resolv.conf && exec "$2"' sh \\
    '{configuration}' '{lull}'
""")
    program.chmod(0o755)
    return program
