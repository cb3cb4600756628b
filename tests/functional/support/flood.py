"""Opens connections at a steady rate, each with the same first bytes, and leaves them to the server.

python3 -m support.flood HOST PORT RATE SECONDS FIRST, where FIRST is hexadecimal. Prints how many it opened.
"""
import collections
import contextlib
import socket
import sys
import time

KEPT = 4_000  # the latest; a server that keeps none open closes the others


def flood(address, rate, seconds, first):
    began, opened, connections = time.monotonic(), 0, collections.deque()
    while (passed := time.monotonic() - began) < seconds:
        while opened < passed * rate:
            connection = socket.socket()
            connection.setblocking(False)
            connections.append(connection)
            with contextlib.suppress(BlockingIOError):
                connection.connect(address)
            if first:
                connection.setblocking(True)
                connection.settimeout(0.5)
                with contextlib.suppress(OSError):
                    connection.send(first)
            opened += 1
            if len(connections) > KEPT:
                connections.popleft().close()
        time.sleep(0.001)
    return opened


if __name__ == "__main__":
    print(flood((sys.argv[1], int(sys.argv[2])), int(sys.argv[3]), float(sys.argv[4]), bytes.fromhex(sys.argv[5])))
