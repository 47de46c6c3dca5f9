"""Prints the SPDX 2.3 software list (JSON) of a package: what is linked into its programs.

    spdx.py NAME VERSION <LIST

Each line of LIST is a component: NAME RELATION KIND SOURCE VERSION. RELATION is SPDX's (STATIC_LINK,
DYNAMIC_LINK, CONTAINS); KIND SOURCE VERSION is where it came from: a source package of the
distribution ("deb"), or a release on PyPI ("pypi"). The same list gives the same bytes."""

import hashlib
import json
import os
import platform
import sys
import time
from urllib.parse import quote

# Licences as SPDX names them, and the homes of the projects.
COMPONENTS = {
    "boost": ("BSL-1.0", "https://www.boost.org"),
    "CLI11": ("BSD-3-Clause", "https://github.com/CLIUtils/CLI11"),
    "fmt": ("MIT", "https://github.com/fmtlib/fmt"),
    "gloo": ("BSD-3-Clause", "https://github.com/pytorch/gloo"),
    "hwloc": ("BSD-3-Clause", "https://www.open-mpi.org/projects/hwloc"),
    "libc++": ("Apache-2.0 WITH LLVM-exception", "https://libcxx.llvm.org"),
    "libsodium": ("ISC", "https://libsodium.org"),
    "nlohmann-json": ("MIT", "https://github.com/nlohmann/json"),
    "torch": ("BSD-3-Clause", "https://pytorch.org"),
    "yaml-cpp": ("MIT", "https://github.com/jbeder/yaml-cpp"),
}


def origin(kind, source, version):
    """Where it can be had, and its package URL."""
    if kind == "pypi":
        return (f"https://pypi.org/project/{source}/{version}/", f"pkg:pypi/{source}@{quote(version)}")
    system = platform.freedesktop_os_release()["ID"]
    place = f"https://snapshot.debian.org/package/{source}/{quote(version)}/"
    return (place if system == "debian" else "NOASSERTION",
            f"pkg:deb/{system}/{source}@{quote(version)}?arch=source")


def component(line):
    name, relation, kind, source, version = line.split()
    licence, home = COMPONENTS[name]
    place, url = origin(kind, source, version)
    return relation, {
        "SPDXID": "SPDXRef-" + name.replace("+", "x"),
        "name": name,
        "versionInfo": version,
        "downloadLocation": place,
        "homepage": home,
        "filesAnalyzed": False,
        "licenseConcluded": licence,
        "licenseDeclared": licence,
        "copyrightText": "NOASSERTION",
        "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                          "referenceLocator": url}],
    }


def document(name, version, lines):
    own = {
        "SPDXID": "SPDXRef-Package",
        "name": name,
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseConcluded": "MIT",
        "licenseDeclared": "MIT",
        "copyrightText": "Copyright (c) 2026 The dplaunch authors",
        "primaryPackagePurpose": "APPLICATION",
    }
    components = [component(line) for line in sorted(lines)]
    relations = [("SPDXRef-DOCUMENT", "DESCRIBES", own["SPDXID"])]
    relations += [(own["SPDXID"], relation, package["SPDXID"]) for relation, package in components]
    digest = hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()[:16]
    created = time.gmtime(int(os.environ["SOURCE_DATE_EPOCH"]))
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{name}-{version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{version}-{digest}",
        "creationInfo": {"created": time.strftime("%Y-%m-%dT%H:%M:%SZ", created),
                         "creators": ["Organization: The dplaunch authors", "Tool: spdx.py"]},
        "packages": [own] + [package for _, package in components],
        "relationships": [{"spdxElementId": one, "relationshipType": relation,
                           "relatedSpdxElement": other} for one, relation, other in relations],
    }


if __name__ == "__main__":
    json.dump(document(sys.argv[1], sys.argv[2], sys.stdin.read().splitlines()), sys.stdout, indent=2)
    print()
