#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Copyright (c) 2026 The fleetops.nvcf authors

# The vendor's guide on one cluster, step by step: by_hand.sh CONTEXT. A namespace has the name of its context here.
# The rest is in the environment: HELM, KUBECTL, CHART, CHART_VERSION, KEY, NAME, HOSTNAME_TO_ADD and DOOR.
set -euo pipefail
cluster=$1
variable="api.env.NVCF_REGISTRIES_RECOGNIZED_CONTAINER_${KEY}"

# Step 1: apply
"$HELM" upgrade api "$CHART" --version "$CHART_VERSION" --plain-http --namespace "$cluster" --kube-context "$cluster" \
    --reuse-values --set-string "${variable}_NAME=${NAME}" --set-string "${variable}_HOSTNAME=${HOSTNAME_TO_ADD}"

# Step 2: roll out
"$KUBECTL" delete pod -n "$cluster" --context "$cluster" -l app.kubernetes.io/name=helm-nvcf-api \
    --field-selector=status.phase=Running
"$KUBECTL" rollout status deployment/nvcf-api -n "$cluster" --context "$cluster" --timeout=120s

# Step 3: verify
"$HELM" get values api -n "$cluster" --kube-context "$cluster" | grep -A1 "$KEY"

# Step 4: try. curl costs less than any nvcf-cli; the guide leaves the function there, which fills the account.
call() { curl --silent --show-error --fail --noproxy '*' -H 'Content-Type: application/json' "$@"; }
field() { [[ $2 =~ \"$1\":\ ?\"([^\"]+)\" ]] && printf '%s' "${BASH_REMATCH[1]}"; }
token=$(field value "$(call -X POST -H "Host: api-keys.$cluster" --data '{}' "$DOOR/v1/admin/keys")")
api=(-H "Host: api.$cluster" -H "Authorization: Bearer $token")
wanted="{\"name\":\"by-hand\",\"inferenceUrl\":\"/\",\"inferencePort\":8080,\"containerImage\":\"$HOSTNAME_TO_ADD/a/b:1\"}"
# The pod of before may still answer for a moment: somebody who sees the refusal tries again.
for pause in 1 1 1 1 0; do
    answer=$(call -X POST "${api[@]}" --data "$wanted" "$DOOR/v2/nvcf/functions") && break
    sleep "$pause"
done
call -X DELETE "${api[@]}" "$DOOR/v2/nvcf/functions/$(field id "$answer")/versions/$(field versionId "$answer")"
