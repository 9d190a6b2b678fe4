"""A network of the sandbox's own, which is cut while the environment is frozen.

SIGSTOP alone is kinder than Lambda: the kernel goes on answering for a process that stands still.
Here the environment lives in one network namespace and backends in another ("outside"); a veth pair
joins them. While it is cut every packet vanishes on the way, without a word to either side. After
it, connections from before are dead, again without a word, and new ones work: what a NAT does that
has forgotten them. The same is done by hand with `cut` and `restore`.

Needs root and `ip` of iproute2; see `available`. Nothing in this machine's own network changes, and
the namespaces end with the last descriptor and process in them.
"""

import ctypes
import ipaddress
import os
import shutil
import subprocess
import threading
from contextlib import contextmanager

CLONE_NEWNET = 0x40000000
THIS_NAMESPACE = "/proc/thread-self/ns/net"
SUBNET = ipaddress.ip_network("198.18.0.0/16")  # set aside for tests by RFC 2544
OUTSIDE, SANDBOX = SUBNET[1], SUBNET[2]
OUTSIDE_MAC = "02:00:00:00:00:01"
NOBODY = SUBNET[-2]
NOBODYS_MAC = "02:00:00:00:00:ff"

_libc = ctypes.CDLL(None, use_errno=True)


def available():
    """Why there can be no network of one's own here, or None where there can be."""
    if not shutil.which("ip"):
        return "there is no ip(8): install iproute2"
    try:
        os.close(_new_namespace())
    except OSError as error:
        return f"no network namespace can be made: {error}"
    return None


class Here:
    """Instead of a Network: this machine's own, which nothing cuts."""

    @contextmanager
    def inside(self):
        yield

    def cut(self):
        pass

    def restore(self):
        pass


class Network:
    """`forgets` says whether connections that were cut are dead afterwards, too.
    `outside_address` is where servers made `with network.outside()` are found, `silent_address`
    one where nobody is, and from which no error comes back either: a black hole."""

    def __init__(self, forgets=True):
        self.forgets = forgets
        self.outside_address = str(OUTSIDE)
        self.silent_address = str(NOBODY)
        self._mapping = 0  # the sandbox has another address after each cut
        self._is_cut = False
        self._inside = _new_namespace()
        self._outside = _new_namespace()
        peer = f"/proc/{os.getpid()}/fd/{self._outside}"
        self._ip(self._inside, "link set lo up",
                 f"link add eth0 type veth peer name eth0 address {OUTSIDE_MAC} netns {peer}",
                 f"address add {SANDBOX}/{SUBNET.prefixlen} dev eth0", "link set eth0 up",
                 # Not to be asked for while it is cut: that would end in an error.
                 f"neighbour add {OUTSIDE} lladdr {OUTSIDE_MAC} dev eth0 nud permanent",
                 f"neighbour add {NOBODY} lladdr {NOBODYS_MAC} dev eth0 nud permanent")
        self._ip(self._outside, "link set lo up",
                 f"address add {OUTSIDE}/{SUBNET.prefixlen} dev eth0", "link set eth0 up")
        with self.outside():
            # What comes from an address with a blackhole for a route is dropped as well.
            for name in ("all", "eth0"):
                with open(f"/proc/sys/net/ipv4/conf/{name}/rp_filter", "w") as setting:
                    setting.write("1")

    def inside(self):
        """Sockets, processes and threads made in this context belong to the sandbox."""
        return _in(self._inside)

    def outside(self):
        """The same for backends."""
        return _in(self._outside)

    def cut(self):
        if not self._is_cut:
            self._is_cut = True
            self._ip(self._outside, f"route add blackhole {SANDBOX + self._mapping}/32")

    def restore(self):
        if not self._is_cut:
            return
        self._is_cut = False
        if not self.forgets:
            self._ip(self._outside, f"route del blackhole {SANDBOX + self._mapping}/32")
            return
        # What is sent from the old address goes on vanishing.
        self._mapping += 1
        address = SANDBOX + self._mapping
        self._ip(self._inside, f"address add {address}/32 dev eth0",
                 f"route replace {SUBNET} dev eth0 proto kernel scope link src {address}")

    def close(self):
        for descriptor in (self._inside, self._outside):
            os.close(descriptor)

    @staticmethod
    def _ip(namespace, *commands):
        with _in(namespace):
            done = subprocess.run(["ip", "-batch", "-"], input="\n".join(commands), text=True,
                                  capture_output=True)
        if done.returncode != 0:
            raise OSError(f"ip: {done.stderr.strip()} ({'; '.join(commands)})")


def _new_namespace():
    """A descriptor that keeps a new network namespace."""
    made, failed = [], []

    def make():  # in a thread of its own, which leaves its namespace for good
        if _libc.unshare(CLONE_NEWNET) != 0:
            failed.append(ctypes.get_errno())
        else:
            made.append(os.open(THIS_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC))

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if failed:
        raise OSError(failed[0], os.strerror(failed[0]))
    return made[0]


@contextmanager
def _in(namespace):
    """For the calling thread, and whatever it starts meanwhile."""
    before = os.open(THIS_NAMESPACE, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _enter(namespace)
        yield
    finally:
        _enter(before)
        os.close(before)


def _enter(namespace):
    if _libc.setns(namespace, CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")
