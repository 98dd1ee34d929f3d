{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- $bootstrap := .Values.api.accountBootstrap -}}
{{- $fullname := include "nvcf-api.fullname" . -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $fullname }}-account-bootstrap
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvcf-api.labels" . | nindent 4 }}
    app.kubernetes.io/component: account-bootstrap
  annotations:
    helm.sh/hook: post-install,post-upgrade
    helm.sh/hook-delete-policy: before-hook-creation
spec:
  backoffLimit: {{ $bootstrap.backoffLimit }}
  ttlSecondsAfterFinished: 300
  template:
    metadata:
      labels:
        {{- include "nvcf-api.labels" . | nindent 8 }}
        app.kubernetes.io/component: account-bootstrap
    spec:
      serviceAccountName: {{ $fullname }}
      restartPolicy: Never
      {{- with .Values.api.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: account-bootstrap
          image: {{ include "nvcf-api.image" (dict "image" $bootstrap.image "path" "api.accountBootstrap.image") }}
          imagePullPolicy: {{ $bootstrap.image.pullPolicy }}
          env:
            - name: API_SERVICE_NAME
              value: api
            - name: API_NAMESPACE
              value: {{ .Release.Namespace }}
            - name: REGISTRY_CREDENTIALS
              valueFrom:
                secretKeyRef:
                  name: {{ $fullname }}-registry-credentials
                  key: credentials.json
