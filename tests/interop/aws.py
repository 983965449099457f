"""Runs commands beside ministack's AWS IoT for tests/interop.rs: one JSON line in, one out, on standard input and output.

Runs in a network namespace of its own, because ministack listens on all addresses. First it prints {"broker_ca": PATH}
once ministack answers; then it answers each {"run": [COMMAND, ARGUMENT, ...]} with {"code", "out", "error"}. The commands
find the real AWS CLI first on their path, with ministack for all of AWS.
"""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request

folder = sys.argv[1]
# Beside this interpreter, whatever PATH says.
tools = os.path.dirname(sys.executable)
os.environ["PATH"] = f"{tools}:{os.environ['PATH']}:/usr/sbin:/sbin"
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
environment = dict(os.environ, BIND_HOST="127.0.0.1", GATEWAY_PORT="14566", IOT_MTLS_PORT="18884", HOME=folder)
endpoint = "http://127.0.0.1:14566"
aws = dict(
    os.environ,
    HOME=folder,
    AWS_ENDPOINT_URL=endpoint,
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",
    AWS_DEFAULT_REGION="us-east-1",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_MAX_ATTEMPTS="1",
    AWS_PAGER="",
)
log = open(os.path.join(folder, "ministack.log"), "wb")
server = subprocess.Popen(
    [os.path.join(tools, "ministack")], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder
)
try:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for _ in range(240):
        try:
            broker_ca = opener.open(endpoint + "/_ministack/iot/ca.pem", timeout=10).read()
            break
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.5)
    else:
        raise SystemExit("ministack did not answer within two minutes; see ministack.log")
    path = os.path.join(folder, "broker-ca.pem")
    with open(path, "wb") as file:
        file.write(broker_ca)
    print(json.dumps({"broker_ca": path}), flush=True)
    for line in sys.stdin:
        run = subprocess.run(
            json.loads(line)["run"], env=aws, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
        )
        print(json.dumps({"code": run.returncode, "out": run.stdout, "error": run.stderr}), flush=True)
finally:
    server.kill()
    server.wait()
