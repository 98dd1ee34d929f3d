{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- define "nvct-api.name" -}}
{{- default .Chart.Name .Values.nvctApi.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "nvct-api.fullname" -}}
{{- $name := default .Chart.Name .Values.nvctApi.nameOverride -}}
{{- if .Values.nvctApi.fullnameOverride -}}
{{- .Values.nvctApi.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- else if contains $name .Release.Name -}}
{{- .Release.Name | trunc 63 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "nvct-api.remoteConfigName" -}}
{{- default (printf "%s-remote-config" (include "nvct-api.fullname" .)) .Values.nvctApi.remoteConfig.configMapName -}}
{{- end -}}

{{- define "nvct-api.selectorLabels" -}}
app.kubernetes.io/name: {{ include "nvct-api.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "nvct-api.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "nvct-api.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "nvct-api.image" -}}
{{- $image := .Values.nvctApi.image -}}
{{- $registry := required "nvctApi.image.registry is required" $image.registry -}}
{{- $repository := required "nvctApi.image.repository is required" $image.repository -}}
{{- printf "%s/%s:%s" $registry $repository (default .Chart.AppVersion $image.tag) -}}
{{- end -}}
