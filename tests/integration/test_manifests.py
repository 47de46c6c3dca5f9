"""The files in deploy/: valid, at one with themselves, and understood by dplaunch."""

import copy
import json
import os
import re

import jsonschema
import pytest
import yaml

import custom_resources
from conftest import REPOSITORY, read_until, run_program, running

DEPLOY = REPOSITORY / "deploy/kubernetes"
MANIFESTS = sorted(DEPLOY.glob("*.yaml"))


def resources_of(name):
    return {each["kind"]: each for each in yaml.safe_load_all((DEPLOY / name).read_text())}


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_takes_it(path):
    """Against the schemas of the APIs, which are closed: a key that they do not know is an error."""
    for resource in resources_of(path.name).values():
        custom_resources.validate(resource)
        wrong = copy.deepcopy(resource)
        wrong["spec"]["noSuchKey"] = 1
        with pytest.raises(jsonschema.ValidationError):
            custom_resources.validate(wrong)


@pytest.mark.parametrize("name", ["jobset", "trainjob", "pytorchjob"])
def test_a_wrong_key_within_a_pod_is_found(name):
    for resource in resources_of(f"{name}.yaml").values():
        for within in custom_resources.pods_and_jobs_in(resource):
            pod = within["template"] if within["kind"] == "PodTemplate" else within["spec"]["template"]
            pod["spec"]["containers"][0]["comand"] = []
            with pytest.raises(jsonschema.ValidationError):
                custom_resources.validate(resource)


def job_and_pod(name):
    """What says how many pods there are, and the pod."""
    resources = resources_of(f"{name}.yaml")
    if name == "indexed-job":
        job = resources["Job"]["spec"]
        return job, job["template"]
    if name == "jobset":
        (replicated,) = resources["JobSet"]["spec"]["replicatedJobs"]
        job = replicated["template"]["spec"]
        return job, job["template"]
    if name == "trainjob":
        runtime = resources["ClusterTrainingRuntime"]["spec"]
        (replicated,) = runtime["template"]["spec"]["replicatedJobs"]
        pod = copy.deepcopy(replicated["template"]["spec"]["template"])
        # What the operator puts into the container "node".
        pod["spec"]["containers"][0]["command"] = resources["TrainJob"]["spec"]["trainer"]["command"]
        return resources["TrainJob"]["spec"]["trainer"], pod
    job = resources["PyTorchJob"]["spec"]
    return job, job["pytorchReplicaSpecs"]["Master"]["template"]


def indexed_job(index):
    job, _ = job_and_pod("indexed-job")
    assert job["completions"] == job["parallelism"]
    # kubernetes.io, "Indexed Job": the pods' hostnames are $(job-name)-$(index).
    return job["completions"], "train-0.train:29500", {"JOB_COMPLETION_INDEX": index}


def jobset(index):
    job, _ = job_and_pod("jobset")
    assert job["completions"] == job["parallelism"]
    resource = resources_of("jobset.yaml")["JobSet"]
    (replicated,) = resource["spec"]["replicatedJobs"]
    name = resource["metadata"]["name"]
    # JobSet API, "Network": <jobset>-<replicated job>-<job index>-<pod index>.<subdomain>, which is the JobSet's name.
    return job["completions"], f"{name}-{replicated['name']}-0-0.{name}:29500", {"JOB_COMPLETION_INDEX": index}


def trainjob(index):
    trainer, pod = job_and_pod("trainjob")
    assert pod["spec"]["containers"][0]["name"] == "node"
    # pkg/runtime/framework/plugins/torch/torch.go
    return trainer["numNodes"], "train-node-0-0.train:29500", {
        "PET_NNODES": trainer["numNodes"],
        "PET_NPROC_PER_NODE": "auto",
        "PET_NODE_RANK": index,
        "PET_MASTER_ADDR": "train-node-0-0.train",
        "PET_MASTER_PORT": 29500,
        "JOB_COMPLETION_INDEX": index,
    }


def pytorchjob(index):
    job, pod = job_and_pod("pytorchjob")
    assert pod["spec"]["containers"][0]["name"] == "pytorch"
    replicas = job["pytorchReplicaSpecs"]
    count = sum(each["replicas"] for each in replicas.values())
    # pkg/controller.v1/pytorch/envvar.go
    return count, "train-master-0:23456", {
        "MASTER_ADDR": "train-master-0",
        "MASTER_PORT": 23456,
        "WORLD_SIZE": count,
        "RANK": index,
        "PET_NPROC_PER_NODE": job["nprocPerNode"],
        "PET_NODE_RANK": index,
        "PET_NNODES": count,
        "PYTHONUNBUFFERED": "0",
    }


@pytest.mark.parametrize(
    "name, told",
    [("indexed-job", indexed_job), ("jobset", jobset), ("trainjob", trainjob), ("pytorchjob", pytorchjob)],
)
def test_the_pods_find_each_other(name, told, dplaunch, data_root, tmp_path):
    """Their command, with what each pod is told, but for paths and devices of this machine."""
    _, pod = job_and_pod(name)
    (container,) = pod["spec"]["containers"]
    here = {
        "/opt/dplaunch/share/dplaunch/configs/config_multi_gpu.yml": REPOSITORY / "configs/config_cpu.yml",
        "/srv/dplaunch/data": data_root,
        "/srv/dplaunch/runs": tmp_path / "runs",
    }
    program, *words = container["command"]
    assert program == "dplaunch"
    for there, path in here.items():
        words = [word.replace(f"={there}", f"={path}") for word in words]
    count, meeting, _ = told(0)
    for index in range(count):
        variables = {name: str(value) for name, value in told(index)[2].items()}
        result = run_program([dplaunch, *words, "--device=cpu:1", "--dry-run"], env=variables)
        assert result.code == 0, result.output
        assert f"{count} on {count} hosts, rank {index} here, meeting at {meeting}" in result.stdout
        folder = "train" if index == 0 else f"train/host-{index}"
        assert f"run        {tmp_path}/runs/{folder}\n" in result.stdout


@pytest.mark.parametrize("name", ["indexed-job", "jobset", "trainjob", "pytorchjob"])
def test_a_pod_has_what_its_command_needs(name):
    _, pod = job_and_pod(name)
    (container,) = pod["spec"]["containers"]
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in pod["spec"]["volumes"]}
    claims = [each["persistentVolumeClaim"]["claimName"] for each in pod["spec"]["volumes"] if "emptyDir" not in each]
    assert claims == [resources_of("storage.yaml")["PersistentVolumeClaim"]["metadata"]["name"]]
    assert pod["spec"]["securityContext"]["runAsNonRoot"]
    (config,) = re.findall(r"--config=/opt/dplaunch/share/dplaunch/(\S+)", " ".join(container["command"]))
    assert (REPOSITORY / config).exists()
    # The grace ends before the pod is killed.
    (grace,) = [word for word in container["command"] if word.startswith("--grace=")]
    assert float(grace.split("=")[1]) < pod["spec"]["terminationGracePeriodSeconds"]


def test_the_service_finds_the_pods_of_the_indexed_job():
    service = resources_of("indexed-job.yaml")["Service"]
    _, pod = job_and_pod("indexed-job")
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert pod["spec"]["subdomain"] == service["metadata"]["name"]


def instructions_of(dockerfile):
    text = re.sub(r"^\s*#.*\n", "", dockerfile.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line]


def test_the_dockerfile_is_at_one_with_the_repository():
    instructions = instructions_of(DEPLOY / "Dockerfile")
    ignored = (REPOSITORY / ".dockerignore").read_text().split("\n")
    for word, rest in instructions:
        if word == "COPY" and "--from" not in rest:
            for source in rest.split()[:-1]:
                assert (REPOSITORY / source).exists() and source not in ignored, source
        if word == "RUN" and rest.startswith("scripts/"):
            assert os.access(REPOSITORY / rest.split()[0], os.X_OK), rest
    last = dict(instructions[max(i for i, (word, _) in enumerate(instructions) if word == "FROM") :])
    assert last["USER"].split(":")[0] not in ("root", "0")
    assert last["STOPSIGNAL"] == "SIGTERM"
    assert json.loads(last["ENTRYPOINT"]) == ["dplaunch"]


# docs.skypilot.co, "Task YAML".
SKYPILOT_KEYS = {"name", "workdir", "num_nodes", "resources", "envs", "secrets", "file_mounts", "setup", "run", "config"}


def test_skypilot_s_nodes_are_one_job(dplaunch, data_root, tmp_path):
    task = yaml.safe_load((REPOSITORY / "deploy/skypilot/train.yaml").read_text())
    assert task.keys() <= SKYPILOT_KEYS
    for program in re.findall(r"^scripts/\S+", task["setup"], flags=re.MULTILINE):
        assert os.access(REPOSITORY / program, os.X_OK)
    # As a node runs it, but for the devices and the configuration.
    (tmp_path / "dplaunch/bin").mkdir(parents=True)
    (tmp_path / "dplaunch/bin/dplaunch").symlink_to(dplaunch)
    (tmp_path / "data").symlink_to(data_root)
    run = task["run"].replace("--device all", "--device cpu:1 --dry-run").replace("config_multi_gpu", "config_cpu")
    for rank in range(task["num_nodes"]):
        told = {
            "HOME": str(tmp_path),
            "SKYPILOT_NUM_NODES": str(task["num_nodes"]),
            "SKYPILOT_NODE_RANK": str(rank),
            "SKYPILOT_NODE_IPS": "10.0.0.4\n10.0.0.5",
            "SKYPILOT_TASK_ID": "sky-2026-11-27-train-1",
        }
        result = run_program(["bash", "-c", run], env=told, cwd=REPOSITORY)
        assert result.code == 0, result.output
        assert f"2 on 2 hosts, rank {rank} here, meeting at 10.0.0.4:" in result.stdout


@pytest.mark.parametrize("name", ["indexed-job", "jobset", "trainjob", "pytorchjob"])
def test_the_probes_see_the_job(name, dplaunch, tmp_path):
    _, pod = job_and_pod(name)
    (container,) = pod["spec"]["containers"]
    probes = [container[f"{kind}Probe"] for kind in ("startup", "readiness", "liveness")]
    runs = tmp_path / "runs"

    def codes():
        commands = [probe["exec"]["command"] for probe in probes]
        words = [[word.replace("/srv/dplaunch/runs", str(runs)) for word in command[1:]] for command in commands]
        return [run_program([dplaunch, *each]).code for each in words]

    assert codes() == [1, 1, 1]
    job = [dplaunch, "--device", "cpu:1", "--log-dir", runs, "--name", "train", "--", "sh", "-c", "echo up-$RANK; sleep 100"]
    with running(job) as process:
        read_until(process, "up-0")
        assert codes() == [0, 0, 0]
    # A pod has as long to start as the others may take to come.
    assert probes[0]["periodSeconds"] * probes[0]["failureThreshold"] > 600
