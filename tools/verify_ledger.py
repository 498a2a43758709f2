#!/usr/bin/env python3
"""Verifies proofs, exports and evidence of scim-ledger without scim-ledger.

Written from docs/ledger.md alone, with nothing but Python's standard library. It ends with 0 where everything holds under the
given key, 1 where something was tampered with, 2 where it holds and that is not all (no key was given; or it is evidence, of which
this cannot say whether the answer follows), 3 where it was asked wrongly.

    python3 verify_ledger.py e.tlog-proof --key <vkey>
    python3 verify_ledger.py export/ --key <vkey>
    python3 verify_ledger.py evidence/ --key <vkey>

Of evidence it verifies files, events, keys and the tree; that the answer follows from them takes scim-ledger, so that it ends with
2 at best: whoever changed the answer and listed it anew is not found here.
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


def read_whole(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


def check_names(folder, names):
    """The folder has these files, plain ones, and no others."""
    for name in sorted(names ^ set(os.listdir(folder))):
        raise Tampered("%s is %s the folder" % (name, "missing from" if name in names else "not to be in"))
    for name in sorted(names):
        path = os.path.join(folder, name)
        if os.path.islink(path) or not os.path.isfile(path):
            raise Tampered("%s is not a file" % name)


def check_origin(origin, tenant):
    """The origin of a tenant's heads ends with the tenant, or after an accepted restore with the tenant and a number from 2."""
    name, _, epoch = origin.rpartition("/")
    if epoch != tenant and not (name.endswith("/" + tenant) and epoch.isdigit() and integer(epoch) > 1):
        raise Tampered("the events are of %s, and the head of %s" % (tenant, origin))


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
    origin, size, root = read_head(head, key)
    if root_of_path(index, size, sha256(b"\0", record), path) != root:
        raise Tampered("leaf %d and its path do not lead to the head's root" % index)
    if record[:1] == b"\2":
        words = read_head_leaf(record)[1].split("\n")
        return "leaf %d of %d is a word of %s" % (index, size, words[1] if words[0] == RESTORE_ACCEPTED else words[0])
    leaf = read_leaf(record)
    check_origin(origin, leaf["tenant"])
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


def check_event(index, leaf, envelope, ciphertext):
    said = json.loads(envelope.decode())
    nothing = bytes(32)
    sealed = (sha256(ciphertext), ciphertext[1:33]) if ciphertext else (nothing, nothing)
    if leaf["hashes"] != (sha256(envelope),) + sealed:
        raise Tampered("event %d is not the one that its leaf commits to" % index)
    for field in ("tenant", "stream", "revision", "type", "at"):
        if said.get(field) != leaf[field]:
            raise Tampered("the leaf of event %d says another %s" % (index, field))


def check_place(index, tenant, revisions, leaf):
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


EXPORT = {"checkpoint", "events.bin", "export.json"}


def verify_export(folder, key):
    check_names(folder, EXPORT)
    origin, size, root = read_head(read_whole(folder, "checkpoint").decode(), key)
    text = read_whole(folder, "export.json").decode()
    tenant = json.loads(text)["tenant"]
    about = {"kind": "scim-ledger export", "format": 1, "tenant": tenant, "origin": origin, "size": size}
    if text != json.dumps(about, indent=2, ensure_ascii=False) + "\n":
        raise Tampered("export.json says otherwise than the head, or more")
    check_origin(origin, tenant)
    tree, revisions, last = Tree(), {}, {}
    for record, envelope, ciphertext in events_in(os.path.join(folder, "events.bin")):
        if tenant == "_instance":
            check_head(tree.size, last, revisions, record, envelope)
        else:
            leaf = read_leaf(record)
            check_event(tree.size, leaf, envelope, ciphertext)
            check_place(tree.size, tenant, revisions, leaf)
        tree.append(record)
    if tree.size != size:
        raise Tampered("there are %d events and the head is over %d" % (tree.size, size))
    if tree.root() != root:
        raise Tampered("the events are not those over which the head was signed")
    return "%d events" % size


# Evidence.

# The questions that rest on the events of some streams alone.
ON_STREAMS = {"members-at", "holders-of", "was-member"}
EVIDENCE = {
    "answer.csv", "answer.json", "checkpoint", "events.bin", "keys.txt", "leaves.bin", "manifest.json", "policy",
    "README.md", "run.json",
}  # fmt: skip


def hash_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            digest.update(piece)
    return digest.hexdigest()


def read_manifest(folder):
    """The manifest, once every file is the one that it lists."""
    check_names(folder, EVIDENCE)
    text = read_whole(folder, "manifest.json").decode()
    manifest = json.loads(text)
    before, gap, _ = text.rpartition(',\n  "digest": ')
    if not gap or text != before + gap + json.dumps(manifest["digest"]) + "\n}\n":
        raise Tampered("the manifest does not end with its digest")
    if sha256((before + "\n}").encode()).hex() != manifest["digest"]:
        raise Tampered("manifest.json is not the one that its digest stands for")
    if manifest["kind"] != "scim-ledger evidence" or manifest["format"] != 3:
        raise Tampered("this is no evidence of format 3")
    if text != json.dumps(manifest, indent=2, ensure_ascii=False) + "\n":
        raise Tampered("the manifest is not written as a manifest is, or has a member twice")
    if not manifest["base"].startswith(("http://", "https://")):
        raise Tampered("the base of locations is no URL")
    if "cursor" in manifest["parameters"] or "limit" in manifest["parameters"]:
        raise Tampered("the manifest asks for a part of the answer")
    if manifest["rests"] != ("streams" if manifest["question"] in ON_STREAMS else "tenant"):
        raise Tampered("the question does not rest on what the manifest says")
    if [entry["name"] for entry in manifest["files"]] != sorted(EVIDENCE - {"manifest.json", "run.json"}):
        raise Tampered("the manifest does not list the files of evidence")
    for entry in manifest["files"]:
        path = os.path.join(folder, entry["name"])
        if os.path.getsize(path) != entry["bytes"] or hash_of(path) != entry["sha256"]:
            raise Tampered("%s is not the file that the manifest lists" % entry["name"])
    return manifest


def leaves_in(folder):
    with open(os.path.join(folder, "leaves.bin"), "rb") as file:
        while head := file.read(2):
            record = file.read(int.from_bytes(head, "big"))
            if len(head) != 2 or len(record) != int.from_bytes(head, "big"):
                raise Tampered("leaves.bin is cut short")
            yield record


def carried_in(folder):
    """Index of the leaf, envelope and ciphertext of each event that is carried; nothing but None after the last."""
    with open(os.path.join(folder, "events.bin"), "rb") as file:
        while head := file.read(8):
            parts = []
            for _ in range(2):
                length = int.from_bytes(file.read(4), "big")
                parts.append(file.read(length) if length <= 4 << 20 else b"")
                if len(head) != 8 or len(parts[-1]) != length:
                    raise Tampered("events.bin is cut short")
            yield [int.from_bytes(head, "big")] + parts
    while True:
        yield None


def keys_in(folder):
    keys, last = {}, -1
    for line in read_whole(folder, "keys.txt").decode("ascii").split("\n")[:-1]:
        index, _, key = line.partition(" ")
        if integer(index) <= last or len(key) != 64 or key != bytes.fromhex(key).hex():
            raise Tampered("keys.txt is not keys in the order of their leaves")
        last = integer(index)
        keys[last] = bytes.fromhex(key)
    return keys


def check_policy(folder, note):
    """The policy in the folder names keys under the head, and nothing else."""
    *logs, quorum, end = read_whole(folder, "policy").decode().split("\n")
    if (quorum, end) != ("quorum none", "") or not logs:
        raise Tampered("the policy is not that of evidence")
    for line in logs:
        word, _, vkey = line.partition(" ")
        if word != "log":
            raise Tampered("the policy names more than keys of the log")
        read_head(note, parse_key(vkey))


def verify_evidence(folder, key):
    manifest = read_manifest(folder)
    note = read_whole(folder, "checkpoint").decode()
    origin, size, root = read_head(note, key)
    check_policy(folder, note)
    check_origin(origin, manifest["tenant"])
    said = {"origin": origin, "size": size, "root": base64.b64encode(root).decode()}
    if manifest["tree"] != said:
        raise Tampered("the manifest names another head")
    keys, events, tree, revisions = keys_in(folder), carried_in(folder), Tree(), {}
    disclosed = len(keys)
    names = "%s.%%s-%s" % (manifest["namespace"], manifest["tenant"])
    whole, event, count = {}, next(events), 0
    for record in leaves_in(folder):
        index, leaf = tree.size, read_leaf(record)
        check_place(index, manifest["tenant"], revisions, leaf)
        stream = leaf["stream"]
        category = stream[len(manifest["namespace"]) + 1 :].partition("-")[0]
        if stream != names % category and not stream.startswith(names % category + ":"):
            raise Tampered("%s is no stream of the tenant" % stream)
        carried = event is not None and event[0] == index
        if carried:
            check_event(index, leaf, event[1], event[2])
            if index in keys:
                commitment = sha256(b"scim-ledger/event-key-commitment/v1\0", keys.pop(index))
                if not event[2] or commitment != event[2][1:33]:
                    raise Tampered("the key of event %d is not the one that its leaf commits to" % index)
            event, count = next(events), count + 1
        if not carried and (manifest["rests"] == "tenant" or leaf["type"] == "KeysDestroyed"):
            raise Tampered("event %d is missing" % index)
        if leaf["type"] != "KeysDestroyed" and whole.setdefault(stream, carried) != carried:
            raise Tampered("event %d: %s is carried in part" % (index, stream))
        tree.append(record)
    if event is not None or keys:
        raise Tampered("events.bin or keys.txt is out of order, or has more than there are leaves")
    if tree.size != size:
        raise Tampered("there are %d leaves and the head is over %d" % (tree.size, size))
    if tree.root() != root:
        raise Tampered("the leaves are not those over which the head was signed")
    if not whole.get(names % "tenant", True):
        raise Tampered("the settings of the tenant are missing")
    counts = manifest["counts"]
    said = counts["leaves"], counts["events"], counts["streams"], counts["keys"]
    if said != (size, count, len(revisions), disclosed) or manifest["indexes"] != {"first": 0, "last": size - 1}:
        raise Tampered("the manifest counts otherwise")
    return "%d leaves, %d events of them here; whether the answer follows takes scim-ledger to say" % (size, count)


def one_line(text):
    """Whoever made the files chose some of these words: none of them may look like another verdict."""
    return "".join(c if c.isprintable() else "\\u%04x" % ord(c) for c in text)


def main(arguments):
    try:
        path = arguments[0]
        key = parse_key(arguments[2]) if arguments[1:2] == ["--key"] and len(arguments) == 3 else None
        if len(arguments) != (1 if key is None else 3) or not os.path.exists(path):
            raise ValueError("there is no such file, or too much was said")
    except (IndexError, ValueError) as error:
        print("usage: verify_ledger.py <proof, export or evidence> [--key <vkey>] (%s)" % error, file=sys.stderr)
        return 3
    try:
        if os.path.isdir(path):
            is_export = os.path.exists(os.path.join(path, "export.json"))
            says = verify_export(path, key) if is_export else verify_evidence(path, key)
            is_all = key is not None and is_export
        else:
            is_all = key is not None
            with open(path, encoding="utf-8", newline="") as file:
                says = verify_proof(file.read(), key)
    except PermissionError as error:
        print(error, file=sys.stderr)
        return 3
    except (Tampered, ValueError, LookupError, TypeError, AttributeError, RecursionError, OSError) as error:
        # Whatever cannot be read as what it has to be was tampered with.
        print(one_line("FAILED: %s" % error))
        return 1
    print(one_line(("UNANCHORED: %s; nobody who is trusted has signed" if key is None else "SIGNED: %s") % says))
    return 0 if is_all else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
