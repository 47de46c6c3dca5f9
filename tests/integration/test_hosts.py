"""A job over several hosts: launchers of this one that know nothing of each other's folders, and in
network namespaces."""

import contextlib
import os
import pathlib
import re
import shutil
import signal
import sys

import pytest
import torch
from safetensors.torch import load_file

import namespaces
from conftest import Run, end_of, read_until, run_program, running
from host_jobs import JOB, ONE_THREAD, folder_of, training_commands


@pytest.fixture
def on_hosts(job_command, tmp_path):
    """Trains the job over hosts with so many processes each, which know nothing of each other's
    folders; the runs of all. `of_host`: what one of them is given besides."""

    def run(name, *words, processes=(1, 1), of_host=None, **changes):
        commands = training_commands(
            job_command, tmp_path, name, *words, processes=processes, of_host=of_host, **changes
        )
        with contextlib.ExitStack() as stack:
            launchers = [stack.enter_context(running(each, env=ONE_THREAD)) for each in commands]
            return [
                Run(folder_of(tmp_path, name, host), end_of(launcher))
                for host, launcher in enumerate(launchers)
            ]

    return run


@pytest.mark.parametrize("processes", [(1, 1), (2, 1)])
def test_hosts_train_what_one_does(train, on_hosts, processes):
    ranks = sum(processes)
    alone = train("alone", device=f"cpu:{ranks}", program={"env": ONE_THREAD}, **JOB)
    first, second = on_hosts("job", processes=processes)
    assert (first.result.code, second.result.code) == (0, 0), second.result.output
    assert first.digest(0) == second.digest(ranks - 1) == alone.digest(0)
    assert first.latest.exists()
    assert not second.latest.exists(), "host 0 writes the checkpoints"


def test_a_host_without_the_checkpoint_gets_the_state_of_host_0(train, on_hosts):
    """In the middle of an epoch, where each rank has running statistics of its own."""
    job = {**JOB, "norm": "batch"}
    unbroken = train("alone", program={"env": ONE_THREAD}, **job)
    first, second = on_hosts("job", max_steps=7, norm="batch")
    shutil.rmtree(second.folder.parent)
    first, second = on_hosts("job", "--resume", max_steps=0, norm="batch")
    assert (first.result.code, second.result.code) == (0, 0), second.result.output
    assert "goes on after step 7, with what rank 0 read" in second.log(1)
    assert first.digest(0) == second.digest(1)
    actual, expected = load_file(first.latest), load_file(unbroken.latest)
    for name, value in expected.items():
        assert torch.equal(actual[name], value), name


def test_a_checkpoint_that_host_0_lacks_is_not_trained_over(on_hosts):
    first, second = on_hosts("job", max_steps=7)
    before = first.metrics()
    shutil.move(first.checkpoints, second.checkpoints)
    for run in on_hosts("job", "--resume", max_steps=0):
        assert run.result.code == 2, run.result.output
        assert "holds the checkpoints of a run" in run.result.output, run.result.output
    assert first.metrics() == before


@pytest.mark.parametrize("key, values", [("lr", (0.05, 0.1)), ("seed", (0, 3)), ("bsize", (16, 8))])
def test_hosts_with_different_configurations_do_not_begin(on_hosts, key, values):
    for run in on_hosts("job", of_host={host: {key: value} for host, value in enumerate(values)}):
        assert run.result.code == 2, run.result.output
        assert f"the hosts differ in {key}: {values[0]} on host 0 (" in run.result.output
        assert f", {values[1]} on host 1 (" in run.result.output
        assert "rank 0 of 2" not in run.result.output


def test_hosts_with_different_data_do_not_begin(on_hosts, data_root, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(data_root, other)
    train_file = other / "cifar-100-binary/train.bin"
    content = bytearray(train_file.read_bytes())
    content[-1] ^= 1
    train_file.write_bytes(content)
    for run in on_hosts("job", of_host={1: {"root": other}}):
        assert run.result.code == 4, run.result.output
        assert "the hosts have different training data: digest " in run.result.output


def test_a_host_without_data_ends_all_of_them(on_hosts, tmp_path):
    first, second = on_hosts("job", of_host={1: {"root": tmp_path / "nowhere"}})
    assert (first.result.code, second.result.code) == (4, 4), first.result.output
    assert "error: host 1 (" in first.result.output
    assert "nowhere" in first.result.output


def test_the_advice_after_a_stop_goes_on_word_for_word(train, job_command, tmp_path):
    job = {"epochs": 4}
    unbroken = train("alone", program={"env": ONE_THREAD}, **{**JOB, **job})
    with contextlib.ExitStack() as stack:
        commands = training_commands(job_command, tmp_path, "job", **job)
        launchers = [stack.enter_context(running(each, env=ONE_THREAD)) for each in commands]
        read_until(launchers[0], "epoch 1/")
        os.kill(launchers[1].pid, signal.SIGINT)
        first, second = ends_of(launchers)
        assert (first.code, second.code) == (130, 130), first.output
        assert "error" not in first.output + second.output
        pattern = r"to go on from \S+: (dplaunch .*) \(on each other host with its --node-rank\)"
        line = re.search(pattern, first.output)[1].replace("dplaunch", str(commands[0][0]), 1)
        assert " --node-rank 0 " in line
        of_second = line.replace(" --node-rank 0 ", " --node-rank 1 ")
        again = [
            stack.enter_context(running(["sh", "-c", f"exec {each}"], env=ONE_THREAD))
            for each in (line, of_second)
        ]
        for end in ends_of(again):
            assert end.code == 0, end.output
    assert Run(folder_of(tmp_path, "job", 0), None).digest(0) == unbroken.digest(0)


def addresses_listened_at(enter):
    """Those of the sockets that wait for connections on that host, without their ports."""
    result = run_program([*enter, "ss", "-tlnH"])
    assert result.code == 0, result.output
    return {line.split()[3].rpartition(":")[0] for line in result.stdout.splitlines()}


def test_a_job_over_hosts_listens_at_the_chosen_addresses_alone(job_command, network, tmp_path):
    with contextlib.ExitStack() as stack:
        commands = training_commands(job_command, tmp_path, "job", network=network, epochs=30)
        launchers = [stack.enter_context(running(each, env=ONE_THREAD)) for each in commands]
        read_until(launchers[0], "epoch 1/")
        for host in (0, 1):
            assert addresses_listened_at(network.enter(host)) == {network.address(host)}
        os.kill(launchers[0].pid, signal.SIGINT)
        assert [end.code for end in ends_of(launchers)] == [130, 130]


def test_a_training_on_one_host_listens_at_the_loopback_alone(job_command, network):
    command, _ = job_command("job", **{**JOB, "epochs": 30})
    with running([*network.enter(0), *command], env=ONE_THREAD) as launcher:
        read_until(launcher, "epoch 1/")
        assert addresses_listened_at(network.enter(0)) == {"127.0.0.1"}
        os.kill(launcher.pid, signal.SIGINT)
        assert end_of(launcher).code == 130


@pytest.fixture
def network():
    with namespaces.hosts(3) as hosts:
        yield hosts


@pytest.fixture
def start_on(dplaunch, network, tmp_path):
    """start_on(count, script): a launcher on each host, with one rank that runs the script."""
    with contextlib.ExitStack() as stack:

        def start(count, script, *words, nnodes=None):
            launchers = []
            for host in range(count):
                command = [*network.enter(host), dplaunch, "--device", "cpu:1", "--log-dir", "none"]
                command += ["--nnodes", nnodes or count, "--node-rank", host]
                command += ["--master-addr", network.address(0), *words, "--", "sh", "-c", script]
                launchers.append(stack.enter_context(running(command)))
            return launchers

        yield start


def ends_of(launchers):
    return [end_of(launcher) for launcher in launchers]


def started(launchers):
    """All ranks run."""
    for rank, launcher in enumerate(launchers):
        read_until(launcher, f"up-{rank}")


# Without a child: a shell that is about to start one may pass Ctrl-C over.
WAIT = "echo up-$RANK; exec sleep 100"


def test_a_rank_that_fails_ends_all_hosts_with_one_cause(start_on):
    script = '[ "$RANK" = 1 ] || exec sleep 100; exit 7'
    ends = ends_of(start_on(3, script))
    for host, end in enumerate(ends):
        assert end.code == 7, end.output
        assert "error: rank 1 on " in end.output and "failed: exit code 7" in end.output
        assert ("host 1 (" in end.output) == (host != 1), "the others say where"


@pytest.mark.parametrize("victim", [0, 1])
def test_a_launcher_that_is_killed_is_named_by_the_others(start_on, network, victim):
    launchers = start_on(3, WAIT)
    started(launchers)
    os.kill(launchers[victim].pid, signal.SIGKILL)
    for host, end in enumerate(ends_of(launchers)):
        if host == victim:
            continue
        assert end.code == 5, end.output
        assert f"error: lost host {victim} " in end.output
        assert network.address(victim) in end.output
        assert "its launcher has ended" in end.output


def test_a_host_that_is_cut_off_is_named_on_both_sides(start_on, network):
    launchers = start_on(3, WAIT, "--host-timeout", "1")
    started(launchers)
    network.cut(1)
    first, cut_off, third = ends_of(launchers)
    for end in (first, third):
        assert end.code == 5, end.output
        assert "error: lost host 1 (" in end.output and network.address(1) in end.output
        assert "it has not answered for 1 s" in end.output
    assert cut_off.code == 5, cut_off.output
    assert f"error: lost host 0 at {network.address(0)}" in cut_off.output


def test_a_host_that_does_not_come_is_named(start_on):
    for end in ends_of(start_on(2, WAIT, "--rdzv-timeout", "1", nnodes=3)):
        assert end.code == 5, end.output
        assert "host 2 of 3 did not come within 1 s" in end.output


def test_ctrl_c_on_one_host_stops_all(start_on):
    launchers = start_on(3, WAIT)
    started(launchers)
    os.kill(launchers[2].pid, signal.SIGINT)
    for host, end in enumerate(ends_of(launchers)):
        assert end.code == 130, end.output
        assert "error" not in end.output
        assert ("host 2 (" in end.output) == (host != 2)


def test_a_signal_while_the_hosts_meet_ends_all_by_it(start_on):
    """Two jobs that wait for a third host each, and a signal for one of the two that are there."""
    jobs = {
        (victim, number): start_on(2, WAIT, "--master-port", port, nnodes=3)
        for victim, number, port in ((0, signal.SIGTERM, 29500), (1, signal.SIGINT, 29501))
    }
    for (victim, number), launchers in jobs.items():
        for launcher in launchers:
            read_until(launcher, "waiting for host 2 of 3")
        os.kill(launchers[victim].pid, number)
        for host, end in enumerate(ends_of(launchers)):
            assert end.code == 128 + number, end.output
            assert f"{number.name}: ended while the hosts of the job met" in end.output
            assert "error" not in end.output
            assert (f"host {victim} (" in end.output) == (host != victim), "the others say where"


def test_hosts_without_a_number_are_counted_as_they_come(dplaunch, network):
    command = [dplaunch, "--device", "cpu:1", "--log-dir", "none", "--nnodes", 3]
    command += ["--master-addr", network.address(0), "--", "sh", "-c", "echo rank=$RANK of $WORLD_SIZE"]
    with contextlib.ExitStack() as stack:
        launchers = [
            stack.enter_context(running([*network.enter(host), *command])) for host in (2, 0, 1)
        ]
        ends = ends_of(launchers)
    assert [end.code for end in ends] == [0, 0, 0], ends[0].output
    lines = [line for end in ends for line in end.output.splitlines()]
    ranks = [line.partition("] ")[2] for line in lines if "] rank=" in line]
    assert sorted(ranks) == ["rank=0 of 3", "rank=1 of 3", "rank=2 of 3"]
    assert "rank=0 of 3" in ends[1].output, "host 0 is the one that has the address"


def test_lines_of_torchrun_run_as_they_are(dplaunch, network):
    """Both hosts the same words; a host of another job at the same endpoint is none of it."""
    script = ["--", "sh", "-c", "echo rank=$RANK of $WORLD_SIZE, host $GROUP_RANK"]
    line = ["--nnodes=2:2", "--nproc_per_node=2", "--rdzv_backend=c10d"]
    line += [f"--rdzv_endpoint={network.address(0)}", "--rdzv_conf=join_timeout=60,is_host=1"]
    with contextlib.ExitStack() as stack:

        def start(host, job):
            command = [*network.enter(host), dplaunch, "--log-dir", "none", *line, f"--rdzv_id={job}", *script]
            return stack.enter_context(running(command))

        first = start(0, 7)
        stranger = end_of(start(1, 8))
        assert stranger.code == 2, stranger.output
        assert 'that is the job "7", not "8"' in stranger.output
        second = start(2, 7)
        ends = ends_of([first, second])
    for host, end in enumerate(ends):
        assert end.code == 0, end.output
        assert f"host 0 is {network.address(0)} (--rdzv-endpoint), port 29400 (the usual one" in end.output
        assert "is_host=1 means nothing here" in end.output
        for rank in (2 * host, 2 * host + 1):
            assert f"rank={rank} of 4, host {host}" in end.output


def test_a_stranger_without_the_token_is_refused(dplaunch, network):
    command = [dplaunch, "--device", "cpu:1", "--log-dir", "none", "--nnodes", 2]
    command += ["--master-addr", network.address(0)]
    job = [*command, "--", "true"]
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(
            running([*network.enter(0), *job], env={"DPLAUNCH_TOKEN": "secret"})
        )
        stranger = run_program([*network.enter(1), *job], env={"DPLAUNCH_TOKEN": "guess"})
        assert stranger.code == 2, stranger.output
        assert "it does not know the job's token" in stranger.output
        assert "secret" not in stranger.output
        second = run_program([*network.enter(1), *job], env={"DPLAUNCH_TOKEN": "secret"})
        end = end_of(first)
    assert (end.code, second.code) == (0, 0), end.output
    assert f"refused {network.address(1)}: it does not know the job's token" in end.output


def test_the_soft_limit_of_open_files_is_raised_before_hosts_are_let_in(dplaunch, network):
    """Host 0 has a connection to each."""
    command = [*network.enter(0), "prlimit", "--nofile=64:4096", dplaunch, "--device", "cpu:1"]
    command += ["--log-dir", "none", "--nnodes", 2, "--master-addr", network.address(0)]
    with running([*command, "--node-rank", 0, "--", "true"]) as launcher:
        stranger = [*network.enter(1), dplaunch, "--device", "cpu:1", "--nnodes", 3]
        stranger += ["--node-rank", 1, "--master-addr", network.address(0), "--", "true"]
        refused = run_program(stranger)
        limits = pathlib.Path(f"/proc/{launcher.pid}/limits").read_text()
    assert "--nnodes 3 here, and 2 on host 0" in refused.output
    assert re.search(r"Max open files\s+4096\s+4096", limits), limits


def test_all_hosts_are_restarted_together(start_on, tmp_path):
    mark = tmp_path / "failed"
    script = 'echo attempt $TORCHELASTIC_RESTART_COUNT of rank $RANK; [ "$RANK" = 1 ] || exit 0; '
    script += f'[ -e "{mark}" ] && exit 0; : > "{mark}"; exit 9'
    for rank, end in enumerate(ends_of(start_on(3, script, "--max-restarts", "1"))):
        assert end.code == 0, end.output
        assert f"attempt 1 of rank {rank}" in end.output


HERE = pathlib.Path(__file__).resolve().parent
SCRIPT = HERE / "ddp_script.py"
USUAL_HOSTS = "127.0.0.1 localhost\n::1 localhost\n"


@pytest.fixture
def names_asked_by(tmp_path):
    """Runs the command where no name server answers; its result, and the names it asked for."""

    def run(command, hosts):
        report = tmp_path / "asked"
        namespaces = ["-mnu"] if os.geteuid() == 0 else ["-r", "-mnu"]
        wrapped = ["unshare", *namespaces, sys.executable, HERE / "dead_name_server.py", report, hosts]
        result = run_program([*wrapped, *command], cwd=tmp_path)
        return result, report.read_text()

    return run


def test_training_on_one_host_asks_no_name_server(names_asked_by, job_command):
    command, _ = job_command("quiet", limit_train=64, limit_test=40)
    result, names = names_asked_by(command, USUAL_HOSTS)
    assert result.code == 0, result.output
    assert names == ""


def test_a_command_on_one_host_asks_for_no_name_of_its_own(names_asked_by, dplaunch):
    command = [dplaunch, "--device", "cpu:2", "--", sys.executable, SCRIPT]
    # With the line that "dplaunch doctor" advises: c10d asks for the name of this address.
    result, names = names_asked_by(command, USUAL_HOSTS + "::ffff:127.0.0.1 localhost\n")
    assert result.code == 0, result.output
    assert names == ""


def test_a_host_that_does_not_exist_is_refused_on_one_host(dplaunch, tmp_path):
    nsswitch = tmp_path / "nsswitch.conf"
    nsswitch.write_text("hosts: files\n")
    script = f'mount --bind "{nsswitch}" /etc/nsswitch.conf && exec "$@"'
    namespace = "-m" if os.geteuid() == 0 else "-rm"
    words = [dplaunch, "--device", "cpu", "--master-addr", "no-such-host", "--", "true"]
    result = run_program(["unshare", namespace, "sh", "-c", script, "sh", *words], cwd=tmp_path)
    assert result.code == 2, result.output
    assert '--master-addr "no-such-host": there is no host of that name' in result.stderr
    assert not (tmp_path / "runs").exists()
