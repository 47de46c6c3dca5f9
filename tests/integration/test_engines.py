"""Jobs that an engine starts: a real Slurm of two nodes, a real mpirun, and the words of others."""

import pytest

import jobs
import slurm
from conftest import REPOSITORY, SMALL_JOB, Run, end_of, read_until, repetitions, run_program, running

# As many threads as a rank has where both are on one host: sums are rounded by their number.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
JOB = {"epochs": 2, "limit_train": 160, "limit_test": 40, "log_every": 1}
MPIRUN = ["mpirun", "--bind-to", "none", "--oversubscribe"]
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


@pytest.fixture(scope="session")
def two_nodes():
    with slurm.two_nodes() as environment:
        yield {**environment, **ONE_THREAD}


@pytest.fixture(scope="session")
def digest_of_one_host(dplaunch, worker, data_root, tmp_path_factory):
    """Of JOB on two processes of one launcher."""
    runs = tmp_path_factory.mktemp("one-host")
    config = {**SMALL_JOB, **JOB, "runs": runs}
    command = [dplaunch, "--device", "cpu:2", "--root", data_root, "--name", "alone"]
    result = run_program(command + jobs.settings(config), env=ONE_THREAD)
    assert result.code == 0, result.output
    return Run(runs / "alone", result).digest(0)


def words_of(command):
    """The words behind the program's name, without a name for the run."""
    words = [str(word) for word in command[1:]]
    place = words.index("--name")
    return words[:place] + words[place + 2 :]


def test_srun_starts_one_job_over_two_nodes(two_nodes, job_command, digest_of_one_host):
    command, folder = job_command("job", device="cpu:1", **JOB)
    result = run_program(["srun", "-N2", *command], env=two_nodes)
    assert result.code == 0, result.output
    assert "Slurm: 2 hosts (SLURM_STEP_NUM_TASKS), this is number 1 (SLURM_PROCID)" in result.stdout
    second = Run(folder / "host-1", result)
    assert Run(folder, result).digest(0) == second.digest(1) == digest_of_one_host


def test_a_shell_of_several_nodes_is_told_of_srun(two_nodes, job_command):
    command, folder = job_command("job", device="cpu:1", **JOB)
    result = run_program(["salloc", "-Q", "-N2", *command], env=two_nodes)
    assert result.code == 2, result.output
    assert "SLURM_JOB_NUM_NODES=2: this is the shell of a Slurm job" in result.stderr
    assert "srun dplaunch" in result.stderr
    assert not folder.exists()


def test_a_task_alone_is_a_job_of_its_own(two_nodes, job_command):
    command, _ = job_command("job", "--dry-run", device="cpu:1", **JOB)
    for words in (["salloc", "-Q", "-N2", "srun", "-N1", "-n1", *command],
                  ["srun", "-N2", *command, "--standalone"]):
        result = run_program(words, env=two_nodes)
        assert result.code == 0, result.output
        assert "processes  1, total batch 16 x 1" in result.stdout, result.output


# To every process of the step, launchers and workers, as --signal=USR1@N does it; and to the script alone, as
# --signal=B:USR1@N.
SIGNALS = [[], ["--batch"]]


@pytest.mark.parametrize("to", SIGNALS[: repetitions(2, few=1)])
def test_a_job_that_slurm_signals_goes_on_when_it_is_requeued(
    two_nodes, train, job_command, dplaunch, tmp_path, to
):
    job = {**JOB, "epochs": 3, "norm": "batch"}
    unbroken = train("unbroken", program={"env": ONE_THREAD}, **job)
    words = words_of(job_command("unused", device="cpu:1", **job)[0])
    output = tmp_path / "output"
    output.touch()
    script = REPOSITORY / "scripts/slurm/train.sbatch"
    submit = ["sbatch", "--parsable", "-o", output, "--export=ALL", script, *words]
    path = f"{dplaunch.parent}:{two_nodes['PATH']}"
    submitted = run_program(submit, env={**two_nodes, "PATH": path}, cwd=tmp_path)
    assert submitted.code == 0, submitted.output
    number = submitted.stdout.strip()

    def await_text(text, times=1):
        slurm.until(lambda: output.read_text().count(text) >= times, f"no {text!r}", [output])

    await_text("epoch 2/3  step 2/")
    signalled = run_program(["scancel", *to, "--signal=USR1", number], env=two_nodes)
    assert signalled.code == 0, signalled.output
    # Slurm puts it into the queue, and starts it when its first start's credential has expired.
    await_text("dplaunch: finished", times=2)
    before, _ = output.read_text().split("resumed from")
    assert before.count("SIGUSR1, preempted: stopping 1 rank") == 2, before
    assert "Exited with exit code 75" in before
    assert before.count(f", as 2 tasks again: dplaunch --device cpu:1 --resume={tmp_path}") == 1
    folder = tmp_path / "runs" / f"job-{number}"
    assert Run(folder, None).digest(0) == unbroken.digest(0)
    second = Run(folder / "host-1", None)
    assert "with what rank 0 read from its checkpoint" in second.log(1)
    assert second.digest(1) == unbroken.digest(0)


def test_mpirun_starts_one_job_of_several_launchers(job_command, digest_of_one_host):
    command, folder = job_command("job", device="cpu:1", **JOB)
    result = run_program([*MPIRUN, "-n", 2, *command], env={**ONE_THREAD, **AS_ROOT})
    assert result.code == 0, result.output
    assert "Open MPI: 2 hosts (OMPI_COMM_WORLD_SIZE)" in result.stdout
    second = Run(folder / "host-1", result)
    assert Run(folder, result).digest(0) == second.digest(1) == digest_of_one_host


@pytest.fixture
def bare_folder(tmp_path, data_root):
    """A run folder for workers that no launcher starts."""
    folder = tmp_path / "bare"
    folder.mkdir()
    put_config(folder, root=data_root)
    return folder


def put_config(folder, **changes):
    values = {**SMALL_JOB, **JOB, "timeout_s": 60, **changes}
    lines = [f"{key}: {value}\n" for key, value in values.items()]
    (folder / "config.resolved.yml").write_text("".join(lines))


def test_mpirun_starts_a_rank_in_each_task(worker, bare_folder, digest_of_one_host):
    command = [*MPIRUN, "-n", 2, worker, "--run-dir", bare_folder]
    result = run_program(command, env={**ONE_THREAD, **AS_ROOT})
    assert result.code == 0, result.output
    assert "rank 0 of 2" in result.stdout
    assert f"rank 0: parameter digest {digest_of_one_host}" in result.stdout


# As MPICH's mpiexec.hydra and PRRTE's prterun set them.
HYDRA = {"PMI_RANK": "1", "PMI_SIZE": "2", "MPI_LOCALNRANKS": "2", "MPI_LOCALRANKID": "1"}
PRTERUN = {"PMIX_RANK": "0", "PMIX_NAMESPACE": "prterun-host-1@1", "PRTE_LAUNCHED": "1"}


@pytest.mark.parametrize("said, names", [(HYDRA, "PMI_SIZE"), (PRTERUN, "PMIX_RANK")])
def test_what_an_engine_does_not_say_is_asked_for(worker, job_command, bare_folder, said, names):
    command, folder = job_command("job", device="cpu:1", **JOB)
    for words, option in ((command, "--standalone"), ([worker, "--run-dir", bare_folder], "RANK=0")):
        result = run_program(words, env=said)
        assert result.code == 2, result.output
        assert names in result.stderr and option in result.stderr
    assert not folder.exists()
    assert [file.name for file in bare_folder.iterdir()] == ["config.resolved.yml"]


def test_two_workers_that_take_themselves_for_the_only_one_do_not_share_a_folder(
    worker, bare_folder, data_root
):
    put_config(bare_folder, root=data_root, epochs=1000)
    with running([worker, "--run-dir", bare_folder], env=ONE_THREAD) as first:
        read_until(first, "epoch 1/1000  step 1/")
        second = run_program([worker, "--run-dir", bare_folder])
        assert second.code == 2, second.output
        assert f"{bare_folder}: another dplaunch is running in this folder" in second.stderr
        first.terminate()
        end = end_of(first)
    assert end.code == 143, end.stdout
    assert (bare_folder / "checkpoints/latest.safetensors").exists()
