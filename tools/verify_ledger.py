#!/usr/bin/env python3
"""Verifies proofs and exports of scim-ledger without scim-ledger.

Written from docs/ledger.md alone, with nothing but Python's standard library. It ends with 0 where everything holds under the
given key, 1 where something was tampered with, 2 where no key was given (it fits together, no more), 3 where it was asked wrongly.

    python3 verify_ledger.py e.tlog-proof --key <vkey>
    python3 verify_ledger.py export/ --key <vkey>
"""
import base64
import binascii
import hashlib
import json
import os
import struct
import sys


class Tampered(Exception):
    """Something does not hold; the message says what."""


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def unbase64(text, length=None):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Tampered("%r is not base 64" % text[:60])
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        raise Tampered("%r is not base 64 of the right length" % text[:60])
    return data


def integer(text):
    if not text.isascii() or not text.isdigit() or str(int(text)) != text:
        raise Tampered("%r is not a number" % text[:60])
    return int(text)


# Ed25519 (RFC 8032 section 5.1), for verifying alone: nothing here is secret, so nothing needs constant time.

P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(a, b):
    x = (a[1] - a[0]) * (b[1] - b[0]) % P
    y = (a[1] + a[0]) * (b[1] + b[0]) % P
    t = 2 * a[3] * b[3] * D % P
    z = 2 * a[2] * b[2] % P
    e, f, g, h = y - x, z - t, z + t, y + x
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(n, point):
    result = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            result = add(result, point)
        point = add(point, point)
        n >>= 1
    return result


def recover(y, sign):
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT % P
    if (x * x - square) % P != 0:
        return None
    return P - x if x & 1 != sign else x


def decode_point(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    x = recover(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE_X = recover(BASE_Y, 0)
BASE = (BASE_X, BASE_Y, 1, BASE_X * BASE_Y % P)


def ed25519(public, message, signature):
    a, r = decode_point(public), decode_point(signature[:32])
    s = int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= Q or len(signature) != 64:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = times(s, BASE), add(r, times(h, a))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# Heads.


def parse_key(vkey):
    name, _, rest = vkey.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = base64.b64decode(encoded, validate=True)
    if len(data) != 33 or data[0] != 1 or sha256(name.encode(), b"\n", data)[:4].hex() != key_id:
        raise ValueError("not a vkey of a log: " + vkey)
    return name, key_id, data[1:]


def read_head(note, key):
    """Origin, size and root of a head, which the key (if there is one) has signed."""
    text, gap, signatures = note.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise Tampered("the head has no signatures")
    text += "\n"
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or not lines[0]:
        raise Tampered("the head is not an origin, a size and a root")
    origin, size, root = lines[0], integer(lines[1]), unbase64(lines[2], 32)
    if key is None:
        return origin, size, root
    name, key_id, public = key
    if name != origin:
        raise Tampered("the head is of %s, and the key of %s" % (origin, name))
    signed = False
    for line in signatures[:-1].split("\n"):
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\u2014":
            raise Tampered("%r is not a signature line" % line[:60])
        data = unbase64(words[2])
        if words[1] != name or data[:4].hex() != key_id:
            continue
        if not ed25519(public, text.encode(), data[4:]):
            raise Tampered("the signature does not fit the head")
        signed = True
    if not signed:
        raise Tampered("the key has not signed the head")
    return origin, size, root


# Leaves and trees.


def read_leaf(record):
    """The fields of a leaf record."""
    if len(record) < 113 or record[0] != 1:
        raise Tampered("a leaf record of another version, or cut short")
    at, revision = struct.unpack_from(">QQ", record, 1)
    names, place = [], 113
    for _ in range(3):
        if place + 2 > len(record):
            raise Tampered("a leaf record is cut short")
        (length,) = struct.unpack_from(">H", record, place)
        if place + 2 + length > len(record):
            raise Tampered("a leaf record is cut short")
        names.append(record[place + 2 : place + 2 + length].decode())
        place += 2 + length
    if place != len(record):
        raise Tampered("a leaf record is too long")
    return {
        "tenant": names[0], "type": names[1], "stream": names[2], "at": at, "revision": revision,
        "hashes": (record[17:49], record[49:81], record[81:113]),
    }  # fmt: skip


def read_head_leaf(record):
    """A leaf of the tree over the heads of all tenants: the hash of an event, and the note that it carries."""
    if len(record) < 34 or record[0] != 2:
        raise Tampered("a leaf record that is no head of a tenant")
    return record[1:33], record[33:].decode()


class Tree:
    """A growing tree: the roots of its perfect subtrees, the largest first."""

    def __init__(self):
        self.size, self.roots = 0, []

    def append(self, record):
        node, size = sha256(b"\0", record), self.size
        while size & 1:
            node = sha256(b"\1", self.roots.pop(), node)
            size >>= 1
        self.roots.append(node)
        self.size += 1

    def root(self):
        if not self.roots:
            return sha256()
        root = self.roots[-1]
        for left in reversed(self.roots[:-1]):
            root = sha256(b"\1", left, root)
        return root


def root_of_path(index, size, leaf, path):
    if index >= size:
        raise Tampered("there is no leaf %d among %d" % (index, size))
    f, s, r = index, size - 1, leaf
    for p in path:
        if s == 0:
            raise Tampered("the path is too long")
        if f & 1 or f == s:
            r = sha256(b"\1", p, r)
            while not f & 1 and f != 0:
                f, s = f >> 1, s >> 1
        else:
            r = sha256(b"\1", r, p)
        f, s = f >> 1, s >> 1
    if s != 0:
        raise Tampered("the path is too short")
    return r


# What is verified.

RESTORE_ACCEPTED = "scim-ledger/restore-accepted/v1"


def verify_proof(text, key):
    body, gap, head = text.partition("\n\n")
    lines = body.split("\n")
    if not gap or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 3:
        raise Tampered("this is no tlog-proof")
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise Tampered("the proof has no leaf record, or no index")
    record, index = unbase64(lines[1][6:]), integer(lines[2][6:])
    path = [unbase64(line, 32) for line in lines[3:]]
    _, size, root = read_head(head, key)
    if root_of_path(index, size, sha256(b"\0", record), path) != root:
        raise Tampered("leaf %d and its path do not lead to the head's root" % index)
    if record[:1] == b"\2":
        words = read_head_leaf(record)[1].split("\n")
        return "leaf %d of %d is a word of %s" % (index, size, words[1] if words[0] == RESTORE_ACCEPTED else words[0])
    leaf = read_leaf(record)
    return "leaf %d of %d is revision %d of %s: %s" % (index, size, leaf["revision"], leaf["stream"], leaf["type"])


def events_in(path):
    with open(path, "rb") as file:
        while True:
            parts = []
            for _ in range(3):
                head = file.read(4)
                if not head and not parts:
                    return
                if len(head) != 4:
                    raise Tampered("the events are cut short")
                (length,) = struct.unpack(">I", head)
                part = file.read(length) if length <= 4 << 20 else b""
                if len(part) != length:
                    raise Tampered("the events are cut short")
                parts.append(part)
            yield parts


def check_event(index, tenant, revisions, record, envelope, ciphertext):
    leaf, said = read_leaf(record), json.loads(envelope.decode())
    nothing = bytes(32)
    sealed = (sha256(ciphertext), ciphertext[1:33]) if ciphertext else (nothing, nothing)
    if leaf["hashes"] != (sha256(envelope),) + sealed:
        raise Tampered("event %d is not the one that its leaf commits to" % index)
    for field in ("tenant", "stream", "revision", "type", "at"):
        if said.get(field) != leaf[field]:
            raise Tampered("the leaf of event %d says another %s" % (index, field))
    if leaf["tenant"] != tenant:
        raise Tampered("event %d is of the tenant %s" % (index, leaf["tenant"]))
    if leaf["revision"] != revisions.get(leaf["stream"], -1) + 1:
        raise Tampered("%s has a gap before event %d" % (leaf["stream"], index))
    revisions[leaf["stream"]] = leaf["revision"]


def check_head(index, last, revisions, record, envelope):
    (event, note), said = read_head_leaf(record), json.loads(envelope.decode())
    if event != sha256(envelope) or said["data"]["note"] != note:
        raise Tampered("event %d is not the one that its leaf commits to" % index)
    if said["revision"] != revisions.get(said["stream"], -1) + 1:
        raise Tampered("%s has a gap before event %d" % (said["stream"], index))
    revisions[said["stream"]] = said["revision"]
    if said["type"] == "CheckpointSigned":
        origin, size, root = read_head(note, None)
        before = last.get(origin)
        if before is not None and size <= before[0] and (size, root) != before:
            raise Tampered("%s has a head over %d leaves after one over %d" % (origin, size, before[0]))
        last[origin] = (size, root)


def verify_export(folder, key):
    with open(os.path.join(folder, "checkpoint"), encoding="utf-8", newline="") as file:
        _, size, root = read_head(file.read(), key)
    with open(os.path.join(folder, "export.json"), encoding="utf-8") as file:
        tenant = json.load(file)["tenant"]
    tree, revisions, last = Tree(), {}, {}
    for record, envelope, ciphertext in events_in(os.path.join(folder, "events.bin")):
        if tenant == "_instance":
            check_head(tree.size, last, revisions, record, envelope)
        else:
            check_event(tree.size, tenant, revisions, record, envelope, ciphertext)
        tree.append(record)
    if tree.size != size:
        raise Tampered("there are %d events and the head is over %d" % (tree.size, size))
    if tree.root() != root:
        raise Tampered("the events are not those over which the head was signed")
    return "%d events" % size


def main(arguments):
    try:
        path = arguments[0]
        key = parse_key(arguments[2]) if arguments[1:2] == ["--key"] and len(arguments) == 3 else None
        if len(arguments) != (1 if key is None else 3) or not os.path.exists(path):
            raise ValueError("there is no such file, or too much was said")
    except (IndexError, ValueError) as error:
        print("usage: verify_ledger.py <proof or export> [--key <vkey>] (%s)" % error, file=sys.stderr)
        return 3
    try:
        if os.path.isdir(path):
            says = verify_export(path, key)
        else:
            with open(path, encoding="utf-8", newline="") as file:
                says = verify_proof(file.read(), key)
    except (Tampered, UnicodeDecodeError, ValueError, KeyError, FileNotFoundError) as error:
        print("FAILED: %s" % error)
        return 1
    print(("UNANCHORED: %s; nobody who is trusted has signed" if key is None else "SIGNED: %s") % says)
    return 2 if key is None else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
