#!/bin/sh
# Registers this CA at AWS IoT Core, with the credentials and the region of the AWS CLI:
#   sh register.sh [OPTION...]
# Options go on to aws iot register-ca-certificate, such as --region REGION.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
exec aws iot register-ca-certificate \
  --ca-certificate "file://$here/ca.pem" \
  --verification-certificate "file://$here/verification.pem" \
  --set-as-active \
  "$@"
