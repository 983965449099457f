"""Judges the folder `aws` of a bundle by the model that AWS publishes of its API (in botocore), which its clients do not hold
requests to: lengths, patterns and choices of every value."""

import json
import os
import re
import sys

from botocore.loaders import Loader

model = Loader().load_service_model("iot", "service-2")["shapes"]


def judge(shape, value, where):
    rules = model[shape]
    kind = rules["type"]
    if kind == "structure":
        members = rules["members"]
        missing = [name for name in rules.get("required", []) if name not in value]
        unknown = [name for name in value if name not in members]
        assert not missing and not unknown, f"{where}: lacks {missing}, has {unknown}"
        for name, member in value.items():
            judge(members[name]["shape"], member, f"{where}.{name}")
    elif kind == "map":
        for name, member in value.items():
            judge(rules["key"]["shape"], name, f"{where}, the key {name}")
            judge(rules["value"]["shape"], member, f"{where}.{name}")
    elif kind == "string":
        assert isinstance(value, str), where
        assert rules.get("min", 0) <= len(value) <= rules.get("max", len(value)), f"{where}: {len(value)} characters"
        assert re.fullmatch(rules.get("pattern", r"[\s\S]*"), value), f"{where}: {value}"
        assert value in rules.get("enum", [value]), f"{where}: {value}"
    else:
        raise SystemExit(f"{where}: nothing is judged of {kind}")


folder = sys.argv[1]


def text(name):
    with open(os.path.join(folder, name)) as file:
        return file.read()


def references(template):
    found = set(re.findall(r'\{"Ref": "([^"]+)"\}', json.dumps(template)))
    assert found == set(template["Parameters"]), f"declared {set(template['Parameters'])}, used {found}"
    return found


request = {"caCertificate": text("ca.pem")}
if os.path.exists(os.path.join(folder, "registration-config.json")):
    request["registrationConfig"] = json.loads(text("registration-config.json"))
    template = json.loads(request["registrationConfig"]["templateBody"])
    assert template == json.loads(text("provisioning-template.json"))
    known = "Country Organization OrganizationalUnit DistinguishedNameQualifier StateName CommonName SerialNumber Id"
    assert references(template) <= {"AWS::IoT::Certificate::" + name for name in known.split()}
judge("RegisterCACertificateRequest", request, "the registration")

body = text("bulk-template.json")
judge("TemplateBody", body, "the bulk template")
template = json.loads(body)
parameters = references(template)
attributes = template["Resources"]["thing"]["Properties"].get("AttributePayload", {})
lines = 0
for line in map(json.loads, text("bulk.jsonl").splitlines()):
    assert set(line) == parameters, f"{set(line)} for {parameters}"
    judge("Parameters", line, "a line")
    judge("ThingName", line["ThingName"], "a line's thing")
    judge("Attributes", {name: line[one["Ref"]] for name, one in attributes.items()}, "a line's attributes")
    judge("CertificatePem", line["CertificatePem"], "a line's certificate")
    lines += 1
if os.path.exists(os.path.join(folder, "multi-account.jsonl")):
    for line in map(json.loads, text("multi-account.jsonl").splitlines()):
        judge("RegisterCertificateWithoutCARequest", line, "a line for each account")
print(f"{lines} devices judged")
