"""A small HTTP proxy: CONNECT, and requests with a whole URL. It knows nothing of what passes."""

import asyncio
import base64
import ssl
import threading
from urllib.parse import urlsplit


class Proxy:
    """`requests` are the first lines that came; `credentials` ("user:password") are asked for where
    there are any. `hosts` says what stands for a name, as (host, port): others are this machine.
    With a `certificate` it is itself spoken to by TLS."""

    def __init__(self, credentials=None, certificate=None):
        self.requests = []
        self.hosts = {}
        self.wanted = credentials and "basic " + base64.b64encode(credentials.encode()).decode()
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        listening = asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.tls)
        self._server = asyncio.run_coroutine_threadsafe(listening, self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self):
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, client, answers):
        try:
            await self._ask(client, answers)
        except (OSError, EOFError):
            pass  # one of the two went away
        finally:
            answers.close()

    async def _ask(self, client, answers):
        head = await client.readuntil(b"\r\n\r\n")
        first, *fields = head.decode().split("\r\n")
        self.requests.append(first)
        if self.wanted and f"proxy-authorization: {self.wanted}".lower() not in map(str.lower,
                                                                                  fields):
            answers.write(b"HTTP/1.1 407 Who are you\r\nContent-Length: 0\r\n\r\n")
            await answers.drain()
            return
        method, target, _ = first.split()
        host, _, port = (target if method == "CONNECT" else urlsplit(target).netloc).rpartition(":")
        source, sink = await asyncio.open_connection(*self.hosts.get(host, ("127.0.0.1", port)))
        if method == "CONNECT":
            answers.write(b"HTTP/1.1 200 There\r\n\r\n")
        else:
            sink.write(head)
        try:
            await asyncio.gather(_pass_on(client, sink), _pass_on(source, answers))
        finally:
            sink.close()


async def _pass_on(source, sink):
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()
    sink.close()
