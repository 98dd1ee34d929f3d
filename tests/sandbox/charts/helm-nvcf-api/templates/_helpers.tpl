{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- define "nvcf-api.fullname" -}}
{{- if .Values.api.fullnameOverride -}}
{{- .Values.api.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "nvcf-api.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "nvcf-api.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "nvcf-api.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- /* Called with a dict of `image` and `path`, the place in the values that a complaint names. */ -}}
{{- define "nvcf-api.image" -}}
{{- $registry := required (printf "%s.registry is required" .path) .image.registry -}}
{{- $repository := required (printf "%s.repository is required" .path) .image.repository -}}
{{- $tag := required (printf "%s.tag is required" .path) .image.tag -}}
{{- printf "%s/%s:%s" $registry $repository $tag -}}
{{- end -}}
