"""Writes golden.stim: a sealed bundle made by nothing but Python's standard library.

ChaCha20 and Poly1305 by hand after RFC 8439, HChaCha20 after draft-irtf-cfrg-xchacha-03, checked
against that draft's own vector (A.3.1) before anything is written. To write it again:

    python3 workspace/src/stim/golden.py workspace/src/stim/golden.stim
"""

import hashlib
import struct
import sys

CONSTANTS = struct.unpack("<4I", b"expand 32-byte k")


def quarter(s, a, b, c, d):
    def turn(x, n):
        return ((x << n) | (x >> (32 - n))) & 0xFFFFFFFF

    for first, second, third, by in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[first] = (s[first] + s[second]) & 0xFFFFFFFF
        s[third] = turn(s[third] ^ s[first], by)


def rounds(state):
    s = list(state)
    for _ in range(10):
        for i in range(4):
            quarter(s, i, 4 + i, 8 + i, 12 + i)
        for i in range(4):
            quarter(s, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return s


def block(key, counter, nonce):
    s = [*CONSTANTS, *struct.unpack("<8I", key), counter, *struct.unpack("<3I", nonce)]
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF for a, b in zip(rounds(s), s)))


def hchacha20(key, nonce):
    s = rounds([*CONSTANTS, *struct.unpack("<8I", key), *struct.unpack("<4I", nonce)])
    return struct.pack("<8I", *s[:4], *s[12:])


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0FFFFFFC0FFFFFFC0FFFFFFC0FFFFFFF
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i : i + 16] + b"\1", "little")) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], "little")) % (1 << 128)).to_bytes(16, "little")


def xor(data, stream):
    return bytes(a ^ b for a, b in zip(data, stream))


def xchacha20_poly1305(key, nonce, plain, beside=b""):
    key, nonce = hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    stream = b"".join(block(key, 1 + i, nonce) for i in range(len(plain) // 64 + 1))
    sealed = xor(plain, stream)
    padded = b"".join(part + bytes(-len(part) % 16) for part in (beside, sealed))
    lengths = struct.pack("<QQ", len(beside), len(sealed))
    return sealed + poly1305(block(key, 0, nonce)[:32], padded + lengths)


def check():
    plain = (
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the "
        b"future, sunscreen would be it."
    )
    beside = bytes.fromhex("50515253c0c1c2c3c4c5c6c7")
    sealed = xchacha20_poly1305(bytes(range(0x80, 0xA0)), bytes(range(0x40, 0x58)), plain, beside)
    assert sealed.hex().startswith("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb")
    assert sealed[-16:].hex() == "c0875924c1c7987947deafd8780acf49"


def enc(key, nonce, data):
    blocks = range(len(data) // 32 + 1)
    mask = b"".join(hashlib.sha256(nonce + struct.pack(">Q", i)).digest() for i in blocks)
    return nonce + xchacha20_poly1305(key, nonce, xor(data, mask))


def tar_of_one(name, data):
    """One file as a snapshot has it: mode 0600, nobody's, of no time."""
    head = bytearray(512)
    for at, field in (
        (0, name),
        (100, b"0000600\0"),
        (108, b"0000000\0"),
        (116, b"0000000\0"),
        (124, b"%011o\0" % len(data)),
        (136, b"00000000000\0"),
        (148, b" " * 8),
        (156, b"0"),
        (257, b"ustar  \0"),
    ):
        head[at : at + len(field)] = field
    head[148:156] = b"%07o\0" % sum(head)
    return bytes(head) + data + bytes(-len(data) % 512) + bytes(1024)


def main(path):
    check()
    config = b'{"ociVersion":"1.0.2","hostname":"a config of more than one block of the mask"}'
    rootfs = tar_of_one(b"src/cart.js", b"quantity\n")
    key = hashlib.sha256("correct horse – bättery".encode()).digest()
    header = (
        b'{"config_size":%d,"rootfs_size":%d,"encryption_algorithm":"chacha20poly1305",'
        b'"tim":true,"version":"1.0"}' % (len(config), len(rootfs))
    )
    sealed = enc(key, bytes(range(24)), config)
    with open(path, "wb") as out:
        out.write(b"STIM\2" + struct.pack(">I", len(header)) + header)
        out.write(struct.pack(">I", len(sealed)) + sealed)
        out.write(enc(key, bytes(range(100, 124)), rootfs))


main(sys.argv[1])
