"""A small HTTP proxy: CONNECT, and requests with a whole URL. It knows nothing of what passes."""

import base64
import socket
import threading
from urllib.parse import urlsplit


class Proxy:
    """`requests` are the first lines that came; `credentials` ("user:password") are asked for where
    there are any. All hosts are this one: names need not be known."""

    def __init__(self, credentials=None):
        self.requests = []
        self.hosts = {}  # what stands for a name: (host, port)
        self.wanted = credentials and "basic " + base64.b64encode(credentials.encode()).decode()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(65536)
            if not piece:
                return
            head += piece
        lines = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")
        self.requests.append(lines[0])
        if self.wanted and not any(line.lower() == f"proxy-authorization: {self.wanted}".lower()
                                   for line in lines):
            client.sendall(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            client.close()
            return
        method, target, _ = lines[0].split()
        host, _, port = (target if method == "CONNECT" else urlsplit(target).netloc).rpartition(":")
        server = socket.create_connection(self.hosts.get(host, ("127.0.0.1", int(port))))
        if method == "CONNECT":
            client.sendall(b"HTTP/1.1 200 There\r\n\r\n")
        else:
            server.sendall(head)
        threading.Thread(target=_pass_on, args=(server, client), daemon=True).start()
        _pass_on(client, server)


def _pass_on(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass
