"""Jobs that an engine starts: a real Slurm of two nodes, and the words of others. test_mpi.py has mpirun's."""

import pytest

from conftest import Run, end_of, read_until, repetitions, run_program, running
from engine_jobs import JOB, ONE_THREAD, bare_folder, digest_of_one_host, put_config  # noqa: F401  fixtures
from slurm_jobs import submit, two_nodes, unbroken_digest  # noqa: F401  fixtures


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


# To every process of the step, launchers and workers, as --signal=USR1@N does it; to the script alone, as
# --signal=B:USR1@N; and what an administrator does, who gives the nodes to another.
WAYS_TO_REQUEUE = {
    "to-all": ["scancel", "--signal=USR1"],
    "to-the-script": ["scancel", "--batch", "--signal=USR1"],
    "requeue": ["scontrol", "requeue"],
}
ROUNDS = [(way, is_shared) for way in WAYS_TO_REQUEUE for is_shared in (True, False)]


@pytest.mark.parametrize("way, is_shared", ROUNDS[: repetitions(len(ROUNDS), few=1)] * repetitions(10, few=1))
def test_a_job_that_comes_again_goes_on(submit, unbroken_digest, way, is_shared):
    job = submit(is_shared)
    job.await_text("epoch 2/3  step 2/")
    job.ask(*WAYS_TO_REQUEUE[way])
    # Slurm puts it into the queue, and starts it when its first start's credential has expired.
    job.await_text("dplaunch: finished", times=2)
    before, _ = job.said().split("resumed from")
    if way != "requeue":
        assert before.count("SIGUSR1, preempted: stopping 1 rank") == 2, before
        assert "Exited with exit code 75" in before
        assert before.count(", as 2 tasks again: dplaunch --device cpu:1 --resume=") == 1
    assert job.run(0).digest(0) == unbroken_digest
    assert "with what rank 0 read from its checkpoint" in job.run(1).log(1)
    assert job.run(1).digest(1) == unbroken_digest


@pytest.mark.parametrize("round", range(repetitions(10, few=1)))
def test_a_cancelled_job_leaves_a_checkpoint_for_another(submit, unbroken_digest, round):
    job = submit()
    job.await_text("epoch 2/3  step 2/")
    job.ask("scancel")
    job.await_end()
    assert "CANCELLED" in job.said()
    assert job.said().count("SIGTERM") >= 2, job.said()
    assert job.run(0).latest.exists()
    second = submit(RUN=f"job-{job.number}")
    second.await_text("dplaunch: finished", times=2)
    assert "resumed from" in second.said()
    assert job.run(0).digest(0) == unbroken_digest


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
