{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
apiVersion: v1
kind: Service
metadata:
  name: api
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvcf-api.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "nvcf-api.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: 8080
      targetPort: http
    - name: grpc
      port: 9090
      targetPort: grpc
    - name: metrics
      port: 9464
      targetPort: metrics
