"""The CUDA worker where no GPU may be used: it links, starts, and says so in one line."""

import subprocess

import torch

from conftest import binary, run_program

NO_GPU = {"CUDA_VISIBLE_DEVICES": ""}


def test_it_finds_its_libraries():
    listing = subprocess.run(
        ["ldd", binary("dplaunch-worker-cuda")], capture_output=True, text=True, check=True
    ).stdout
    lines = {line.split()[0]: line for line in listing.splitlines() if line.strip()}
    for library in ("libtorch_cuda.so", "libnccl.so"):
        found = [line for name, line in lines.items() if name.startswith(library)]
        assert found, f"{library} is not linked:\n{listing}"
    assert "not found" not in listing, listing


def test_the_cpu_worker_needs_no_cuda(worker):
    listing = subprocess.run(["ldd", worker], capture_output=True, text=True, check=True).stdout
    assert "libtorch_cpu.so" in listing
    assert "libtorch_cuda.so" not in listing


def test_it_names_what_it_was_built_with():
    """`dplaunch doctor` holds this against the driver."""
    result = run_program([binary("dplaunch-worker-cuda"), "--version"], env=NO_GPU)
    assert result.code == 0, result.output
    assert result.stdout.splitlines()[2:] == [
        f"CUDA {torch.version.cuda}",
        "NCCL " + ".".join(map(str, torch.cuda.nccl.version())),
    ]


def test_without_a_gpu_it_says_so_in_one_line(train):
    folder = train("cpu", max_steps=1).folder
    result = run_program(
        [binary("dplaunch-worker-cuda"), "--run-dir", folder, "--resume"], env=NO_GPU
    )
    assert result.code == 3, result.output
    lines = [line for line in result.output.splitlines() if line.strip()]
    errors = [line for line in lines if "no usable GPU" in line]
    assert len(errors) == 1, result.output
    assert all(line in errors or line.lstrip().startswith("hint:") for line in lines), lines
