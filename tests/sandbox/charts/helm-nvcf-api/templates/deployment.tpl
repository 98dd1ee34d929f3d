{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- $api := .Values.api -}}
{{- $fullname := include "nvcf-api.fullname" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $fullname }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvcf-api.labels" . | nindent 4 }}
spec:
  replicas: {{ $api.replicaCount }}
  progressDeadlineSeconds: 600
  strategy:
    type: RollingUpdate
    rollingUpdate:
      maxSurge: 25%
      maxUnavailable: 25%
  selector:
    matchLabels:
      {{- include "nvcf-api.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "nvcf-api.labels" . | nindent 8 }}
      annotations:
        kubectl.kubernetes.io/default-container: helm-nvcf-api
        {{- if $api.vault.enabled }}
        vault.hashicorp.com/agent-inject: "true"
        vault.hashicorp.com/role: nvcf-api
        vault.hashicorp.com/secret-volume-path: /home/app/vault
        {{- end }}
        {{- with $api.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- if $api.env }}
        checksum/config-env: {{ $api.env | toYaml | sha256sum }}
        {{- end }}
    spec:
      serviceAccountName: {{ $fullname }}
      terminationGracePeriodSeconds: 60
      {{- with $api.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $api.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: helm-nvcf-api
          image: {{ include "nvcf-api.image" (dict "image" $api.image "path" "api.image") }}
          imagePullPolicy: {{ $api.image.pullPolicy }}
          ports:
            - name: http
              containerPort: 8080
            - name: grpc
              containerPort: 9090
            - name: metrics
              containerPort: 9464
            - name: management
              containerPort: 8181
          {{- if $api.remoteConfig.enabled }}
          env:
            - name: REMOTE_CONFIG_ENABLED
              value: "true"
            - name: REMOTE_CONFIG_NAME
              value: {{ include "nvcf-api.remoteConfigName" . | quote }}
          {{- end }}
          {{- if $api.env }}
          envFrom:
            - configMapRef:
                name: {{ $fullname }}-env
          {{- end }}
          startupProbe:
            httpGet:
              path: /actuator/health/readiness
              port: management
            periodSeconds: 5
            failureThreshold: 180
          readinessProbe:
            httpGet:
              path: /actuator/health/readiness
              port: management
            periodSeconds: 10
            successThreshold: 3
          livenessProbe:
            httpGet:
              path: /actuator/health/liveness
              port: management
            periodSeconds: 10
          resources:
            {{- toYaml $api.resources | nindent 12 }}
