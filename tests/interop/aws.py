"""Drives ministack's AWS IoT for tests/interop.rs: one JSON line in, one out, on standard input and output.

Runs in a network namespace of its own, because ministack listens on all addresses. First it prints the account's
registration code; then it answers each {"ca": PATH, "verification": PATH or null} with {"id": …} or {"error": …}.
"""

import json
import os
import subprocess
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, EndpointConnectionError

folder = sys.argv[1]
os.environ["PATH"] += ":/usr/sbin:/sbin"
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
environment = dict(os.environ, BIND_HOST="127.0.0.1", GATEWAY_PORT="14566", IOT_MTLS_PORT="18884", HOME=folder)
log = open(os.path.join(folder, "ministack.log"), "wb")
# Beside this interpreter, whatever PATH says.
ministack = os.path.join(os.path.dirname(sys.executable), "ministack")
server = subprocess.Popen([ministack], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder)
try:
    iot = boto3.client(
        "iot",
        endpoint_url="http://127.0.0.1:14566",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}, proxies={}),
    )
    for _ in range(120):
        try:
            code = iot.get_registration_code()["registrationCode"]
            break
        except EndpointConnectionError:
            time.sleep(0.5)
    else:
        raise SystemExit("ministack did not answer within a minute; see ministack.log")
    print(json.dumps({"code": code}), flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        wishes = {"caCertificate": open(order["ca"]).read(), "setAsActive": True}
        if order["verification"]:
            wishes["verificationCertificate"] = open(order["verification"]).read()
        try:
            answer = {"id": iot.register_ca_certificate(**wishes)["certificateId"]}
        except ClientError as error:
            answer = {"error": error.response["Error"]["Code"] + ": " + error.response["Error"]["Message"]}
        print(json.dumps(answer), flush=True)
finally:
    server.kill()
    server.wait()
