# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""Command lines of the Kubernetes components, lean enough for many clusters on a small machine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .pki import Authority, KeyPair
from .slots import LOOPBACK, Slot

# What Deployments, hook Jobs, namespaces, quotas and service accounts need. Nothing here needs storage or cloud.
CONTROLLERS = (
    "clusterrole-aggregation-controller",
    "deployment-controller",
    "garbage-collector-controller",
    "job-controller",
    "namespace-controller",
    "replicaset-controller",
    "resourcequota-controller",
    "root-ca-certificate-publisher-controller",
    "serviceaccount-controller",
    "serviceaccount-token-controller",
    "ttl-after-finished-controller",
)
UNUSED_ADMISSION = (
    "CertificateApproval",
    "CertificateSigning",
    "CertificateSubjectRestriction",
    "ClusterTrustBundleAttest",
    "DefaultIngressClass",
    "DefaultStorageClass",
    "PersistentVolumeClaimResize",
    "Priority",
    "RuntimeClass",
    "StorageObjectInUseProtection",
    "TaintNodesByCondition",
)


@dataclass(frozen=True, kw_only=True)
class Etcd:
    """The one etcd of a sandbox; each cluster has a key prefix in it."""

    program: Path
    folder: Path
    slot: Slot

    @property
    def url(self) -> str:
        """The client URL."""
        return f"http://{LOOPBACK}:{self.slot.ports[0]}"

    def argv(self) -> list[str]:
        """Return the command line. Durability is given up for speed: the data does not outlive the sandbox."""
        peer = f"http://{LOOPBACK}:{self.slot.ports[1]}"
        return [
            str(self.program),
            f"--data-dir={self.folder}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--unsafe-no-fsync",
            "--log-level=warn",
        ]


@dataclass(frozen=True, kw_only=True)
class ControlPlane:
    """One cluster's API server and controller manager, with all their files in one folder."""

    name: str
    folder: Path
    slot: Slot

    @property
    def server(self) -> str:
        """The API server's URL."""
        return f"https://{LOOPBACK}:{self.slot.ports[0]}"

    @property
    def kubelet_port(self) -> int:
        """Where the virtual node serves the kubelet API."""
        return self.slot.ports[1]

    @property
    def gateway_port(self) -> int:
        """Where the cluster's HTTP gateway listens."""
        return self.slot.ports[2]

    @property
    def ca_file(self) -> Path:
        """The cluster's own authority."""
        return self.folder / "ca.crt"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's configuration of this cluster alone."""
        return self.folder / "kubeconfig"

    @property
    def admin(self) -> KeyPair:
        """The administrator's client certificate."""
        return self._pair("admin")

    @property
    def powerless(self) -> KeyPair:
        """The client certificate of a user whom nothing is granted."""
        return self._pair("powerless")

    def issue_certificates(self) -> None:
        """Create the authority and every certificate of the cluster."""
        authority = Authority.create(self.folder, f"sandbox {self.name}")
        authority.server("apiserver", "kube-apiserver")
        authority.server("kubelet", "system:node:sandbox")
        authority.client("kubelet-client", "kube-apiserver-kubelet-client", "system:masters")
        authority.client("admin", "admin", "system:masters")
        authority.client("powerless", "powerless")
        authority.client("service-accounts", "service-accounts")  # only its key is used, to sign tokens

    def apiserver_argv(self, program: Path, etcd_url: str, extra: Sequence[str]) -> list[str]:
        """Return the API server's command line; `extra` comes last and so wins."""
        folder = self.folder
        return [
            str(program),
            f"--etcd-servers={etcd_url}",
            f"--etcd-prefix=/{self.name}",
            f"--bind-address={LOOPBACK}",
            f"--secure-port={self.slot.ports[0]}",
            # Loopback is refused as an advertised address; this one is reserved for documentation and never dialled.
            "--advertise-address=192.0.2.1",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={folder}/apiserver.crt",
            f"--tls-private-key-file={folder}/apiserver.key",
            f"--client-ca-file={folder}/ca.crt",
            "--authorization-mode=Node,RBAC",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={folder}/service-accounts.key",
            f"--service-account-signing-key-file={folder}/service-accounts.key",
            "--service-cluster-ip-range=10.96.0.0/16",
            f"--kubelet-certificate-authority={folder}/ca.crt",
            f"--kubelet-client-certificate={folder}/kubelet-client.crt",
            f"--kubelet-client-key={folder}/kubelet-client.key",
            "--kubelet-preferred-address-types=InternalIP",
            f"--disable-admission-plugins={','.join(UNUSED_ADMISSION)}",
            "--profiling=false",
            "--shutdown-delay-duration=0s",
            "--etcd-count-metric-poll-period=0",
            "--etcd-db-metric-poll-interval=0",
            "--etcd-compaction-interval=0",
            *extra,
        ]

    def controller_manager_argv(self, program: Path) -> list[str]:
        """Return the controller manager's command line."""
        return [
            str(program),
            f"--kubeconfig={self.kubeconfig}",
            f"--controllers={','.join(CONTROLLERS)}",
            "--leader-elect=false",
            "--secure-port=0",
            f"--root-ca-file={self.ca_file}",
            f"--service-account-private-key-file={self.folder}/service-accounts.key",
            "--kube-api-qps=200",
            "--kube-api-burst=400",
            "--min-resync-period=12h",
        ]

    def _pair(self, stem: str) -> KeyPair:
        return KeyPair(self.folder / f"{stem}.crt", self.folder / f"{stem}.key")
