"""Closed JSON schemas of what Kubernetes itself does not know, as far as deploy/kubernetes uses it. Written from the
field lists of the projects' APIs: JobSet's jobset.x-k8s.io/v1alpha2 (jobset.sigs.k8s.io, "JobSet API"), Kubeflow
Trainer's trainer.kubeflow.org/v1alpha1 (its versions 2.0 to 2.2 have these fields in common) and the Training
Operator's kubeflow.org/v1. What they take over from Kubernetes, job and pod templates, is checked with its own
schemas: pods_and_jobs_in()."""

import jsonschema
import kubernetes_validate

KUBERNETES = "1.30"
STRING, NUMBER, FLAG, OTHERS = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}, {"type": "object"}


def closed(*required, **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def list_of(items):
    return {"type": "array", "items": items, "minItems": 1}


def one_of(*values):
    return {"enum": list(values)}


METADATA = closed(name=STRING, labels=OTHERS, annotations=OTHERS, namespace=STRING)

JOBSET_SPEC = closed(
    "replicatedJobs",
    replicatedJobs=list_of(closed("name", "template", name=STRING, template=OTHERS, replicas=NUMBER)),
    network=closed(enableDNSHostnames=FLAG, subdomain=STRING, publishNotReadyAddresses=FLAG),
    successPolicy=closed("operator", operator=one_of("All", "Any"), targetReplicatedJobs=list_of(STRING)),
    failurePolicy=closed(
        maxRestarts=NUMBER,
        restartStrategy=one_of("Recreate", "BlockingRecreate"),
        rules=list_of(
            closed(
                "name",
                "action",
                name={"type": "string", "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"},
                action=one_of("FailJobSet", "RestartJobSet", "RestartJobSetAndIgnoreMaxRestarts"),
                # batch/v1's reasons of a failed job.
                onJobFailureReasons=list_of(
                    one_of("BackoffLimitExceeded", "DeadlineExceeded", "FailedIndexes", "PodFailurePolicy")
                ),
                targetReplicatedJobs=list_of(STRING),
            )
        ),
    ),
    suspend=FLAG,
    ttlSecondsAfterFinished=NUMBER,
)

PYTORCH_REPLICAS = closed(
    "template",
    replicas=NUMBER,
    restartPolicy=one_of("Always", "OnFailure", "Never", "ExitCode"),
    template=OTHERS,
)

SPECS = {
    ("jobset.x-k8s.io/v1alpha2", "JobSet"): JOBSET_SPEC,
    ("trainer.kubeflow.org/v1alpha1", "ClusterTrainingRuntime"): closed(
        mlPolicy=closed(numNodes=NUMBER, torch=closed()),
        template=closed(metadata=METADATA, spec=JOBSET_SPEC),
    ),
    ("trainer.kubeflow.org/v1alpha1", "TrainJob"): closed(
        "runtimeRef",
        runtimeRef=closed("name", name=STRING, apiGroup=STRING, kind=STRING),
        trainer=closed(
            image=STRING,
            command=list_of(STRING),
            args=list_of(STRING),
            env=list_of(OTHERS),
            numNodes=NUMBER,
            numProcPerNode=NUMBER,
            resourcesPerNode=closed(limits=OTHERS, requests=OTHERS),
        ),
        suspend=FLAG,
    ),
    ("kubeflow.org/v1", "PyTorchJob"): closed(
        "pytorchReplicaSpecs",
        nprocPerNode={"type": "string", "pattern": "^(auto|cpu|gpu|[1-9][0-9]*)$"},
        runPolicy=closed(
            backoffLimit=NUMBER,
            cleanPodPolicy=one_of("Running", "All", "None"),
            activeDeadlineSeconds=NUMBER,
            ttlSecondsAfterFinished=NUMBER,
        ),
        pytorchReplicaSpecs=closed(Master=PYTORCH_REPLICAS, Worker=PYTORCH_REPLICAS),
    ),
}


def pods_and_jobs_in(resource):
    """What is Kubernetes' own within it, as resources of their own."""
    spec, metadata = resource["spec"], {"name": "within"}
    for job in spec.get("template", {}).get("spec", spec).get("replicatedJobs", []):
        yield {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, **job["template"]}
    for replicas in spec.get("pytorchReplicaSpecs", {}).values():
        yield {"apiVersion": "v1", "kind": "PodTemplate", "metadata": metadata, "template": replicas["template"]}


def validate(resource):
    """Throws jsonschema.ValidationError, as kubernetes_validate does. A key that nobody knows is an error."""
    spec = SPECS.get((resource["apiVersion"], resource["kind"]))
    if spec is None:
        kubernetes_validate.validate(resource, KUBERNETES, strict=True)
        return
    schema = closed("apiVersion", "kind", "metadata", "spec", apiVersion=STRING, kind=STRING, metadata=METADATA, spec=spec)
    jsonschema.validate(resource, schema)
    for each in pods_and_jobs_in(resource):
        kubernetes_validate.validate(each, KUBERNETES, strict=True)
