"""Jobs over hosts whose networks are as users have them: names that mean the loopback, bridges of Docker,
firewalls, no IPv4, no name server. Each works, or ends within seconds with what to do."""

import contextlib
import pathlib
import sys

import pytest

import namespaces
from conftest import end_of, read_until, running

HERE = pathlib.Path(__file__).resolve().parent
RANGE = (31000, 31015)


@pytest.fixture
def network():
    with namespaces.hosts(2) as hosts:
        yield hosts


@pytest.fixture
def network_of_ipv6():
    with namespaces.hosts(2, has_ipv6=True) as hosts:
        yield hosts


def job_of(network, host, program, *words, address=None, before=()):
    command = [*network.enter(host), *before, program, "--nnodes", 2, "--node-rank", host]
    return [*command, "--master-addr", address or network.address(0), *words]


def ends_of(commands, env=None):
    """Of the launchers, which run at the same time."""
    with contextlib.ExitStack() as stack:
        launchers = [stack.enter_context(running(command, env=env)) for command in commands]
        return [end_of(launcher) for launcher in launchers]


@pytest.fixture
def train_on(job_command, tmp_path):
    """Trains a few steps with a rank on each host, each with a folder of its own."""

    def train(network, address=None, before=lambda host: (), env=None):
        commands = []
        for host in range(2):
            changes = {"limit_train": 64, "limit_test": 40, "runs": tmp_path / f"host-{host}"}
            (program, *words), _ = job_command("job", device="cpu:1", **changes)
            commands.append(
                job_of(network, host, program, *words, address=address, before=before(host))
            )
        ends = ends_of(commands, env)
        assert [end.code for end in ends] == [0, 0], ends[0].output + ends[1].output
        digests = [
            line.split("digest ")[1]
            for host, folder in enumerate(("job", "job/host-1"))
            for line in (tmp_path / f"host-{host}" / folder / f"rank-{host}.log").read_text().splitlines()
            if "parameter digest" in line
        ]
        assert digests and digests[0] == digests[-1], "they trained one model"

    return train


@pytest.fixture
def command_on(dplaunch):
    """A command of two ranks, one on each host; the ends of both launchers."""

    def run(network, *words, address=None, env=None):
        words = ["--device", "cpu:1", "--log-dir", "none", *words, "--", "sh", "-c", "echo up-$RANK"]
        jobs = [job_of(network, host, dplaunch, *words, address=address) for host in range(2)]
        return ends_of(jobs, env)

    return run


def as_named_host(tmp_path, host, names):
    """Before a command: it runs with that content of /etc/hosts where a name server never answers, and
    what it asks for is written down."""
    report = tmp_path / f"asked-{host}"
    return ["unshare", "-m", "-u", sys.executable, HERE / "dead_name_server.py", report, names]


def test_own_names_at_the_loopback_and_no_name_server(train_on, network, tmp_path):
    """As Debian writes /etc/hosts; and the bridge of Docker is on both, with the same address."""

    def before(host):
        names = "127.0.0.1 localhost\n127.0.1.1 lost-host\n"
        names += "127.0.1.1 first\n" if host == 0 else f"{network.address(0)} first\n"
        return as_named_host(tmp_path, host, names)

    for host in range(2):
        network.add_docker(host)
    train_on(network, address="first", before=before)
    for host in range(2):
        assert (tmp_path / f"asked-{host}").read_text() == "", "no name server was asked"


def test_ipv6_alone(train_on, network_of_ipv6):
    train_on(network_of_ipv6)


def test_a_firewall_with_one_port_and_a_range(train_on, network):
    for host in range(2):
        network.choose_ports(host, *RANGE)
        network.filter(host, f"tcp dport {{ 29500, {RANGE[0]}-{RANGE[1]} }} accept")
    # An interface twice makes two connections, which a firewall has to let through as well.
    train_on(network, env={"GLOO_SOCKET_IFNAME": "eth0,eth0"})


def test_a_firewall_with_one_port_alone_is_named(command_on, network):
    network.filter(0, "tcp dport 29500 accept")
    for end in command_on(network):
        assert end.code == 5, end.output
        assert f", {network.address(1)}) cannot reach host 0 (" in end.output
        assert f"at {network.address(0)}, port " in end.output
        assert "(interface eth0): it does not answer within 3 s" in end.output
        assert "net.ipv4.ip_local_port_range" in end.output
        assert "up-" not in end.output, "no rank was started"


def test_an_interface_that_leads_nowhere_is_named(command_on, network):
    for host in range(2):
        network.add_docker(host)
    for end in command_on(network, env={"GLOO_SOCKET_IFNAME": "docker0"}):
        assert end.code == 5, end.output
        assert "cannot reach host " in end.output and "(interface docker0): " in end.output
        assert "GLOO_SOCKET_IFNAME" in end.output


def test_an_interface_that_is_not_there_is_named_with_those_that_are(command_on, network):
    for end in command_on(network, env={"GLOO_SOCKET_IFNAME": "eth7"}):
        assert end.code == 2, end.output
        assert 'no network interface "eth7" with an address is here; there are: lo, eth0' in end.output


def test_a_name_that_does_not_exist_is_named(command_on, network):
    first, second = command_on(network, "--rdzv-timeout", 1, address="no-such-host.invalid")
    assert (first.code, second.code) == (5, 5)
    assert "host 1 of 2 did not come within 1 s" in first.output
    assert "host 0 at no-such-host.invalid port 29500: not reached within 1 s: " in second.output
    assert "is --master-addr its address" in second.output


@contextlib.contextmanager
def foreign_program(network, host):
    """Listens at the port of host 0's launcher and answers as a web server does."""
    script = (
        "import socket; server = socket.create_server(('', 29500)); print('up', flush=True)\n"
        "while True:\n"
        "    guest, _ = server.accept(); guest.sendall(b'HTTP/1.1 400 Bad Request\\r\\n\\r\\n')\n"
        "    guest.recv(1)\n"
    )
    with running([*network.enter(host), sys.executable, "-c", script]) as process:
        read_until(process, "up")
        yield


def test_a_foreign_program_on_the_port_is_named(command_on, network):
    with foreign_program(network, 0):
        first, second = command_on(network)
    assert (first.code, second.code) == (5, 5), second.output
    assert f"cannot listen at {network.address(0)} port 29500: Address already in use" in first.output
    assert f"host 0 at {network.address(0)} port 29500: another program answers there" in second.output
    for end in (first, second):
        assert "choose another --master-port on all hosts" in end.output
