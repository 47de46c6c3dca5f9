"""A small scale-out experiment on one and two processes, something being done to its workers."""

import json

import pytest

from conftest import SMALL_JOB, binary, run_program


@pytest.fixture
def experiment(dplaunch, data_root, tmp_path):
    """experiment("...", **config): the report and what was printed, of workers that start with those
    lines of shell."""

    def run(name, preparation, blocks=2, steps=14, controls=False, **changes):
        config = tmp_path / "job.yml"
        job = {**SMALL_JOB, "workers": 0, "epochs": 9, "evaluate_every": 0, "root": data_root}
        job.update(changes)
        config.write_text("".join(f"{key}: {value}\n" for key, value in job.items()))
        worker = tmp_path / "worker"
        worker.write_text(f'#!/bin/sh\n{preparation}\nexec {binary("dplaunch-worker-cpu")} "$@"\n')
        worker.chmod(0o755)
        command = [dplaunch, "scale", "--device", "cpu", "--world-sizes", "2", "-c", config]
        command += ["--blocks", blocks, "--steps", steps, "--folder", tmp_path / name]
        command += [] if controls else ["--no-controls"]
        result = run_program(command, env={"DPLAUNCH_WORKER": str(worker)})
        assert result.code == 0, result.output
        return json.loads((tmp_path / name / "scale.json").read_text()), result.stdout

    return run
