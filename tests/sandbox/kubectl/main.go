// SPDX-License-Identifier: GPL-3.0-or-later
// Copyright (c) 2026 The fleetops.nvcf authors

// kubectl, the yardstick of what a kubeconfig means. The API server's own module does not hold what it is made of.
package main

import (
	"os"

	// The auth providers of a kubeconfig, as in the kubectl that people install.
	_ "k8s.io/client-go/plugin/pkg/client/auth"
	"k8s.io/component-base/cli"
	"k8s.io/kubectl/pkg/cmd"
)

func main() {
	os.Exit(cli.Run(cmd.NewDefaultKubectlCommand()))
}
