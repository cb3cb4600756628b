"""Raw WS-Management over HTTPS for tests: the bytes that are sent are the test's own."""
import base64
import http.client
import pathlib
import re
import socket
import ssl
import time
import urllib.parse
import uuid
import xml.etree.ElementTree as ElementTree

from support import daemon

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpus"
BITS = "http://schemas.microsoft.com/wbem/wsman/1/wmi/root/microsoft/bits/BitsClientJob"
SETTINGS = BITS.replace("BitsClientJob", "BitsdJobSettings")
NS = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "a": "http://schemas.xmlsoap.org/ws/2004/08/addressing",
    "w": "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd",
    "n": "http://schemas.xmlsoap.org/ws/2004/09/enumeration",
    "f": "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault",
    "i": "http://schemas.dmtf.org/wbem/wsman/identity/1/wsmanidentity.xsd",
    "p": BITS,
}
XSI_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
TRANSFER = "http://schemas.xmlsoap.org/ws/2004/09/transfer/"
ENUMERATION = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/"
EVENTING = "http://schemas.xmlsoap.org/ws/2004/08/eventing/"
PULL_DELIVERY = "http://schemas.dmtf.org/wbem/wsman/1/wsman/Pull"

QUEUED, CONNECTING, TRANSFERRING, SUSPENDED, ERROR, TRANSIENT_ERROR, TRANSFERRED = range(7)


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.text = body.decode("utf-8", "replace")
        self.bytes = body
        self._root = None

    @property
    def root(self):
        if self._root is None:
            self._root = ElementTree.fromstring(self.bytes)
        return self._root

    def find(self, path):
        return self.root.find(path, NS)

    def header(self, name):
        element = self.find("s:Header/" + name)
        return None if element is None else element.text

    @property
    def body(self):
        """The single child of s:Body, or None."""
        children = list(self.find("s:Body"))
        assert len(children) <= 1, "more than one body child"
        return children[0] if children else None

    def fault(self):
        """(code, subcode, detail name, WSManFault code, text) of a fault reply."""
        fault = self.find("s:Body/s:Fault")
        assert fault is not None, f"no fault in {self.status}: {self.text[:600]}"

        def text(path):
            element = fault.find(path, NS)
            return None if element is None else element.text

        detail = text("s:Detail/w:FaultDetail")
        wsman = fault.find("s:Detail/f:WSManFault", NS)
        return {
            "code": text("s:Code/s:Value"), "subcode": text("s:Code/s:Subcode/s:Value"),
            "detail": None if detail is None else detail.rsplit("/", 1)[-1],
            "wsman": None if wsman is None else int(wsman.get("Code")),
            "text": text("s:Reason/s:Text"),
            "message": None if wsman is None else wsman.find("f:Message", NS).text,
        }

    def properties(self):
        """Local names to texts of the body element's children; None for nil."""
        return {child.tag.split("}")[-1]: None if child.get(XSI_NIL) == "true" else (child.text or "")
                for child in self.body}


def envelope(to, action, body="", selectors=None, resource=BITS, headers=""):
    selector_set = "".join(f'<w:Selector Name="{name}">{value}</w:Selector>'
                           for name, value in (selectors or {}).items())
    if selector_set:
        selector_set = f"<w:SelectorSet>{selector_set}</w:SelectorSet>"
    return (f'<s:Envelope xmlns:s="{NS["s"]}" xmlns:a="{NS["a"]}" xmlns:w="{NS["w"]}" '
            f'xmlns:n="{NS["n"]}"><s:Header><a:To>{to}</a:To>'
            f'<w:ResourceURI s:mustUnderstand="true">{resource}</w:ResourceURI>'
            f'<a:ReplyTo><a:Address>{NS["a"]}/role/anonymous</a:Address></a:ReplyTo>'
            f'<a:Action s:mustUnderstand="true">{action}</a:Action>'
            f'<a:MessageID>uuid:{str(uuid.uuid4()).upper()}</a:MessageID>{headers}{selector_set}'
            f'<w:OperationTimeout>PT60.000S</w:OperationTimeout></s:Header>'
            f'<s:Body>{body}</s:Body></s:Envelope>')


class Wsman:
    """One keep-alive HTTPS connection with Basic credentials."""

    def __init__(self, host, user=daemon.USER, password=daemon.PASSWORD, timeout=60):
        self.url = urllib.parse.urlsplit(host.url)
        self.authorization = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        context = ssl.create_default_context(cafile=str(host.certificate))
        self.connection = http.client.HTTPSConnection(self.url.hostname, self.url.port,
                                                      timeout=timeout, context=context)

    def post(self, body, headers=None, path="/wsman", authorize=True, method="POST"):
        if isinstance(body, str):
            body = body.encode()
        sent = {"Content-Type": "application/soap+xml;charset=UTF-8"}
        if authorize:
            sent["Authorization"] = self.authorization
        sent.update(headers or {})
        sent = {name: value for name, value in sent.items() if value is not None}
        self.connection.request(method, path, body=body, headers=sent)
        response = self.connection.getresponse()
        return Reply(response.status, response.headers, response.read())

    def close(self):
        self.connection.close()

    def corpus(self, name, job="", context="", replace=None, **options):
        """Sends a corpus file (its unique prefix is enough) with the tokens filled in."""
        matches = sorted(CORPUS.glob(name + "*.xml"))
        assert len(matches) == 1, f"{name}: {matches}"
        data = matches[0].read_bytes()
        bare = job.strip("{}").lower()
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            for token, value in {"@JOBID@": job, "@jobid@": bare, "@CTX@": context,
                                 **(replace or {})}.items():
                data = data.replace(token.encode(encoding), value.encode(encoding))
        return self.post(data, **options)

    def call(self, action, body="", selectors=None, resource=BITS, headers=""):
        return self.post(envelope(self.url.geturl(), action, body, selectors, resource, headers))

    # --- the steps of a BitsClientJob script --------------------------------
    def invoke(self, method, job=None, **arguments):
        children = "".join(f"<p:{name}>{value}</p:{name}>" for name, value in arguments.items())
        return self.call(f"{BITS}/{method}",
                         f'<p:{method}_INPUT xmlns:p="{BITS}">{children}</p:{method}_INPUT>',
                         {"JobId": job} if job else None)

    def create(self, remote_url, local_file, name="TestJob", **more):
        reply = self.invoke("CreateJob", DisplayName=name, RemoteUrl=remote_url,
                            LocalFile=local_file, Type=0, **more)
        assert reply.status == 200, reply.text
        out = reply.properties()
        assert out["ReturnValue"] == "0", out
        return out["JobId"]

    def get(self, job):
        return self.call(TRANSFER + "Get", selectors={"JobId": job})

    def properties(self, job):
        reply = self.get(job)
        assert reply.status == 200, reply.text
        return reply.properties()

    def set(self, job, **values):
        """Set-WSManInstance: Get, then Put of the whole document with texts changed."""
        document = self.get(job)
        body = re.search(r"<s:Body>(.*)</s:Body>", document.text, re.S).group(1)
        for name, value in values.items():
            body, count = re.subn(rf"<p:{name}(\s[^>]*)?(/>|>[^<]*</p:{name}>)",
                                  lambda _: f"<p:{name}>{value}</p:{name}>", body)
            assert count == 1, f"{name}: {count} matches"
        return self.call(TRANSFER + "Put", body, {"JobId": job})

    def state(self, job, new_state):
        """SetJobState; the ReturnValue. 0 cancel, 1 complete, 2 resume, 3 suspend."""
        reply = self.invoke("SetJobState", job, JobState=new_state)
        assert reply.status == 200, reply.text
        return int(reply.properties()["ReturnValue"])

    def wait_for_state(self, job, states, seconds=60, interval=0.05):
        deadline = time.monotonic() + seconds
        while True:
            properties = self.properties(job)
            if int(properties["State"]) in states:
                return properties
            assert time.monotonic() < deadline, f"state stays {properties}"
            time.sleep(interval)

    # --- the class BitsdJobSettings ------------------------------------------
    def settings(self, job):
        """Its properties; asserts that they can be read."""
        reply = self.call(TRANSFER + "Get", selectors={"JobId": job}, resource=SETTINGS)
        assert reply.status == 200, reply.text
        return reply.properties()

    def set_settings(self, job, **values):
        """A Put of these properties only."""
        children = "".join(f"<p:{name}>{value}</p:{name}>" for name, value in values.items())
        return self.call(TRANSFER + "Put",
                         f'<p:BitsdJobSettings xmlns:p="{SETTINGS}">{children}</p:BitsdJobSettings>',
                         {"JobId": job}, SETTINGS)

    def invoke_settings(self, method, job, **arguments):
        children = "".join(f"<p:{name}>{value}</p:{name}>" for name, value in arguments.items())
        return self.call(f"{SETTINGS}/{method}",
                         f'<p:{method}_INPUT xmlns:p="{SETTINGS}">{children}</p:{method}_INPUT>',
                         {"JobId": job}, SETTINGS)

    def enumerate(self):
        """All jobs: a list of property dicts."""
        reply = self.call(ENUMERATION + "Enumerate",
                          "<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>500</w:MaxElements>"
                          "</n:Enumerate>")
        jobs = []
        while True:
            assert reply.status == 200, reply.text
            body = reply.body
            items = body.find("w:Items", NS)
            items = body.find("n:Items", NS) if items is None else items
            for item in items if items is not None else []:
                jobs.append({child.tag.split("}")[-1]: child.text for child in item})
            context = body.find("n:EnumerationContext", NS)
            if context is None or not context.text:
                return jobs
            reply = self.call(ENUMERATION + "Pull",
                              f"<n:Pull><n:EnumerationContext>{context.text}</n:EnumerationContext>"
                              "<n:MaxElements>500</n:MaxElements></n:Pull>")

    def download(self, url, local_file, seconds=60):
        """A BitsClientJob script: create, foreground, resume, poll, complete."""
        job = self.create(url, local_file)
        assert self.set(job, Priority=0).status == 200
        assert self.state(job, 2) == 0
        properties = self.wait_for_state(job, (TRANSFERRED, ERROR, TRANSIENT_ERROR), seconds)
        assert int(properties["State"]) == TRANSFERRED, properties
        assert self.state(job, 1) == 0
        return job


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.socket_path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.socket_path))


class LocalWsman(Wsman):
    """One keep-alive connection to the local socket, where no password is sent or checked."""

    def __init__(self, path, timeout=60):
        self.url = urllib.parse.urlsplit("http://localhost/wsman")
        self.authorization = None
        self.connection = _UnixConnection(path, timeout)
