#!/usr/bin/env bash
# Runs inside LocalStack when it is ready: bucket, topic, notification, subscription.
set -euo pipefail

endpoint="${FILEPROC_ENDPOINT:-http://fileproc:8080/}"
topic="$(awslocal sns create-topic --name files-landed --query TopicArn --output text)"
for bucket in acme-drop globex-drop initech-drop; do
  awslocal s3api create-bucket --bucket "$bucket"
  awslocal s3api put-bucket-notification-configuration --bucket "$bucket" --notification-configuration \
    "{\"TopicConfigurations\":[{\"TopicArn\":\"$topic\",\"Events\":[\"s3:ObjectCreated:*\"]}]}"
done

# The service starts after LocalStack is healthy, so subscribing waits for it in the background.
(
  for _ in $(seq 60); do
    if curl --silent --fail --max-time 2 "${endpoint}livez" >/dev/null; then
      awslocal sns subscribe --topic-arn "$topic" --protocol http --notification-endpoint "$endpoint"
      exit 0
    fi
    sleep 1
  done
  echo "the service at $endpoint did not answer; nothing is subscribed" >&2
) &
