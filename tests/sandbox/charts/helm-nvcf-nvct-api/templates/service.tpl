{{- /*
SPDX-License-Identifier: GPL-3.0-or-later
Copyright (c) 2026 The fleetops.nvcf authors
*/ -}}
apiVersion: v1
kind: Service
metadata:
  name: nvct-api
  namespace: {{ .Release.Namespace }}
  labels:
    {{- include "nvct-api.labels" . | nindent 4 }}
spec:
  type: ClusterIP
  selector:
    {{- include "nvct-api.selectorLabels" . | nindent 4 }}
  ports:
    - name: http
      port: 8080
      targetPort: 8080
    - name: grpc
      port: 9090
      targetPort: 9090
