"""--metrics-port: what Prometheus is told of a job, read by its own parser, and the dashboard that shows it."""

import contextlib
import json
import re
import socket
import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

import jobs
import namespaces
from conftest import REPOSITORY, end_of, read_until, run_program, running

JOB = {"epochs": 1000, "limit_train": 160, "limit_test": 40, "log_every": 1, "checkpoint_every": 1}
DASHBOARD = REPOSITORY / "deploy/grafana/dplaunch.json"


def url_of(process):
    said = read_until(process, "metrics    http://")
    return re.search(r"http://\S+", said)[0]


def samples_of(text):
    """{name: {labels without the host: value}}, of what follows the format."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type != "unknown", family.name
        assert family.documentation, family.name
        for sample in family.samples:
            labels = tuple(value for key, value in sorted(sample.labels.items()) if key != "host")
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def metrics_at(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return samples_of(answer.read().decode())


@pytest.fixture
def training(job_command):
    """A training that goes on, and its figures' address."""
    command, folder = job_command("job", "--metrics-port", "0", **JOB)
    with running(command) as process:
        url = url_of(process)
        read_until(process, "epoch 2/1000  train loss")
        yield process, url, folder


def test_prometheus_reads_the_figures_of_a_training(training, launch):
    process, url, folder = training
    metrics = metrics_at(url)
    assert metrics["dplaunch_job_info"] == {("training", "job", metrics_version(launch)): 1}
    assert metrics["dplaunch_job_ranks"][()] == 2
    assert metrics["dplaunch_job_restarts_total"][()] == 0
    for rank in ("0", "1"):
        # An epoch has 160 images on two ranks with 16 a step: 5 steps.
        assert metrics["dplaunch_rank_epoch"][rank,] >= 2
        assert metrics["dplaunch_rank_steps_total"][rank,] >= 5
        assert metrics["dplaunch_rank_images_total"][rank,] == 16 * metrics["dplaunch_rank_steps_total"][rank,]
        assert 0 < metrics["dplaunch_rank_loss"][rank,] < 100
        assert metrics["dplaunch_rank_images_per_second"][rank,] > 0
        assert metrics["dplaunch_rank_silent_seconds"][rank,] >= 0
        phases = {key: value for key, value in metrics["dplaunch_rank_phase"].items() if key[1] == rank}
        assert sum(phases.values()) == 1 and len(phases) == 7
    for path, code in (("/", 404), ("/metrics/x", 404)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(url.replace("/metrics", path), timeout=30)
        assert refused.value.code == code
    stopped = launch("stop", folder)
    assert stopped.code == 0, stopped.output
    assert end_of(process).code == 143
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(url, timeout=30)


def metrics_version(launch):
    return launch("--version").stdout.split()[1]


def test_strangers_do_not_hold_a_job_up(training, launch):
    process, url, folder = training
    address = url.split("/")[2].split(":")
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stranger = stack.enter_context(socket.create_connection((address[0], int(address[1])), timeout=30))
            with contextlib.suppress(OSError):
                stranger.sendall(b"GET /metrics HTTP/1.1\r\n")
        read_until(process, "train loss")
        assert launch("stop", folder).code == 0
        assert end_of(process).code == 143


def test_a_port_that_is_taken_is_named_before_a_rank_starts(dplaunch, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        command = [dplaunch, "--device", "cpu:1", "--metrics-port", port, "--", "touch", tmp_path / "started"]
        refused = run_program(command, cwd=tmp_path)
    assert refused.code == 2, refused.output
    assert f"--metrics-port 127.0.0.1:{port}: cannot listen there: Address already in use" in refused.stderr
    assert not (tmp_path / "started").exists()


def test_a_command_and_its_restarts_are_seen(dplaunch, tmp_path):
    script = 'echo "attempt $TORCHELASTIC_RESTART_COUNT"; [ "$TORCHELASTIC_RESTART_COUNT" = 1 ] || exit 3; sleep 100'
    command = [dplaunch, "--device", "cpu:1", "--max-restarts", "1", "--metrics-port", "127.0.0.1:0"]
    with running([*command, "--", "sh", "-c", script], cwd=tmp_path) as process:
        url = url_of(process)
        read_until(process, "attempt 1")
        metrics = metrics_at(url)
    assert metrics["dplaunch_job_restarts_total"][()] == 1
    assert metrics["dplaunch_rank_silent_seconds"]["0",] >= 0
    assert "dplaunch_rank_loss" not in metrics


def test_without_a_folder_there_are_no_figures(launch):
    for words in (["--log-dir", "none", "--metrics-port", "0"], ["--metrics-port", "host:9400"]):
        assert launch("--device", "cpu:1", *words, "--", "true").code == 2


def test_a_host_can_be_asked_for_the_ranks_of_all(dplaunch, tmp_path):
    script = 'echo "up $RANK"; sleep 100'
    with namespaces.hosts(2) as network, contextlib.ExitStack() as stack:
        launchers = []
        for host in range(2):
            command = [*network.enter(host), dplaunch, "--device", "cpu:1", "--nnodes", 2, "--node-rank", host]
            command += ["--master-addr", network.address(0), "--log-dir", tmp_path / str(host)]
            # Both have the same port: each on its own host.
            command += ["--metrics-port", "9400", "--", "sh", "-c", script]
            launchers.append(stack.enter_context(running(command)))
        for rank, launcher in enumerate(launchers):
            read_until(launcher, f"up {rank}")

        def ranks(host, path):
            fetch = "import sys, urllib.request as r; sys.stdout.write(r.urlopen(sys.argv[1], timeout=30).read().decode())"
            said = run_program([*network.enter(host), "python3", "-c", fetch, "http://127.0.0.1:9400" + path])
            assert said.code == 0, said.output
            return {key[0] for key in samples_of(said.stdout)["dplaunch_rank_silent_seconds"]}

        assert (ranks(0, "/metrics"), ranks(1, "/metrics")) == ({"0"}, {"1"})
        for host in range(2):
            for _ in range(1000):
                if (found := ranks(host, "/metrics/all")) == {"0", "1"}:
                    break
            assert found == {"0", "1"}


def expressions_in(panels):
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", []))
        yield from expressions_in(panel.get("panels", []))


def test_the_dashboard_shows_what_there_is(training):
    """Every query's metric and labels are among those that a job has; those of GPUs and hosts stand in the page."""
    _, url, _ = training
    with urllib.request.urlopen(url, timeout=30) as answer:
        text = answer.read().decode()
    names = {name for name in re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE)}
    page = (REPOSITORY / "docs/metrics.md").read_text()
    documented = set(re.findall(r"^\| `(dplaunch_\w+)`", page, re.MULTILINE))
    assert names <= documented, "the page lists them all"
    dashboard = json.loads(DASHBOARD.read_text())
    expressions = list(expressions_in(dashboard["panels"]))
    assert len(expressions) >= 6
    for expression in expressions + [each["query"] for each in dashboard["templating"]["list"] if each["type"] == "query"]:
        used = set(re.findall(r"\bdplaunch_\w+", expression))
        assert used and used <= documented, expression
        for labels in re.findall(r"by \(([^)]*)\)", expression):
            assert set(re.split(r",\s*", labels)) <= {"host", "rank", "gpu", "instance", "run", "phase"}, expression
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)
