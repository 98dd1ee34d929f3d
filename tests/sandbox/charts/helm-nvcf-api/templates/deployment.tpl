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
        checksum/config-env: {{ $api.env | toJson | sha256sum }}
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
          envFrom:
            - configMapRef:
                name: {{ $fullname }}-env
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
