{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- define "nvcf-api.name" -}}
{{- default .Chart.Name .Values.api.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "nvcf-api.fullname" -}}
{{- $name := default .Chart.Name .Values.api.nameOverride -}}
{{- if .Values.api.fullnameOverride -}}
{{- .Values.api.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "nvcf-api.remoteConfigName" -}}
{{- default (printf "%s-remote-config" (include "nvcf-api.fullname" .)) .Values.api.remoteConfig.configMapName -}}
{{- end -}}

{{- define "nvcf-api.selectorLabels" -}}
app.kubernetes.io/name: {{ include "nvcf-api.name" . }}
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
