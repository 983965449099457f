"""Judges what a bundle has for Azure, Huawei and Tencent by the models of requests that these publish in their SDKs.

`vendor_shapes.py PLATFORM PROOF DELIVERY`: the folders of the platform in a bundle of a proof and in one of devices. Every
request is made the vendor's own object and read back as what it was; and every request is bent in each place (a key misspelt,
a needed one left out, a value of another type), which the same way has to refuse."""

import copy
import csv
import importlib
import json
import os
import re
import sys
import types
import warnings


def text(folder, name):
    with open(os.path.join(folder, name), newline="") as file:
        return file.read()


def table(folder):
    return list(csv.DictReader(text(folder, "devices.csv").splitlines()))


class Msrest:
    """Models of Azure's that were made with msrest; required values are asked for when they are written."""

    def __init__(self, models):
        from msrest import Deserializer, Serializer

        classes = {name: one for name, one in vars(models).items() if isinstance(one, type)}
        self.reader, self.writer = Deserializer(classes), Serializer(classes)

    def again(self, name, body):
        model = self.reader(name, body)
        return self.writer.body(model, name)


def azure(proof, delivery):
    import azure.iot
    import azure.mgmt.iothubprovisioningservices.models as management
    import provisioningserviceclient.protocol.models as provisioning
    from azure.core.serialization import as_attribute_dict

    # The package itself loads a message broker's client; its models need none.
    package = types.ModuleType("azure.iot.hub")
    package.__path__ = [os.path.join(place, "hub") for place in azure.iot.__path__]
    sys.modules[package.__name__] = package
    hub = Msrest(importlib.import_module("azure.iot.hub.protocol.models"))
    service = Msrest(provisioning)

    def managed(model):
        def again(body):
            made = getattr(management, model)(body)
            unknown = set(body) - {field._rest_name for field in made._attr_to_rest_field.values()}
            assert not unknown, f"has {unknown}"
            for name, kind in typed.items():
                value = as_attribute_dict(made)[name]
                assert isinstance(value, kind), f"{name} is {value!r}"
            return dict(made)

        typed = {"certificate": str}
        return again

    yield "VerificationCodeRequest", {"certificate": text(proof, "verification.pem")}, managed("VerificationCodeRequest")
    group = json.loads(text(delivery, "enrollment-group.json"))
    yield "EnrollmentGroup", group, lambda body: service.again("EnrollmentGroup", body)
    for line in text(delivery, "devices.txt").splitlines():
        yield "ExportImportDevice", json.loads(line), lambda body: hub.again("ExportImportDevice", body)


def huawei(proof, delivery):
    import huaweicloudsdkiotda.v5 as sdk
    from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization

    required = {"CreateCertificateDTO": {"content"}, "VerifyCertificateDTO": {"verify_content"}, "AuthInfo": set()}
    # A product is what the customer's account has; the bundle knows of none.
    required["AddDevice"] = {"node_id", "product_id"}

    def make(name, body):
        model = getattr(sdk, name)
        attributes = {key: attribute for attribute, key in model.attribute_map.items()}
        assert required[name] <= set(body), f"lacks {required[name] - set(body)}"
        values = {}
        for key, value in body.items():
            kind = model.openapi_types[attributes[key]]
            if kind == "str":
                assert isinstance(value, str), f"{key} is {value!r}"
            else:
                value = make(kind, value)
            values[attributes[key]] = value
        return model(**values)

    def again(name):
        return lambda body: sanitize_for_serialization(make(name, body))

    yield "CreateCertificateDTO", {"content": text(delivery, "ca.pem")}, again("CreateCertificateDTO")
    yield "VerifyCertificateDTO", {"verify_content": text(proof, "verification.pem")}, again("VerifyCertificateDTO")
    for row in table(delivery):
        # What the model's own words say of a node's id and of a fingerprint.
        assert re.fullmatch("[A-Za-z0-9_-]{1,64}", row["DeviceName"]), row
        for column, digits in ("SHA1", 40), ("SHA256", 64):
            assert re.fullmatch("[0-9a-f]{%d}" % digits, row[column]), row
            authentication = {"auth_type": "CERTIFICATES", "fingerprint": row[column]}
            device = {"node_id": row["DeviceName"], "product_id": "product", "auth_info": authentication}
            yield "AddDevice", device, again("AddDevice")


def tencent(proof, delivery):
    from tencentcloud.iotcloud.v20210408 import models

    # An unknown key is no more than a warning there.
    warnings.simplefilter("error")

    def again(name, needed):
        def read(body):
            assert needed <= set(body), f"lacks {needed - set(body)}"
            model = getattr(models, name)()
            model._deserialize(body)
            for key in body:
                documented = getattr(type(model), key).__doc__
                kind = re.search(r":rtype: (\w+)", documented).group(1)
                assert type(body[key]).__name__ == kind, f"{key} is {body[key]!r}"
            return model._serialize()

        return read

    needed = {"CertName", "CertText", "VerifyCertText"}
    authority = {"CertName": "factory", "CertText": text(proof, "ca.crt"), "VerifyCertText": text(proof, "verification.crt")}
    yield "CreatePrivateCA", authority, again("CreatePrivateCARequest", needed)
    rule = re.search(r"DeviceName: .*?(\[\S+?\]\{\d+,\d+\})", models.CreateDeviceRequest.__init__.__doc__).group(1)
    for row in table(delivery):
        assert re.fullmatch(rule, row["DeviceName"]), f"{row['DeviceName']} is not {rule}"
        chain = text(os.path.dirname(delivery), row["file"])
        device = {"ProductId": "product", "DeviceName": row["DeviceName"], "TlsCrt": chain}
        yield "CreateDevice", device, again("CreateDeviceRequest", {"ProductId", "DeviceName"})


# What may be missing, in the vendors' models.
OPTIONAL = {
    "EnrollmentGroup": {"provisioningStatus", "x509", "signingCertificates", "primary", "certificate"},
    "ExportImportDevice": {"id", "importMode", "status", "authentication", "type", "x509Thumbprint", "primaryThumbprint"},
    "VerificationCodeRequest": {"certificate"},
    "AddDevice": {"auth_info", "auth_type", "fingerprint"},
    "CreateDevice": {"TlsCrt"},
}


def places(body, way=()):
    for key, value in body.items():
        yield way + (key,)
        if isinstance(value, dict):
            yield from places(value, way + (key,))


def bends(name, body):
    """Each way to bend a request in one place."""
    for way in places(body):
        for how in "misspelt", "missing", "number", "list":
            if how == "missing" and way[-1] in OPTIONAL.get(name, ()):
                continue
            bent = copy.deepcopy(body)
            inner = bent
            for key in way[:-1]:
                inner = inner[key]
            value = inner.pop(way[-1])
            if how == "misspelt":
                inner[way[-1] + "x"] = value
            elif how == "number":
                inner[way[-1]] = 7
            elif how == "list":
                inner[way[-1]] = [value]
            yield f"{'.'.join(way)} {how}", bent


def stands(body, again):
    """Whether the vendor's object says what the request does, no more and no less."""
    try:
        return again(copy.deepcopy(body)) == body
    except Exception as error:  # each vendor refuses in a way of its own
        stands.why = error
        return False


platform, proof, delivery = sys.argv[1:]
requests = refused = 0
for name, body, again in globals()[platform](proof, delivery):
    stands.why = None
    assert stands(body, again), f"{name}: {stands.why or again(copy.deepcopy(body))}"
    requests += 1
    for what, bent in bends(name, body):
        assert not stands(bent, again), f"{name}, {what}: it was not noticed"
        refused += 1
print(f"{requests} requests judged, {refused} bent ones refused")
