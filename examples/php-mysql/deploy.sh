#!/usr/bin/env bash
# Builds the same backend a second time, as `staging`, with the aws command line.
# Reads the pass's facts from the environment that `guestpass unseal` writes; prints one JSON line for each thing made.
set -euo pipefail
umask 077
export AWS_PAGER=""  # version 2 of the aws CLI would open a pager

: "${GUESTPASS_NAME:?first: guestpass unseal FILE --identity KEYFILE, and source what it writes}"
label="$GUESTPASS_NAME-staging"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The endpoint is passed by hand: the aws CLI version 1 does not read AWS_ENDPOINT_URL for every service.
endpoint=()
[ -z "${AWS_ENDPOINT_URL:-}" ] || endpoint=(--endpoint-url "$AWS_ENDPOINT_URL")
ask() { aws "${endpoint[@]}" --output text "$@"; }
made() { printf '{"made": "%s", "id": "%s"}\n' "$1" "$2"; }
tags="Tags=[{Key=guestpass,Value=$GUESTPASS_NAME},{Key=Name,Value=$label}]"

group() { # name, description
  ask ec2 create-security-group --group-name "$label-$1" --description "$2" --vpc-id "$GUESTPASS_VPC" \
    --tag-specifications "ResourceType=security-group,$tags" --query GroupId
}

web=$(group web 'the site')
made ec2:security-group "$web"
data=$(group db 'the database of the site')
made ec2:security-group "$data"
ask ec2 authorize-security-group-ingress --group-id "$web" --protocol tcp --port 443 --cidr 0.0.0.0/0 >/dev/null
ask ec2 authorize-security-group-ingress --group-id "$data" --protocol tcp --port 3306 --source-group "$web" >/dev/null

image=$(ask ec2 describe-images --owners amazon \
  --filters 'Name=name,Values=al2023-ami-2*,amzn2-ami-hvm-2*,amzn-ami-hvm-*' 'Name=architecture,Values=x86_64' \
  --query 'sort_by(Images, &CreationDate)[-1].ImageId')
printf '#!/bin/bash\ndnf install -y nginx php-fpm php-mysqlnd\n' > "$work/user-data"
instance=$(ask ec2 run-instances --image-id "$image" --instance-type "$GUESTPASS_INSTANCE_TYPE" --count 1 \
  --subnet-id "${GUESTPASS_SUBNETS%%,*}" --security-group-ids "$web" \
  --iam-instance-profile "Name=$GUESTPASS_NAME-instance" --metadata-options HttpTokens=required \
  --user-data "file://$work/user-data" \
  --tag-specifications "ResourceType=instance,$tags" "ResourceType=volume,$tags" "ResourceType=network-interface,$tags" \
  --query 'Instances[0].InstanceId')
made ec2:instance "$instance"
ask ec2 wait instance-running --instance-ids "$instance"

address=$(ask ec2 allocate-address --domain vpc --tag-specifications "ResourceType=elastic-ip,$tags" --query AllocationId)
made ec2:elastic-ip "$address"
ask ec2 associate-address --allocation-id "$address" --instance-id "$instance" >/dev/null

IFS=, read -ra subnets <<< "$GUESTPASS_SUBNETS"
ask rds create-db-subnet-group --db-subnet-group-name "$label" --db-subnet-group-description 'the database of the site' \
  --subnet-ids "${subnets[@]}" --tags "Key=guestpass,Value=$GUESTPASS_NAME" >/dev/null
made rds:subgrp "$label"

# The password goes from a file of mode 0600 into the call: never into a command line, which every user can read.
head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '\n' > "$label.password"
cat > "$work/database.json" <<JSON
{"DBInstanceIdentifier": "$label", "DBInstanceClass": "$GUESTPASS_DATABASE_CLASS", "Engine": "mysql",
 "AllocatedStorage": 20, "StorageEncrypted": true, "PubliclyAccessible": false,
 "MasterUsername": "site", "MasterUserPassword": "$(cat "$label.password")",
 "DBSubnetGroupName": "$label", "VpcSecurityGroupIds": ["$data"],
 "Tags": [{"Key": "guestpass", "Value": "$GUESTPASS_NAME"}, {"Key": "Name", "Value": "$label"}]}
JSON
ask rds create-db-instance --cli-input-json "file://$work/database.json" >/dev/null
made rds:db "$label"
