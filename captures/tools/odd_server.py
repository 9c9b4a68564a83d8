#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A server that does not do TLS as it should: odd_server.py PORT http|rst|stall."""
import socket
import struct
import sys
import time

port, mode = int(sys.argv[1]), sys.argv[2]
listener = socket.create_server(("0.0.0.0", port))
while True:
    connection, _ = listener.accept()
    connection.recv(4096)
    if mode == "http":
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Request")
        connection.close()
    elif mode == "rst":
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    else:
        time.sleep(30)
