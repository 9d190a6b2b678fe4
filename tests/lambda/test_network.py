"""A network that is cut in a freeze: kinder environments would not show what is wrong here."""

import socket
import threading

import pytest

TALK = '''
import socket
def dial(timeout=20):
    made = socket.create_connection((os.environ["BACKEND"], int(os.environ["BACKEND_PORT"])), 20)
    made.settimeout(timeout)
    return made

def echo(connection):
    try:
        connection.send(b"x")
        return "echo" if connection.recv(1) else "closed"
    except OSError as error:
        return type(error).__name__

register("INVOKE", "SHUTDOWN")
'''
TRUSTING = TALK + '''
kept = dial()
while next()["eventType"] == "INVOKE":
    say(echo(kept))
    kept.settimeout(0.2)  # what has not come back by then is lost: see the test
'''
CAREFUL = TALK + '''
while next()["eventType"] == "INVOKE":
    say(echo(dial()))
'''


@pytest.fixture
def heard():
    """What the backend got."""
    return []


@pytest.fixture
def backend(network, heard):
    """Outside of the sandbox: sends back what it gets."""
    with network.outside():
        listener = socket.create_server((network.outside_address, 0), backlog=16)

    def serve(connection):
        with connection:
            while data := connection.recv(100):
                heard.append(data)
                connection.sendall(data)

    def accept():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(connection,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield {"BACKEND": network.outside_address, "BACKEND_PORT": str(listener.getsockname()[1])}
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()


@pytest.mark.parametrize("body, said", [(TRUSTING, ["TimeoutError", "TimeoutError"]),
                                         (CAREFUL, ["echo", "echo"])], ids=["kept", "fresh"])
def test_a_connection_does_not_survive_a_freeze(
    environment, extension, network, backend, body, said
):
    """No reset, no FIN, just silence; a new connection works."""
    env = environment([extension(body)], None, backend, network=network)
    with env:
        env.invoke()
        for _ in said:
            env.freeze()
            env.invoke()
            env.wait_idle()
    assert env.output("ext").splitlines() == ["echo", *said]


def test_or_it_does_where_nothing_forgets_it(environment, extension, network, backend):
    network.forgets = False
    env = environment([extension(TRUSTING.replace("0.2", "20"))], None, backend, network=network)
    with env:
        for _ in range(2):
            env.invoke()
            env.freeze()
        env.thaw()
    assert env.output("ext").splitlines() == ["echo", "echo"]


def test_while_it_is_cut_nothing_gets_through_in_either_direction(network, backend, heard):
    address = (backend["BACKEND"], int(backend["BACKEND_PORT"]))
    with network.inside():
        known = socket.create_connection(address, 20)
    known.sendall(b"1")
    assert known.recv(1) == b"1"
    network.cut()
    with network.inside(), pytest.raises(TimeoutError):
        socket.create_connection(address, 0.2)
    known.sendall(b"2")
    known.settimeout(0.2)
    with pytest.raises(TimeoutError):
        known.recv(1)
    network.restore()
    with network.inside(), socket.create_connection(address, 20) as fresh:
        fresh.sendall(b"3")
        assert fresh.recv(1) == b"3"
    known.close()
    assert heard == [b"1", b"3"]


def test_a_black_hole_says_nothing(network):
    with network.inside(), pytest.raises(TimeoutError):
        socket.create_connection((network.silent_address, 80), 4)  # longer than ARP would try


def test_the_apis_and_the_listener_are_inside(environment, extension, network, listener):
    """What is local in Lambda is not cut."""
    with network.inside():
        heard = listener()
    body = 'register("INVOKE", "SHUTDOWN")\nsubscribe()\nloop()'
    env = environment([extension(body)], lambda event, context: context.print(event),
                      {"LISTENER": str(heard.server.port)}, network=network, freeze=True)
    with env:
        for line in ("a", "b"):
            env.invoke(line)
            env.wait_idle()
        env.thaw()
        assert env.life.telemetry.flushed(20)
        assert env.shutdown().codes == {"ext": 0}
    assert heard.events("function") == ["a\n", "b\n"]
    assert len(heard.events("platform.report")) == 2
