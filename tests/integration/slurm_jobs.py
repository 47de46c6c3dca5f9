"""scripts/slurm/train.sbatch in a real queue."""

import pytest

import slurm
from conftest import REPOSITORY, Run, run_program
from engine_jobs import JOB, ONE_THREAD, digest_on_one_host

JOB_OF_THE_SCRIPT = {**JOB, "epochs": 3, "norm": "batch"}


@pytest.fixture(scope="session")
def unbroken_digest(dplaunch, worker, data_root, tmp_path_factory):
    runs = tmp_path_factory.mktemp("unbroken")
    return digest_on_one_host(dplaunch, data_root, runs, JOB_OF_THE_SCRIPT)


@pytest.fixture(scope="session")
def two_nodes():
    with slurm.two_nodes() as environment:
        yield {**environment, **ONE_THREAD}


def words_of(command):
    """The words behind the program's name, without a name for the run."""
    words = [str(word) for word in command[1:]]
    place = words.index("--name")
    return words[:place] + words[place + 2 :]


class BatchJob:
    """scripts/slurm/train.sbatch with JOB_OF_THE_SCRIPT."""

    def __init__(self, number, output, environment, runs):
        self.number, self.output = number, output
        self._environment, self._runs = environment, runs

    def run(self, host):
        folder = self._runs(host) / f"job-{self.number}"
        return Run(folder if host == 0 else folder / "host-1", None)

    def await_text(self, text, times=1, seconds=120):
        slurm.until(lambda: self.said().count(text) >= times, f"no {text!r}", [self.output], seconds)

    def said(self):
        return self.output.read_text()

    def ask(self, *words):
        asked = run_program([*words, self.number], env=self._environment)
        assert asked.code == 0, asked.output
        return asked.stdout

    def await_end(self):
        slurm.until(lambda: not self.ask("squeue", "-h", "-j"), "it is still queued", [self.output])


@pytest.fixture
def submit(two_nodes, job_command, dplaunch, tmp_path):
    """submit(): the job in the queue. With `is_shared` both nodes see the runs, otherwise each its own; `options` are
    sbatch's, `changes` the job's."""

    def run(is_shared=True, options=(), changes=None, **variables):
        job = {**JOB_OF_THE_SCRIPT, **(changes or {})}
        words = words_of(job_command("unused", device="cpu:1", **job)[0])
        if not is_shared:
            place = words.index(f"runs={tmp_path}/runs")
            words[place] = f"runs={slurm.own_folder(two_nodes)}/{tmp_path.name}"
        output = tmp_path / "output"
        output.touch()
        environment = {**two_nodes, "PATH": f"{dplaunch.parent}:{two_nodes['PATH']}", **variables}
        script = REPOSITORY / "scripts/slurm/train.sbatch"
        command = ["sbatch", "--parsable", "-o", output, "--export=ALL", *options, script, *words]
        submitted = run_program(command, env=environment, cwd=tmp_path)
        assert submitted.code == 0, submitted.output

        def runs(host):
            if is_shared:
                return tmp_path / "runs"
            return slurm.own_folder(two_nodes, f"n{host + 1}") / tmp_path.name

        return BatchJob(submitted.stdout.strip(), output, two_nodes, runs)

    return run
