# SPDX-License-Identifier: MIT
"""MTA-STS policies over HTTPS in a dnslab.Lab, at ADDRESS, port 443.

  with Policies(authority, {"a.test": text, "b.test": 404, "c.test": None}):

A text is served with 200; a number is the status; None is answered with a
certificate for another name. The host of a policy is mta-sts.DOMAIN.
"""

import http.server
import ssl
import threading

ADDRESS = "127.0.2.1"


class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        domain = self.headers.get("Host", "").removeprefix("mta-sts.")
        policy = self.server.policies.get(domain, 404)
        status, body = (200, policy.encode()) if isinstance(policy, str) \
            else (policy, b"")
        if self.path != "/.well-known/mta-sts.txt":
            status = 404
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"https://{domain}/policy")
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Policies(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, authority, policies):
        super().__init__((ADDRESS, 443), Answer)
        self.policies = policies
        right = [f"mta-sts.{domain}" for domain, policy in policies.items()
                 if policy is not None]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*authority.issue(
            "policies", names=right or ["nothing.test"], address=None))
        self.socket = context.wrap_socket(self.socket, server_side=True,
                                          do_handshake_on_connect=False)

    def handle_error(self, request, client_address):
        pass                    # a client that refuses the certificate

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()
