{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ include "nvcf-api.fullname" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvcf-api.labels" . | nindent 4 }}
automountServiceAccountToken: false
