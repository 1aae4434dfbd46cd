#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Clients of the daemon's socket that do not behave.

    client.py garbage SOCKET     lines that are no request, each answered with an
                                 error, and a proper one after them
    client.py half SOCKET        half a request, then it hangs up
    client.py endless SOCKET     a line that does not end: must be cut off
    client.py deaf SOCKET        asks and asks and never reads: must be cut off
    client.py many SOCKET        opens many connections at once and keeps them
"""
import json
import socket
import sys
import time

PATIENCE = 20
GARBAGE = [b"hello", b"{", b"\x00\xff\xfe", b"[]", b"[1]", b"null", b"{}", b'"x"', b"[" * 5000,
           b'{"jsonrpc":"2.0","id":1}', b'{"jsonrpc":"2.0","id":1,"method":7}',
           b'{"jsonrpc":"2.0","id":1,"method":"no.such"}',
           b'{"jsonrpc":"2.0","id":1,"method":"port.add"}',
           b'{"jsonrpc":"2.0","id":1,"method":"port.add","params":[1,2]}',
           b'{"jsonrpc":"2.0","id":1,"method":"port.add","params":{"name":7}}',
           b'{"jsonrpc":"2.0","id":1,"method":"port.add","params":{"name":"' + b"x" * 400 + b'"}}',
           b'{"jsonrpc":"2.0","id":1,"method":"bridge.set","params":{"name":"br0","ageing":-1}}',
           b'{"jsonrpc":"2.0","id":1,"method":"fdb.add","params":{"mac":"zz","dev":"p1"}}']
VERSION = b'{"jsonrpc":"2.0","id":42,"method":"version","params":{}}\n'


def connect(path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(PATIENCE)
    sock.connect(path)
    return sock


def garbage(path):
    with connect(path) as sock, sock.makefile("rb") as answers:
        for line in GARBAGE:
            sock.sendall(line + b"\n")
            answer = json.loads(answers.readline())
            if isinstance(answer, list):  # a batch is answered with an array
                answer = answer[0]
            if "error" not in answer:
                sys.exit(f"{line!r} was answered with {answer}")
        sock.sendall(VERSION)
        answer = json.loads(answers.readline())
        if answer.get("id") != 42 or "result" not in answer:
            sys.exit(f"a proper request was answered with {answer}")


def half(path):
    with connect(path) as sock:
        sock.sendall(VERSION[:20])


def sends_until_cut(path, piece):
    deadline = time.monotonic() + PATIENCE
    with connect(path) as sock:
        while time.monotonic() < deadline:
            try:
                sock.sendall(piece)
            except (BrokenPipeError, ConnectionResetError):
                return
            except TimeoutError:
                return  # the daemon stopped listening to this client: as good
    sys.exit("was never cut off")


def endless(path):
    sends_until_cut(path, b"x" * 65536)


def deaf(path):
    sends_until_cut(path, b'{"jsonrpc":"2.0","id":1,"method":"port.show","params":{}}\n' * 100)


def many(path):
    socks = []
    for _ in range(200):
        try:
            socks.append(connect(path))
        except OSError:
            break
    socks[0].sendall(VERSION)
    if b"result" not in socks[0].recv(65536):
        sys.exit("the first of many got no answer")
    for sock in socks:
        sock.close()


def main():
    commands = {"garbage": garbage, "half": half, "endless": endless, "deaf": deaf, "many": many}
    if len(sys.argv) != 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](sys.argv[2])


if __name__ == "__main__":
    main()
