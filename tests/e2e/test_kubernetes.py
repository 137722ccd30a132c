#!/usr/bin/env python3
"""The examples for Kubernetes: their form, the fields that have to agree, and that the program takes what is in them."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from swarm_case import DEADLINE_S, PEER_PROCESS, run_peer

try:
    import yaml
except ImportError:
    yaml = None

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples" / "kubernetes"
FILES = ("daemonset", "gateway", "job", "podmonitor", "share", "statefulset")
SECRETS = {"peerprocess-network": "network", "peerprocess-status": "token", "peerprocess-http": "token"}


@unittest.skipUnless(shutil.which("yamllint"), "yamllint is not installed")
class Form(unittest.TestCase):
    def test_yamllint_finds_nothing(self):
        done = subprocess.run(["yamllint", "--strict", "-c", EXAMPLES / ".yamllint", *sorted(EXAMPLES.glob("*.yaml"))], capture_output=True,
                              text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))


@unittest.skipUnless(yaml, "PyYAML is not installed")
class Examples(unittest.TestCase):
    def setUp(self):
        self.objects = {name: [each for each in yaml.safe_load_all((EXAMPLES / f"{name}.yaml").read_text()) if each] for name in FILES}
        self.all = [each for objects in self.objects.values() for each in objects]

    def of_kind(self, *kinds):
        found = [each for each in self.all if each["kind"] in kinds]
        self.assertTrue(found)
        return found

    def workloads(self):
        for each in self.of_kind("DaemonSet", "Deployment", "Job", "StatefulSet"):
            yield each, each["spec"]["template"]

    def containers(self):
        """(pod's spec, container, whether it is the one that runs on) of our image."""
        for _, template in self.workloads():
            pod = template["spec"]
            for container in pod.get("initContainers", []) + pod["containers"]:
                if "peerprocess" in container["image"]:
                    yield pod, container, container in pod["containers"]

    def test_every_file_is_looked_at(self):
        self.assertEqual(sorted(path.stem for path in EXAMPLES.glob("*.yaml")), sorted(FILES))

    def test_each_object_is_of_its_kind_s_group(self):
        groups = {"Service": "v1", "ConfigMap": "v1", "Deployment": "apps/v1", "DaemonSet": "apps/v1", "StatefulSet": "apps/v1",
                  "Job": "batch/v1", "PodMonitor": "monitoring.coreos.com/v1"}
        for each in self.all:
            self.assertEqual(each["apiVersion"], groups[each["kind"]])
            self.assertRegex(each["metadata"]["name"], r"\A[a-z][a-z0-9-]*\Z")

    def test_selectors_select_the_pods_they_are_for(self):
        templates = [template for _, template in self.workloads()]
        for each, template in self.workloads():
            if each["kind"] != "Job":
                self.assertLessEqual(each["spec"]["selector"]["matchLabels"].items(), template["metadata"]["labels"].items())
        for service in self.of_kind("Service"):
            # Peers by their own addresses; clients by that of the gateway of their node.
            is_local = service["spec"].get("internalTrafficPolicy") == "Local"
            self.assertNotEqual(service["spec"].get("clusterIP") == "None", is_local)
            selected = [template for template in templates if service["spec"]["selector"].items() <= template["metadata"]["labels"].items()]
            self.assertEqual(len(selected), 1)
            ports = {port["name"] for container in selected[0]["spec"]["containers"] for port in container["ports"]}
            self.assertLessEqual({port["targetPort"] for port in service["spec"]["ports"]}, ports)

    def test_every_mount_is_a_volume_and_every_secret_is_one_that_is_made(self):
        for each, template in self.workloads():
            pod = template["spec"]
            volumes = {volume["name"] for volume in pod["volumes"]}
            volumes |= {claim["metadata"]["name"] for claim in each["spec"].get("volumeClaimTemplates", [])}
            for container in pod.get("initContainers", []) + pod["containers"]:
                for mount in container["volumeMounts"]:
                    self.assertIn(mount["name"], volumes)
            for volume in pod["volumes"]:
                if "secret" in volume:
                    self.assertIn(volume["secret"]["secretName"], SECRETS)
                    self.assertEqual(volume["secret"]["defaultMode"], 0o440)
                if "configMap" in volume:
                    self.assertIn(volume["configMap"]["name"], [each["metadata"]["name"] for each in self.of_kind("ConfigMap")])
        readme = (EXAMPLES / "README.md").read_text()
        for name, key in SECRETS.items():
            self.assertIn(f"generic {name} --from-file={key}=/dev/stdin", readme)

    def test_nobody_is_root_without_need_or_may_become_it(self):
        for _, template in self.workloads():
            pod = template["spec"]
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertFalse(pod["automountServiceAccountToken"])
            for container in pod.get("initContainers", []) + pod["containers"]:
                context = container["securityContext"]
                self.assertFalse(context["allowPrivilegeEscalation"])
                self.assertTrue(context["readOnlyRootFilesystem"])
                self.assertEqual(context["capabilities"]["drop"], ["ALL"])
                if context.get("runAsUser") == 0:
                    self.assertEqual(context["capabilities"]["add"], ["CHOWN"])

    def test_what_runs_on_is_probed_at_the_status_that_it_serves(self):
        probed = 0
        for _, container, runs_on in self.containers():
            if not runs_on:
                continue
            probed += 1
            ports = {port["name"]: port["containerPort"] for port in container["ports"]}
            for probe, path in (("readinessProbe", "/readyz"), ("livenessProbe", "/healthz")):
                self.assertEqual(container[probe]["httpGet"], {"path": path, "port": "status"})
            words = " ".join(container.get("args", []) + container.get("command", [])).replace("=", " ")
            self.assertIn(f"--status 0.0.0.0:{ports['status']}", words)
            self.assertIn("--status-token /etc/peerprocess/status/token", words)
        self.assertEqual(probed, 4)
        endpoint, = self.of_kind("PodMonitor")[0]["spec"]["podMetricsEndpoints"]
        self.assertEqual((endpoint["port"], endpoint["path"]), ("status", "/metrics"))
        self.assertEqual(endpoint["authorization"], {"type": "Bearer", "credentials": {"name": "peerprocess-status", "key": "token"}})

    def test_the_program_knows_each_option(self):
        seen = 0
        for _, container, _ in self.containers():
            words = container.get("args") or re.findall(r"[^\s\"]+", " ".join(container["command"]))
            options = {word.partition("=")[0] for word in words if word.startswith("--")}
            if not options:
                continue
            seen += 1
            command = [words[0]] if words[0] in ("gateway", "get", "share") else []
            known = set(re.findall(r"--[a-z-]+", run_peer(".", *command, "--help").stdout))
            self.assertLessEqual(options, known)
        self.assertEqual(seen, 5)

    def test_paths_and_ports_agree(self):
        for pod, container, _ in self.containers():
            mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
            for word in container.get("args", []):
                name, _, value = word.partition("=")
                if value.startswith("/"):
                    self.assertTrue(any(value == mount or value.startswith(mount + "/") for mount in mounts), word)
                if name == "--port":
                    self.assertIn(int(value), [port["containerPort"] for port in container["ports"]])
                if name == "--join":
                    service, port = value.split(":")
                    found, = [each for each in self.of_kind("Service") if each["metadata"]["name"] == service]
                    self.assertEqual([each["port"] for each in found["spec"]["ports"]], [int(port)])

    def test_clients_reach_the_gateway_of_their_node_under_a_name_that_it_knows(self):
        daemons, = [each for each in self.of_kind("DaemonSet") if each["metadata"]["name"] == "models-gateway"]
        service, = [each for each in self.of_kind("Service") if each["spec"].get("internalTrafficPolicy") == "Local"]
        container, = daemons["spec"]["template"]["spec"]["containers"]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        words = container["args"]
        self.assertIn(f"--http=0.0.0.0:{ports['http']}", words)
        self.assertEqual([each["targetPort"] for each in service["spec"]["ports"]], ["http"])
        self.assertIn(f"--http-name={service['metadata']['name']}", words)
        # Whoever reads by HTTP is no member of the network that has proven so.
        self.assertIn("--http-token=/etc/peerprocess/http/token", words)
        cache, = [each for each in daemons["spec"]["template"]["spec"]["volumes"] if each["name"] == "cache"]
        self.assertEqual(cache["hostPath"]["type"], "DirectoryOrCreate")

    def test_the_list_names_the_pods_of_the_set(self):
        config, = self.of_kind("ConfigMap")
        ordered, = self.of_kind("StatefulSet")
        name, service = ordered["metadata"]["name"], ordered["spec"]["serviceName"]
        self.assertIn(service, [each["metadata"]["name"] for each in self.of_kind("Service")])
        lines = [line.split() for line in config["data"]["PeerInfo.cfg"].splitlines()]
        self.assertEqual([line[:2] for line in lines],
                         [[str(1001 + ordinal), f"{name}-{ordinal}.{service}"] for ordinal in range(ordered["spec"]["replicas"])])
        ports = {port["name"]: port["containerPort"] for port in ordered["spec"]["template"]["spec"]["containers"][0]["ports"]}
        self.assertEqual({line[2] for line in lines}, {str(ports["peers"])})

    def test_each_ordinal_starts_its_peer(self):
        config, = self.of_kind("ConfigMap")
        ordered, = self.of_kind("StatefulSet")
        container, = ordered["spec"]["template"]["spec"]["containers"]
        with tempfile.TemporaryDirectory(prefix="pod-") as folder:
            pod = Path(folder)
            for part in ("config", "data", "bin"):
                (pod / part).mkdir()
            for name, text in config["data"].items():
                # Names of pods mean nothing here.
                (pod / "config" / name).write_text(re.sub(r"swarm-(\d)\.swarm", r"127.0.0.\g<1>1", text))
            program = pod / "bin" / "peerProcess"
            program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
            program.chmod(0o755)
            script = re.sub(r"/(config|data)/", lambda match: f"{pod}/{match[1]}/", container["command"][-1]).replace("--dir /data", f"--dir {pod}/data")
            for ordinal in (0, 3):
                done = subprocess.run([*container["command"][:-1], script], capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                                      env={"PATH": f"{pod}/bin:{os.environ['PATH']}", "HOSTNAME": f"swarm-{ordinal}"})
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual(done.stdout.splitlines()[:3], [str(1001 + ordinal), "--dir", f"{pod}/data"])
            checked = run_peer(pod, 1002, "--dir", "data", "--check")
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
