"""Network namespaces of this machine, for links that are as slow as a test wants them: they end with it,
and the machine's own network is not touched."""

import contextlib
import os
import subprocess

PATH = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin"}
ADDRESSES = ("10.77.1.10", "10.77.1.11")


def _run(*words):
    subprocess.run([str(word) for word in words], check=True, env={**os.environ, **PATH})


@contextlib.contextmanager
def _namespace(inside=()):
    """What comes before a command that is to run in it. Lives as long as its first process."""
    rights = [] if inside or os.geteuid() == 0 else ["-r"]
    words = [*inside, "unshare", *rights, "-n", "sh", "-c", "echo ready; exec cat"]
    holder = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout.readline() == "ready\n", "no network namespace can be made here"
        user = [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]
        enter = ["nsenter", "-t", str(holder.pid), "-n", *user]
        _run(*enter, "ip", "link", "set", "lo", "up")
        yield enter, holder.pid
    finally:
        holder.stdin.close()
        holder.wait()


def _limit(enter, device, rate):
    # What is sent at once must fit into the bucket: 64 KiB, with the headers of its packets.
    bucket = ["burst", "96kb", "latency", "200ms"]
    _run(*enter, "tc", "qdisc", "replace", "dev", device, "root", "tbf", "rate", rate, *bucket)


@contextlib.contextmanager
def loopback(rate=None):
    """One host whose loopback carries no more than `rate`; its prefix for a command."""
    with _namespace() as (enter, _):
        if rate:
            _run(*enter, "ip", "link", "set", "lo", "mtu", "1500")
            _limit(enter, "lo", rate)
        yield enter


@contextlib.contextmanager
def two_hosts(rate):
    """Two hosts at ADDRESSES, and between them a link of that rate; their prefixes for a command."""
    with _namespace() as (first, _), _namespace(first) as (second, second_pid):
        peer = ["peer", "name", "eth0", "netns", second_pid]
        _run(*first, "ip", "link", "add", "eth0", "type", "veth", *peer)
        for enter, address in zip((first, second), ADDRESSES):
            _run(*enter, "ip", "addr", "add", f"{address}/24", "dev", "eth0")
            _run(*enter, "ip", "link", "set", "eth0", "up")
            _limit(enter, "eth0", rate)
        yield first, second


class Hosts:
    """Hosts at 10.77.2.10, .11, ... on a switch, or at fd77::10, ..."""

    def __init__(self, switch, enters, has_ipv6):
        self._switch, self._enters, self._has_ipv6 = switch, enters, has_ipv6

    def add(self, enter):
        self._enters.append(enter)

    def enter(self, index):
        """What comes before a command that is to run on that host."""
        return self._enters[index]

    def address(self, index):
        return f"fd77::{10 + index}" if self._has_ipv6 else f"10.77.2.{10 + index}"

    def run(self, index, *words):
        _run(*self.enter(index), *words)

    def add_docker(self, index):
        """The bridge that Docker makes, with the address that it gives to each host's."""
        self.run(index, "ip", "link", "add", "docker0", "type", "bridge")
        self.run(index, "ip", "addr", "add", "172.17.0.1/16", "dev", "docker0")
        self.run(index, "ip", "link", "set", "docker0", "up")

    def filter(self, index, rules):
        """What comes to the host is dropped, but what the rules of nftables let in."""
        self._add_rules(index, "drop", "iif lo accept", "ct state established accept", rules)

    def lose(self, index, percent):
        """Of what comes to the host, by chance."""
        self._add_rules(index, "accept", f"iif eth0 numgen random mod 100 < {percent} drop")

    def _add_rules(self, index, policy, *rules):
        head = f"type filter hook input priority 0; policy {policy};"
        chain = "\n".join([head, *rules])
        self.run(index, "nft", f"table inet test {{\nchain input {{\n{chain}\n}}\n}}")

    def choose_ports(self, index, first, last):
        """Those that the kernel chooses there."""
        self.run(index, "sysctl", "-q", "-w", f"net.ipv4.ip_local_port_range={first} {last}")

    def cut(self, index):
        """Every packet is lost, though the host's link stays up."""
        _run(*self._switch, "ip", "link", "set", f"port{index}", "nomaster")


@contextlib.contextmanager
def hosts(count, has_ipv6=False):
    with contextlib.ExitStack() as stack:
        switch, _ = stack.enter_context(_namespace())
        _run(*switch, "ip", "link", "add", "bridge", "type", "bridge")
        _run(*switch, "ip", "link", "set", "bridge", "up")
        network = Hosts(switch, [], has_ipv6)
        for index in range(count):
            enter, pid = stack.enter_context(_namespace(switch))
            peer = ["peer", "name", "eth0", "netns", pid]
            _run(*switch, "ip", "link", "add", f"port{index}", "type", "veth", *peer)
            _run(*switch, "ip", "link", "set", f"port{index}", "master", "bridge", "up")
            width = ["/64", "nodad"] if has_ipv6 else ["/24"]
            address = [network.address(index) + width[0], *width[1:]]
            _run(*enter, "ip", "addr", "add", *address, "dev", "eth0")
            _run(*enter, "ip", "link", "set", "eth0", "up")
            network.add(enter)
        yield network
