{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- if .Values.nvctApi.env }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "nvct-api.fullname" . }}-env
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
data:
  {{- range $name, $value := .Values.nvctApi.env }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}
