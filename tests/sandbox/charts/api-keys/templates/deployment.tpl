{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: admin-token-issuer-proxy
  namespace: {{ .Release.Namespace }}
  labels: &labels
    app.kubernetes.io/name: {{ .Chart.Name }}
    app.kubernetes.io/instance: {{ .Release.Name }}
spec:
  replicas: 1
  selector:
    matchLabels: *labels
  template:
    metadata:
      labels: *labels
    spec:
      containers:
        - name: admin-token-issuer-proxy
          image: {{ printf "%s/%s:%s" .Values.image.registry .Values.image.repository .Values.image.tag }}
          ports:
            - name: metrics
              containerPort: 9090
            - name: http
              containerPort: 8080
          readinessProbe:
            httpGet:
              path: /health
              port: http
