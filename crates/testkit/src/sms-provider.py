"""A stand-in for the text message provider: checks the signature by the provider's description, in a language and with
code of its own, and answers with the code that the test has asked for, or hangs.

Reads {secret, answer} as JSON from its first line; prints its port, then each request as a line of JSON.
Ends with its standard input.
"""

import hashlib
import hmac
import json
import os
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl, quote, urlsplit

options = json.loads(sys.stdin.readline())


def signature(handler, query, names, body):
    pairs = sorted(parse_qsl(query, keep_blank_values=True, strict_parsing=True))
    canonical_query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)
    headers = "".join(f"{name}:{handler.headers[name].strip()}\n" for name in names)
    canonical = "\n".join(
        [handler.command, "/", canonical_query, headers, ";".join(names), hashlib.sha256(body).hexdigest()]
    )
    to_sign = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(options["secret"].encode(), to_sign.encode(), hashlib.sha256).hexdigest()


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        query = urlsplit(self.path).query
        scheme, _, fields = self.headers["authorization"].partition(" ")
        fields = dict(field.split("=", 1) for field in fields.split(","))
        names = fields["SignedHeaders"].split(";")
        signed = (
            scheme == "ACS3-HMAC-SHA256"
            and names == sorted(names)
            and {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"} <= set(names)
            and self.headers["x-acs-content-sha256"] == hashlib.sha256(body).hexdigest()
            and hmac.compare_digest(fields["Signature"], signature(self, query, names, body))
        )
        seen = {
            "signed": signed,
            "key": fields["Credential"],
            "headers": {name: self.headers[name] for name in names},
            "query": dict(parse_qsl(query)),
        }
        print(json.dumps(seen), flush=True)
        answer = options["answer"]
        if answer == "hang":
            time.sleep(600)
        if answer == "drop":
            self.connection.close()
            return
        if answer == "redirect":
            self.send_response(307)
            self.send_header("location", f"http://localhost:{self.server.server_port}/elsewhere")
            self.send_header("content-length", "0")
            self.end_headers()
            return
        if not signed:
            answer = [400, "SignatureDoesNotMatch"]
        status, code = answer
        if code == "flood":
            text = b"{" + b" " * 1_000_000
        elif code == "page":
            text = b"<html>busy</html>"
        else:
            said = {"Code": code, "Message": "about 13800000000", "RequestId": "R", "BizId": "B"}
            text = json.dumps(said).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments):
        pass


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


server = HTTPServer(("127.0.0.1", 0), Provider)
threading.Thread(target=end_with_parent, daemon=True).start()
print(server.server_port, flush=True)
server.serve_forever()
