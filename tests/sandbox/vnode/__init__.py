# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

"""A virtual Kubernetes node: scheduler, kubelet, container runtime and HTTP gateway of one cluster in one process."""
