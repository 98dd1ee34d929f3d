{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
{{- $api := .Values.nvctApi -}}
{{- $fullname := include "nvct-api.fullname" . -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $fullname }}
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
spec:
  replicas: {{ default 1 $api.replicaCount }}
  selector:
    matchLabels:
      {{- include "nvct-api.selectorLabels" . | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "nvct-api.selectorLabels" . | nindent 8 }}
      annotations:
        vault.hashicorp.com/agent-inject: "true"
        vault.hashicorp.com/role: nvct-api
        vault.hashicorp.com/secret-volume-path: /home/app/vault
        {{- with $api.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- if $api.env }}
        checksum/config-env: {{ $api.env | toYaml | sha256sum }}
        {{- end }}
    spec:
      serviceAccountName: nvct-api
      {{- with $api.imagePullSecrets }}
      imagePullSecrets:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $api.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .Chart.Name }}
          image: {{ include "nvct-api.image" . | quote }}
          imagePullPolicy: {{ $api.image.pullPolicy }}
          env:
            - name: SPRING_PROFILES_ACTIVE
              value: ncp
            - name: POD_IP
              valueFrom:
                fieldRef:
                  fieldPath: status.podIP
            {{- if $api.remoteConfig.enabled }}
            - name: REMOTE_CONFIG_ENABLED
              value: "true"
            - name: REMOTE_CONFIG_NAME
              value: {{ include "nvct-api.remoteConfigName" . | quote }}
            {{- end }}
          {{- if $api.env }}
          envFrom:
            - configMapRef:
                name: {{ $fullname }}-env
          {{- end }}
          ports:
            - name: http
              containerPort: 8080
              protocol: TCP
            - name: grpc
              containerPort: 9090
              protocol: TCP
            - name: management
              containerPort: 8181
              protocol: TCP
          startupProbe:
            httpGet:
              path: /actuator/health/readiness
              port: management
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 30
          readinessProbe:
            httpGet:
              path: /actuator/health/readiness
              port: management
            initialDelaySeconds: 30
            periodSeconds: 10
            failureThreshold: 1
          livenessProbe:
            httpGet:
              path: /actuator/health/liveness
              port: management
            periodSeconds: 10
            failureThreshold: 6
          resources:
            {{- toYaml $api.resources | nindent 12 }}
