{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: nvct-api
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
automountServiceAccountToken: false
