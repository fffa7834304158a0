"""Manifests under test: they follow the schemas of those who read them, and fit the program that they start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import botocore.session
import kubernetes_validate
import pytest
import yaml
from botocore.validate import ParamValidator

from fileproc.container import FAREWELL
from fileproc.settings import TABLE

DEPLOY = Path(__file__).parents[2] / "deploy"
KUBERNETES = DEPLOY / "kubernetes"

#: Kinds that Kubernetes itself knows; the others belong to operators.
OWN = {"Namespace", "ServiceAccount", "ConfigMap", "Deployment", "Service", "PodDisruptionBudget"}


def documents() -> list[dict[str, Any]]:
    names = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    return [document for name in names for document in yaml.safe_load_all((KUBERNETES / name).read_text())]


def of_kind(kind: str) -> dict[str, Any]:
    (found,) = (document for document in documents() if document["kind"] == kind)
    return found


@pytest.mark.parametrize("kind", sorted(OWN))
def test_manifests_follow_kubernetes(kind: str) -> None:
    """`kubectl apply -k` takes every one: no unknown field, no wrong type."""
    kubernetes_validate.validate(of_kind(kind), "1.33", strict=True)


def test_every_file_is_applied() -> None:
    """A manifest that nobody lists would never reach the cluster."""
    listed = set(yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"])
    assert listed == {path.name for path in KUBERNETES.glob("*.yaml")} - {"kustomization.yaml"}


def test_settings_of_manifests_exist() -> None:
    """A setting that was renamed would be ignored in silence."""
    known = {knob.name for knob in TABLE}
    container = json.loads((DEPLOY / "ecs" / "task-definition.json").read_text())["containerDefinitions"][0]
    ecs = {entry["name"] for entry in container["environment"] + container["secrets"]}
    pod = of_kind("Deployment")["spec"]["template"]["spec"]["containers"][0]
    env = {entry["name"].removesuffix("_FILE") for entry in pod["env"]}

    assert set() == (set(of_kind("ConfigMap")["data"]) | ecs | env) - known


def test_a_pod_has_the_time_to_drain() -> None:
    """Kubernetes and ECS kill later than the program is done with its farewell."""
    needed = float(of_kind("ConfigMap")["data"]["FILEPROC_DRAIN_SECONDS"]) + FAREWELL
    container = json.loads((DEPLOY / "ecs" / "task-definition.json").read_text())["containerDefinitions"][0]

    assert needed < of_kind("Deployment")["spec"]["template"]["spec"]["terminationGracePeriodSeconds"]
    assert needed < container["stopTimeout"]


def test_what_scales_and_what_is_scraped_is_the_deployment() -> None:
    """KEDA's target, the budget, the service and its monitor speak of the same pods and the same queue."""
    deployment = of_kind("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    scaled = of_kind("ScaledObject")["spec"]

    assert deployment["metadata"]["name"] == scaled["scaleTargetRef"]["name"]
    assert of_kind("TriggerAuthentication")["metadata"]["name"] == scaled["triggers"][0]["authenticationRef"]["name"]
    assert of_kind("ConfigMap")["data"]["SQS_QUEUE_URL"] == scaled["triggers"][0]["metadata"]["queueURL"]
    assert labels == of_kind("PodDisruptionBudget")["spec"]["selector"]["matchLabels"]
    assert labels == of_kind("Service")["spec"]["selector"] == of_kind("Service")["metadata"]["labels"]
    assert labels == of_kind("ServiceMonitor")["spec"]["selector"]["matchLabels"]


def test_ecs_takes_the_task_definition() -> None:
    """Held against the service's own model: names and types of RegisterTaskDefinition."""
    document = json.loads((DEPLOY / "ecs" / "task-definition.json").read_text())
    operation = botocore.session.get_session().get_service_model("ecs").operation_model("RegisterTaskDefinition")

    assert "" == ParamValidator().validate(document, operation.input_shape).generate_report()
