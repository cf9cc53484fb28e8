#!/usr/bin/env python3
"""The Kubernetes manifests: what they promise. They are parsed here; there is no cluster to run them."""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
except ImportError:
    yaml = None

CHECKOUT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = CHECKOUT / "packaging" / "kubernetes"
PROGRAMS = {"obscura-worker", "obscura-admin"}
VERSION = re.search(r"^project\(obscura VERSION ([\d.]+)", (CHECKOUT / "CMakeLists.txt").read_text(), re.MULTILINE).group(1)


def ports_of(rules):
    return {port["port"] for rule in rules for port in rule.get("ports", [])}


@unittest.skipUnless(yaml, "there is no python3-yaml")
class ManifestsTest(unittest.TestCase):
    options = None

    @classmethod
    def setUpClass(cls):
        cls.objects = [found for path in sorted(FOLDER.glob("*.yaml")) for found in yaml.safe_load_all(path.read_text())]
        cls.workloads = [found for found in cls.objects if found["kind"] in ("Deployment", "StatefulSet")]

    def pods(self):
        for workload in self.workloads:
            yield workload["metadata"]["name"], workload["spec"]["template"]["spec"]

    def of_kind(self, kind):
        return {found["metadata"]["name"]: found for found in self.objects if found["kind"] == kind}

    def test_there_are_servers_a_supervisor_and_workers(self):
        self.assertEqual({name for name, _ in self.pods()}, {"obscura-nats", "obscura-admin", "obscura-worker"})
        self.assertTrue(all(found["metadata"].get("namespace") == "obscura" for found in self.objects if found["kind"] != "Namespace"))

    def test_every_container_is_locked_in(self):
        for name, pod in self.pods():
            self.assertIs(pod["automountServiceAccountToken"], False, name)
            self.assertIs(pod["securityContext"]["runAsNonRoot"], True, name)
            self.assertGreater(pod["securityContext"]["runAsUser"], 0, name)
            self.assertEqual(pod["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"}, name)
            for container in pod["containers"] + pod.get("initContainers", []):
                context = container["securityContext"]
                self.assertIs(context["readOnlyRootFilesystem"], True, name)
                self.assertIs(context["allowPrivilegeEscalation"], False, name)
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]}, name)
                self.assertIn("memory", container["resources"]["limits"], name)
                self.assertIn("cpu", container["resources"]["requests"], name)

    def test_every_service_is_probed(self):
        for name, pod in self.pods():
            container = pod["containers"][0]
            port = {entry["name"]: entry["containerPort"] for entry in container["ports"]}
            ready = "/readyz" if name in PROGRAMS else "/healthz"
            for probe, path in (("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", ready)):
                asked = container[probe]["httpGet"]
                self.assertEqual(asked["path"].split("?")[0], path, name)
                self.assertIn(asked["port"], port)
            if name in PROGRAMS:
                address = container["args"][container["args"].index("--http") + 1]
                self.assertEqual(address, f"0.0.0.0:{port['http']}")

    def test_images_have_a_version(self):
        for name, pod in self.pods():
            for container in pod["containers"] + pod.get("initContainers", []):
                image, _, version = container["image"].partition(":")
                self.assertRegex(version, r"^\d+\.\d+\.\d+$", name)
                if name in PROGRAMS:
                    self.assertEqual((image, version), ("obscura", VERSION))

    def test_the_programs_know_their_options(self):
        for name, pod in self.pods():
            if name not in PROGRAMS:
                continue
            words = pod["containers"][0]["command"] + pod["containers"][0]["args"]
            known = subprocess.run([self.options.bin / words[0], words[1], "--help"], capture_output=True, text=True,
                                   check=True).stdout
            for word in words[2:]:
                if word.startswith("--"):
                    self.assertIn(word, known, name)

    def test_what_is_written_to_is_a_volume(self):
        for name, pod in self.pods():
            volumes = {volume["name"] for volume in pod.get("volumes", [])}
            volumes |= {claim["metadata"]["name"] for found in self.workloads if found["metadata"]["name"] == name
                        for claim in found["spec"].get("volumeClaimTemplates", [])}
            mounts = {mount["mountPath"]: mount for container in pod["containers"] for mount in container["volumeMounts"]}
            self.assertLessEqual({mount["name"] for mount in mounts.values()}, volumes)
            for container in pod["containers"]:
                for word in container["args"]:
                    if word.startswith("/"):
                        self.assertTrue(any(word.startswith(path) for path in mounts), f"{name}: {word}")

    def test_a_worker_has_the_time_that_it_takes_to_drain(self):
        pod = dict(self.pods())["obscura-worker"]
        arguments = pod["containers"][0]["args"]
        self.assertGreater(pod["terminationGracePeriodSeconds"], int(arguments[arguments.index("--drain-s") + 1]))

    def test_workers_and_servers_are_not_all_taken_away_at_once(self):
        budgets = self.of_kind("PodDisruptionBudget")
        for name in ("obscura-nats", "obscura-worker"):
            self.assertEqual(budgets[name]["spec"]["selector"], {"matchLabels": {"app": name}})
        self.assertEqual(budgets["obscura-nats"]["spec"]["maxUnavailable"], 1)

    def test_nothing_but_what_is_named_goes_in_or_out(self):
        policies = self.of_kind("NetworkPolicy")
        rest = policies["nothing-else"]["spec"]
        self.assertEqual((rest["podSelector"], set(rest["policyTypes"])), ({}, {"Ingress", "Egress"}))
        self.assertNotIn("ingress", rest)
        self.assertNotIn("egress", rest)
        clients = policies["obscura-clients"]["spec"]
        self.assertEqual(ports_of(clients["egress"]), {4222})
        self.assertEqual(ports_of(clients["ingress"]), {9464, 9465})
        self.assertTrue(all("from" in rule for rule in clients["ingress"]))

    def test_the_servers_take_the_configuration_that_the_page_makes(self):
        server = shutil.which("nats-server", path="/usr/sbin:/usr/local/bin:/usr/bin")
        if not server:
            self.skipTest("there is no nats-server")
        command = re.search(r"^ +(sed -e .*) > hub.conf$", (FOLDER / "README.md").read_text(), re.MULTILINE).group(1)
        text = subprocess.run(["bash", "-c", command], cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
        for number in range(3):
            self.assertIn(f"nats-route://obscura-nats-{number}.obscura-nats:6222", text)
        self.assertIn('http: "0.0.0.0:8222"', text)
        self.assertNotIn(".example", text)
        with tempfile.TemporaryDirectory() as folder:
            self.check_configuration(server, text, pathlib.Path(folder))

    def check_configuration(self, server, text, folder):
        """What the pods find in their volumes lies in a folder here, and the server itself reads it."""
        def here(config):
            for path in ("/etc/obscura/nats", "/var/lib/obscura/nats", "/run/obscura-nats"):
                config = config.replace(path, str(folder))
            return config

        def admin(*words):
            return subprocess.run([self.options.bin / "obscura-admin", *words], cwd=folder, capture_output=True, text=True,
                                  check=True).stdout.strip()

        nkeys = [admin("nkey", "-o", f"{name}.seed") for name in ("supervisor", "owner", "worker", "client")]
        (folder / "roles.conf").write_text("supervisor {}\nowner {}\nworker 0 {}\ntenant clinic {}\n".format(*nkeys))
        admin("accounts", "roles.conf", "-o", "accounts.conf")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=hub",
                        "-keyout", "server.key", "-out", "server.crt"], cwd=folder, capture_output=True, check=True)
        shutil.copy(folder / "server.crt", folder / "ca.crt")
        (folder / "hub.conf").write_text(here(text))
        (folder / "websocket.conf").write_text(here((CHECKOUT / "packaging" / "nats" / "websocket.conf").read_text()))

        def check(config):
            environment = {"OBSCURA_NATS_NAME": "obscura-nats-0", "OBSCURA_LEAF_0_PASSWORD": "a-long-random-one"}
            return subprocess.run([server, "-t", "-c", config], cwd=folder, env=environment, capture_output=True, text=True)

        checked = check("hub.conf")
        self.assertEqual(checked.returncode, 0, checked.stderr)
        # It would say so if it did not.
        (folder / "wrong.conf").write_text(here(text).replace("accounts.conf", "other.conf"))
        self.assertNotEqual(check("wrong.conf").returncode, 0)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=lambda path: pathlib.Path(path).resolve(), help="folder of the programs")
    ManifestsTest.options, words = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *words], verbosity=2)


if __name__ == "__main__":
    main()
