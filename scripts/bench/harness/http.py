"""Just enough HTTP to send prepared requests and look at a status."""

import socket


def post(path, fields, body):
    lines = [f"POST {path} HTTP/1.1", "Host: addon.example.com", f"Content-Length: {len(body.encode())}"]
    lines += [f"{name}: {value}" for name, value in fields.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


class Connection:
    """One request at a time."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def expect(self, request, status):
        """The answers that are expected here have no body."""
        self.socket.sendall(request)
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            more = self.socket.recv(4096)
            if not more:
                break
            answer += more
        if not answer.startswith(f"HTTP/1.1 {status} ".encode()):
            raise SystemExit(f"bench: the server answers {answer[:60]!r}, not {status}")
