{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- if .Values.api.env }}
apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ include "nvcf-api.fullname" . }}-env
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvcf-api.labels" . | nindent 4 }}
data:
  {{- range $name, $value := .Values.api.env }}
  {{ $name }}: {{ $value | quote }}
  {{- end }}
{{- end }}
