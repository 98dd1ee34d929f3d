{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
apiVersion: v1
kind: Secret
metadata:
  name: {{ include "nvcf-api.fullname" . }}-registry-credentials
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvcf-api.labels" . | nindent 4 }}
type: Opaque
stringData:
  credentials.json: {{ .Values.api.accountBootstrap.registryCredentials | toJson | quote }}
