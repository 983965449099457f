#!/bin/sh
# Registers this CA at AWS IoT Core, with the credentials and the region of the AWS CLI:
#   sh register.sh VERIFICATION.pem [OPTION...]
# Options go on to aws iot register-ca-certificate, such as --region REGION.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
if [ "$#" -lt 1 ] || [ ! -f "$1" ]; then
    echo "register.sh: give the verification certificate, aws/verification.pem of coldsign prove" >&2
    exit 2
fi
verification=$1
shift
exec aws iot register-ca-certificate \
  --ca-certificate "file://$here/ca.pem" \
  --verification-certificate "file://$verification" \
  --allow-auto-registration \
  --registration-config "file://$here/registration-config.json" \
  --set-as-active \
  "$@"
