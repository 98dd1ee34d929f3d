{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- if .Values.nvctApi.remoteConfig.enabled }}
{{- $fullname := include "nvct-api.fullname" . -}}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "nvct-api.remoteConfigName" . }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
data:
  nvct-api.yaml: |-
    {{- toYaml .Values.nvctApi.remoteConfig.configData | nindent 4 }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: {{ $fullname }}-remote-config-reader
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
rules:
  - apiGroups: [""]
    resources: [configmaps]
    verbs: [list, watch]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: {{ $fullname }}-remote-config-reader
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ $fullname }}-remote-config-reader
subjects:
  - kind: ServiceAccount
    name: nvct-api
    namespace: {{ .Release.Namespace }}
{{- end }}
