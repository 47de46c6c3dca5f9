"""dplaunch bench comm: real ranks, over links of a known rate."""

import contextlib
import csv
import io
import json
import os
import pathlib
import re
import tempfile

import namespaces
import pytest
import torch
import torch.distributed
from torch.nn.parallel import DistributedDataParallel

import jobs
from conftest import binary, end_of, repetitions, run_program, running
from resnet import BLOCKS, WIDTH, ResNet

LINK_GIGABYTES = 0.0125  # 100 Mbit/s
FACTORS = {  # nccl-tests, doc/PERFORMANCE.md
    "all_reduce": lambda n: 2 * (n - 1) / n,
    "broadcast": lambda n: 1,
    "all_gather": lambda n: (n - 1) / n,
}
KEYS = """collective bytes count type is_bucket iterations time_p50_us time_p99_us
    algbw_gigabytes_per_second busbw_gigabytes_per_second expected_time_us
    expected_busbw_gigabytes_per_second verdict reason""".split()


@pytest.fixture
def bench(dplaunch, worker):
    """bench("--max", "1M", ...) of two processes: the report; `prefix` goes before the command."""

    def run(*words, device="cpu:2", prefix=()):
        command = [*prefix, dplaunch, "bench", "comm", "--json", "--device", device, *words]
        result = run_program(command)
        assert result.code == 0, result.output
        return json.loads(result.stdout)

    return run


@pytest.fixture
def bench_of_two_hosts(dplaunch, worker):
    """The same over a link of that rate: host 0's report."""

    def run(rate, *words):
        common = [dplaunch, "bench", "comm", "--json", "--no-buckets", "--device", "cpu:1"]
        common += ["--nnodes", 2, "--master-addr", namespaces.ADDRESSES[0], *words]
        with namespaces.two_hosts(rate) as hosts, contextlib.ExitStack() as stack:
            # A stream of its own: the report alone.
            report = stack.enter_context(tempfile.TemporaryFile("w+"))
            outputs = [{"stdout": report}, {}]
            launchers = [
                stack.enter_context(
                    running(
                        [*prefix, *common, "--node-rank", rank],
                        env={"GLOO_SOCKET_IFNAME": "eth0"},
                        **outputs[rank],
                        **({"stderr": None} if rank == 0 else {}),
                    )
                )
                for rank, prefix in enumerate(hosts)
            ]
            ends = [end_of(launcher) for launcher in launchers]
            assert [end.code for end in ends] == [0, 0], ends
            assert "host 0 prints the result" in ends[1].output
            report.seek(0)
            return json.load(report)

    return run


def verdicts(report):
    return [row["verdict"] for row in report["results"] if row["verdict"]]


@pytest.mark.parametrize("ranks", (2, 3))
def test_bandwidths_are_those_of_nccl_tests(bench, ranks):
    words = ["--min", "1K", "--max", "64K", "--factor", 64, "--seconds", 10, "--no-buckets"]
    report = bench(*words, device=f"cpu:{ranks}")
    assert (report["format_version"], report["processes"], report["backend"]) == (1, ranks, "gloo")
    assert [row["collective"] for row in report["results"]] == [
        name for name in FACTORS for _ in range(2)
    ]
    for row in report["results"]:
        assert list(row) == KEYS
        gives = ranks if row["collective"] == "all_gather" else 1
        assert row["bytes"] == 4 * row["count"] * gives
        assert row["iterations"] >= 5
        assert row["time_p50_us"] <= row["time_p99_us"]
        algorithm = 1e-3 * row["bytes"] / row["time_p50_us"]
        bus = algorithm * FACTORS[row["collective"]](ranks)
        assert row["algbw_gigabytes_per_second"] == pytest.approx(algorithm, rel=0.01, abs=1e-6)
        assert row["busbw_gigabytes_per_second"] == pytest.approx(bus, rel=0.01, abs=1e-6)
    sizes = [row["bytes"] for row in report["results"] if row["collective"] == "all_reduce"]
    assert sizes == [1 << 10, 1 << 16]


def buckets_of_pytorch(name, tmp_path):
    """In which sizes and order PyTorch's DDP averages the model's gradients: up to 1 MB first, then 25."""
    sizes = []

    def note_size(_, bucket):
        sizes.append(bucket.buffer().nbytes)
        done = torch.futures.Future()
        done.set_result(bucket.buffer())
        return done

    torch.distributed.init_process_group(
        "gloo", init_method=f"file://{tmp_path / 'store'}", rank=0, world_size=1
    )
    try:
        model = DistributedDataParallel(ResNet(BLOCKS[name], WIDTH[name]))
        model.register_comm_hook(None, note_size)
        for _ in range(2):  # the buckets are rebuilt between the first step and the second
            sizes.clear()
            model(torch.zeros(2, 3, 32, 32)).sum().backward()
    finally:
        torch.distributed.destroy_process_group()
    return sizes


def test_the_buckets_are_those_of_the_training(bench, tmp_path):
    """With compress: bf16 half of the gradients' bytes travel."""
    config = tmp_path / "job.yml"
    config.write_text("model: resnet18\nbucket_mb: 25\ncompress: bf16\n")
    report = bench("-c", config, "--ops", "all_reduce", "--max", "1K", "--seconds", 1)
    expected = [size // 2 for size in buckets_of_pytorch("resnet18", tmp_path)]
    assert report["bucket_bytes"] == expected
    rows = [row for row in report["results"] if row["is_bucket"]]
    assert rows and {row["bytes"] for row in rows} <= set(expected)
    assert {row["type"] for row in rows} == {"bfloat16"}
    measured = {row["bytes"] for row in report["results"] + report["left_out"]}
    assert measured == {1024, *expected}


def test_table_and_csv_have_the_same_rows(dplaunch, worker):
    words = ["--device", "cpu:2", "--max", "4K", "--factor", 4, "--seconds", 10, "--no-buckets"]
    table = run_program([dplaunch, "bench", "comm", *words])
    assert table.code == 0, table.output
    rows = re.findall(r"^(\w+_\w+|broadcast) +(\d+) +(\d+)  float", table.stdout, re.MULTILINE)
    comma = run_program([dplaunch, "bench", "comm", "--csv", *words])
    lines = list(csv.DictReader(io.StringIO(comma.stdout)))
    assert list(lines[0]) == KEYS
    assert [(line["collective"], line["bytes"], line["count"]) for line in lines] == rows
    assert len(rows) == 6
    assert "dplaunch: all_reduce, broadcast, all_gather of 2 processes" in comma.stderr


@pytest.mark.parametrize("round_number", range(repetitions(5, few=1)))
def test_a_link_of_100_mbit_is_measured_as_one(bench_of_two_hosts, round_number):
    words = ["--min", "4M", "--max", "4M", "--seconds", 1, "--link", "100Mbit"]
    report = bench_of_two_hosts("100mbit", *words)
    found = {row["collective"]: row["busbw_gigabytes_per_second"] for row in report["results"]}
    assert list(found) == list(FACTORS)
    assert verdicts(report) == ["ok"] * 3
    assert found["all_reduce"] == pytest.approx(LINK_GIGABYTES, rel=0.1)
    assert found["broadcast"] == pytest.approx(LINK_GIGABYTES, rel=0.1)
    # Gloo's ring of two sends no more than it must, and still leaves a third of the time unused.
    assert found["all_gather"] < 1.1 * LINK_GIGABYTES


@pytest.mark.parametrize("round_number", range(repetitions(5, few=1)))
def test_a_slowed_link_is_called_slow(bench_of_two_hosts, round_number):
    words = ["--min", "512K", "--max", "512K", "--seconds", 1, "--link", "100Mbit"]
    report = bench_of_two_hosts("20mbit", *words)
    assert verdicts(report) == ["slow"] * 3
    for row in report["results"]:
        assert row["reason"].endswith("is less than half of 12.5 MB/s (--link 100Mbit)")


@pytest.mark.parametrize("round_number", range(repetitions(5, few=1)))
def test_a_slowed_loopback_is_called_slow_by_itself(bench, round_number):
    words = ["--min", "2M", "--max", "2M", "--seconds", 1, "--no-buckets"]
    with namespaces.loopback("100mbit") as prefix:
        report = bench(*words, "--ops", "all_reduce", prefix=prefix)
    assert report["link"]["kind"] == "floor"
    assert verdicts(report) == ["slow"]
    assert "a tenth of" in report["results"][-1]["reason"]


@pytest.mark.parametrize("round_number", range(repetitions(5, few=1)))
def test_a_healthy_loopback_is_not(bench, round_number):
    words = ["--min", "1K", "--max", "16M", "--factor", 4, "--seconds", 3, "--no-buckets"]
    report = bench(*words, "--ops", "all_reduce")
    assert "slow" not in verdicts(report), report["results"]
    assert "ok" in verdicts(report), report["results"]


def test_a_wrong_sum_fails_and_is_named(dplaunch, worker, tmp_path):
    env = {"LD_PRELOAD": binary("libwrong_network.so"), "WRONG_NETWORK_RANK": 1, "TMPDIR": tmp_path}
    words = ["--device", "cpu:2", "--min", "64K", "--max", "64K", "--seconds", 1, "--no-buckets"]
    result = run_program([dplaunch, "bench", "comm", *words], env={k: str(v) for k, v in env.items()})
    assert result.code == 1, result.output
    named = re.search(
        r"all_reduce of 65536 bytes is wrong on rank (\d): element (\d+) is (\S+) and must be (\S+)",
        result.output,
    )
    assert named, result.output
    rank, element, found, right = named.groups()
    # Rank 0 gives 1, 2, ... 61, 1, ..., rank 1 starts with 2.
    assert float(right) == (1 + int(element) % 61) + (1 + (int(element) + 1) % 61)
    assert float(found) != float(right)
    assert rank in "01" and int(element) < 16384


def test_hosts_that_were_asked_for_different_sizes_do_not_wait(dplaunch, worker, tmp_path):
    port = jobs.free_port()
    common = [dplaunch, "bench", "comm", "--device", "cpu:1", "--no-buckets", "--nnodes", 2]
    common += ["--master-addr", "127.0.0.1", "--master-port", port]
    with contextlib.ExitStack() as stack:
        launchers = [
            stack.enter_context(
                running([*common, "--node-rank", rank, "--max", largest], env={"TMPDIR": str(tmp_path)})
            )
            for rank, largest in enumerate(("1K", "2K"))
        ]
        ends = [end_of(launcher) for launcher in launchers]
    assert [end.code for end in ends] == [2, 2], ends
    for end in ends:
        assert "rank 1 was asked to measure something else than rank 0" in end.output


@pytest.mark.parametrize(
    "words, said",
    (
        ([], "nothing to measure was named"),
        (["disk"], 'bench "disk": there is no such measurement'),
        (["comm", "--device", "cpu:1"], "one process has nobody to communicate with"),
        (["comm", "--min", "2M", "--max", "1M"], "--min 2M is more than --max 1M"),
        (["comm", "--min", "2"], '--min "2": not a size'),
        (["comm", "--max", "1.5M"], '--max "1.5M": not a size'),
        (["comm", "--ops", "all_reduce,scatter"], '--ops "scatter": no such collective'),
        (["comm", "--link", "fast"], '--link "fast": not a rate'),
        (["comm", "--json", "--csv"], "--json contradicts --csv"),
        (["comm", "--nnodes", "2"], "--nnodes 2 needs the address of host 0"),
    ),
)
def test_what_cannot_be_measured_is_refused(launch, words, said):
    result = launch("bench", *words)
    assert result.code == 2, result.output
    assert said in result.stderr


def test_nothing_is_left_behind(bench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    bench("--max", "1K", "--ops", "broadcast", "--seconds", 1, "--no-buckets")
    assert os.listdir(tmp_path) == []
    assert not pathlib.Path("runs").exists()
