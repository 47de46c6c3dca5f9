"""The manifests for Kubernetes: valid, at one with themselves, and understood by dplaunch."""


import kubernetes_validate
import pytest
import yaml

from conftest import REPOSITORY, run_program

MANIFESTS = sorted((REPOSITORY / "deploy/kubernetes").glob("*.yaml"))


def resources_of(path):
    return {each["kind"]: each for each in yaml.safe_load_all(path.read_text())}


@pytest.fixture
def indexed_job():
    return resources_of(REPOSITORY / "deploy/kubernetes/indexed-job.yaml")


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_kubernetes_takes_it(path):
    """Against the schemas of its API, which are closed: a key that it does not know is an error."""
    for resource in resources_of(path).values():
        kubernetes_validate.validate(resource, "1.30", strict=True)
    resource["spec"]["noSuchKey"] = 1
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(resource, "1.30", strict=True)


def test_the_pods_of_the_indexed_job_find_each_other(indexed_job, dplaunch, data_root, tmp_path):
    service, job = indexed_job["Service"], indexed_job["Job"]
    pod = job["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert pod["spec"]["subdomain"] == service["metadata"]["name"]
    count = job["spec"]["completions"]
    assert job["spec"]["parallelism"] == count
    mounted = {each["name"] for each in container["volumeMounts"]}
    assert mounted == {each["name"] for each in pod["spec"]["volumes"]}

    # As the container starts it, but for paths and devices of this machine.
    config = REPOSITORY / "configs/config_cpu.yml"
    words = [word.replace("/srv/dplaunch/configs/config_multi_gpu.yml", str(config)) for word in container["command"]]
    words = [word.replace("/srv/dplaunch/data", str(data_root)) for word in words]
    words = [str(dplaunch), *words[1:], "--device=cpu:1", "--dry-run"]
    words = [word.replace("/srv/dplaunch/runs", str(tmp_path / "runs")) for word in words]
    for index in range(count):
        pod_runs = run_program(words, env={"JOB_COMPLETION_INDEX": str(index)})
        assert pod_runs.code == 0, pod_runs.output
        # kubernetes.io, "Indexed Job": the pods' hostnames are $(job-name)-$(index).
        meeting = f"{job['metadata']['name']}-0.{service['metadata']['name']}:29500"
        assert f"{count} on {count} hosts, rank {index} here, meeting at {meeting}" in pod_runs.stdout
        folder = "train" if index == 0 else f"train/host-{index}"
        assert f"run        {tmp_path}/runs/{folder}\n" in pod_runs.stdout
    # The grace ends before the pod is killed.
    (grace,) = [word for word in container["command"] if word.startswith("--grace=")]
    assert float(grace.split("=")[1]) < pod["spec"]["terminationGracePeriodSeconds"]
