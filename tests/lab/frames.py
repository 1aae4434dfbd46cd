#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Sends and hears raw Ethernet frames for the labs.

    frames.py stations DEV COUNT [FIRST]   one frame from each of COUNT addresses
    frames.py burst DEV DST COUNT SIZE     COUNT frames of SIZE bytes to DST
    frames.py malformed DEV DST            every malformed frame known here, once
    frames.py hear DEV SECONDS             prints how many of the frames that
                                           `malformed` sends came, byte for byte,
                                           "of" how many it sends

Stations have addresses 02:01:xx:xx:xx:xx, counted from FIRST. All frames carry
EtherType 0x88b5 (IEEE 802, local experiments) unless they must not.
"""
import socket
import struct
import sys
import time

LOCAL = 0x88B5
BROADCAST = b"\xff" * 6
SOURCE = bytes.fromhex("02feed000001")
BATCH = 32
PAUSE = 0.002  # between batches: rings of 256 frames shall not overflow


def open_packet(device, protocol=0):
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(protocol))
    sock.bind((device, protocol))
    return sock


def send_all(device, frames):
    with open_packet(device) as sock:
        for number, frame in enumerate(frames):
            if number % BATCH == BATCH - 1:
                time.sleep(PAUSE)
            sock.send(frame)


def octets(mac):
    return bytes.fromhex(mac.replace(":", ""))


def station(number):
    return b"\x02\x01" + struct.pack("!I", number)


def stations(device, count, first=0):
    send_all(device, (BROADCAST + station(n) + struct.pack("!H", LOCAL) + bytes(46)
                      for n in range(int(first), int(first) + int(count))))


def burst(device, destination, count, size):
    with open(f"/sys/class/net/{device}/address", encoding="ascii") as address:
        source = octets(address.read().strip())
    head = octets(destination) + source + struct.pack("!H", LOCAL)
    send_all(device, (head + bytes(int(size) - len(head)) for _ in range(int(count))))


def ipv4(version_ihl=0x45, total=40, fragment=0, protocol=17, body=b"\x11" * 20):
    return struct.pack("!BBHHHBBH4s4s", version_ihl, 0, total, 1, fragment, 64, protocol, 0,
                       b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02") + body


def ipv6(payload=20, following=17, body=b"\x22" * 20):
    return struct.pack("!IHBB16s16s", 0x60000000, payload, following, 64, b"\xfd" + bytes(15),
                       b"\xfd" + bytes(15)) + body


def malformed_payloads():
    """EtherType and what follows; each is a whole Ethernet frame all the same."""
    yield 0x0800, b""
    yield 0x0800, b"\x45"
    yield 0x0800, ipv4()[:19]
    yield 0x0800, ipv4(version_ihl=0x40)
    yield 0x0800, ipv4(version_ihl=0x44)
    yield 0x0800, ipv4(version_ihl=0x4F)
    yield 0x0800, ipv4(version_ihl=0x65)
    yield 0x0800, ipv4(total=0)
    yield 0x0800, ipv4(total=19)
    yield 0x0800, ipv4(total=65535)
    yield 0x0800, ipv4(fragment=0x3FFF)
    yield 0x0800, ipv4(fragment=0x1FFF, body=b"")
    yield 0x0800, ipv4(protocol=6, body=b"\x00" * 3)
    yield 0x0800, ipv4(protocol=6, body=b"\x00" * 12 + b"\xf0" + b"\x00" * 7)
    yield 0x0800, ipv4(protocol=17, body=struct.pack("!HHHH", 1, 2, 65535, 0))
    yield 0x0800, ipv4(protocol=17, body=struct.pack("!HHHH", 1, 2, 0, 0))
    yield 0x86DD, b""
    yield 0x86DD, ipv6()[:39]
    yield 0x86DD, ipv6(payload=0)
    yield 0x86DD, ipv6(payload=65535)
    yield 0x86DD, ipv6(following=0, body=b"\x00\xff" + b"\x00" * 6)
    yield 0x86DD, ipv6(following=0, body=b"\x00\x00" * 40)
    yield 0x86DD, ipv6(following=44, body=b"\x2c\x00\xff\xff" + b"\x00" * 4)
    yield 0x86DD, ipv6(following=43, body=b"")
    yield 0x0806, b"\x00\x01\x08\x00\xff\xff\x00\x09"
    yield 0x8100, b""
    yield 0x8100, b"\x00"
    yield 0x8100, b"\x00\x0a\x81"
    yield 0x8100, b"\x00\x0a\x81\x00\x00\x0b"
    yield 0x8100, b"\x0f\xff\x81\x00\x0f\xff\x81\x00\x0f\xff\x08\x00\x45"
    yield 0x88A8, b"\x00\x0a\x88\xa8\x00\x0b\x88\xa8\x00\x0c\x08\x00" + ipv4(total=2)
    yield 0x88A8, b"\x00\x0a\x81\x00\x00\x14\x86\xdd" + ipv6(payload=9)[:20]
    yield 0x0000, b"\x00" * 46
    yield 0x05DC, b"\xaa\xaa\x03" + b"\x00" * 5
    yield 0xFFFF, b"\xff" * 1486


def malformed_frames(destination):
    for ethertype, payload in malformed_payloads():
        yield destination + SOURCE + struct.pack("!H", ethertype) + payload


def malformed(device, destination):
    send_all(device, malformed_frames(octets(destination)))


def inner(frame):
    """What a receiver sees of a frame: the kernel may have taken the outer tag off."""
    return frame[16:] if frame[12:14] in (b"\x81\x00", b"\x88\xa8") else frame[12:]


def survives_receiver(frame):
    """The receiving kernel itself drops a tag that has not six bytes after it."""
    return frame[12:14] not in (b"\x81\x00", b"\x88\xa8") or len(frame) >= 20


def hear(device, seconds):
    """Counts the frames of SOURCE whose bytes are those of one that was sent."""
    wanted = [inner(f) for f in malformed_frames(bytes(6)) if survives_receiver(f)]
    heard = 0
    with open_packet(device, 0x0003) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        print("listening", flush=True)
        deadline = time.monotonic() + float(seconds)
        while heard < len(wanted) and time.monotonic() < deadline:
            sock.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                frame = sock.recv(65536)
            except TimeoutError:
                break
            if frame[6:12] != SOURCE:
                continue
            if frame[12:] in wanted or inner(frame) in wanted:
                heard += 1
            else:
                print("unexpected", frame.hex())
    print(heard, "of", len(wanted))


def main():
    commands = {"stations": stations, "burst": burst, "malformed": malformed, "hear": hear}
    if len(sys.argv) < 3 or sys.argv[1] not in commands:
        sys.exit(__doc__)
    commands[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
