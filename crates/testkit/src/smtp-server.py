"""A mail server for tests, on a port of the loopback: keeps each mail as a file, read by Python's own mail parser.

What a recipient's name begins with decides its fate: `refused` 550, `later` 450, `busy` 421, `dropped` hangs up at DATA.
Ends with its standard input, that is, with the process that started it.
"""

import asyncio
import email
import email.policy
import json
import logging
import os
import ssl
import sys
import threading
import warnings
from pathlib import Path

# It warns of what the tests do on purpose.
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

from aiosmtpd.smtp import SMTP, AuthResult

FATES = {
    "refused": "550 5.1.1 no such person here: {address}",
    "later": "450 4.2.1 the box of {address} is busy",
    "busy": "421 4.3.2 this server goes away",
}


class Handler:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        for name, reply in FATES.items():
            if address.startswith(name):
                return reply.format(address=address)
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 good"

    async def handle_DATA(self, server, session, envelope):
        if any(address.startswith("dropped") for address in envelope.rcpt_tos):
            server.transport.abort()
            return "250 2.0.0 nobody hears this"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text, page = mail.get_body(("plain",)), mail.get_body(("html",))
        kept = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "encrypted": server.transport.get_extra_info("ssl_object") is not None,
            "login": session.auth_data.login.decode() if session.auth_data else None,
            "subject": mail["subject"],
            "headers": [[name, str(value)] for name, value in mail.items()],
            "text": text.get_content() if text else None,
            "html": page.get_content() if page else None,
            "raw": envelope.content.decode("utf-8", "replace"),
        }
        self.count += 1
        unfinished = self.folder / f"{self.count:06}.part"
        unfinished.write_text(json.dumps(kept), encoding="utf-8")
        unfinished.rename(self.folder / f"{self.count:06}.json")
        return "250 2.0.0 kept"


def authenticator(username, password):
    def check(server, session, envelope, mechanism, data):
        good = data.login == username.encode() and data.password == password.encode()
        return AuthResult(success=good, handled=False, auth_data=data)

    return check


async def serve(options):
    context = None
    if options["security"] != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options["certificate"], options["key"])
    early = options["security"] == "starttls"
    settings = {"hostname": "mail.yuntu.test"}
    if early:
        settings.update(tls_context=context, require_starttls=True)
    if options["username"] is not None:
        settings.update(
            authenticator=authenticator(options["username"], options["password"]),
            auth_required=True,
            auth_require_tls=early,
            auth_exclude_mechanism=options["without"],
        )
    handler = Handler(Path(options["folder"]))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, loop=loop, **settings), "127.0.0.1", 0, ssl=None if early else context
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def end_with_parent():
    sys.stdin.read()
    os._exit(0)


options = json.loads(sys.stdin.readline())
threading.Thread(target=end_with_parent, daemon=True).start()
asyncio.run(serve(options))
