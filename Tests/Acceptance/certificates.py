"""Certificates of an authority of our own, made by `openssl`: good ones, and ones with each thing wrong."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]

#: What `openssl ca` wants to know; it alone can sign for a time in the past.
_CA = """
[ca]
default_ca = own
[own]
new_certs_dir = .
database = index
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate with its key, as PEM files."""

    certificate: Path
    key: Path

    @property
    def context(self) -> ssl.SSLContext:
        """For a server."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """An authority that nobody trusts but who is given its `file`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self.file = folder / "authority.pem"
        (folder / "ca.conf").write_text(_CA)
        (folder / "index").write_text("")
        _openssl(
            folder, "req", "-x509", *_KEY, "-keyout", "authority.key", "-out", self.file.name, "-days", "30",
            "-subj", "/CN=acceptance", "-addext", "basicConstraints=critical,CA:TRUE")
        self.good = self._sign("good", "IP:127.0.0.1,DNS:localhost")
        self.wrong_name = self._sign("wrong-name", "DNS:elsewhere.example")
        self.expired = self._sign("expired", "IP:127.0.0.1,DNS:localhost", "200101000000Z", "210101000000Z")
        self.self_signed = self._self_signed("self-signed")

    def _sign(self, name: str, names: str, start: str | None = None, end: str | None = None) -> Certificate:
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        (self._folder / f"{name}.ext").write_text(f"subjectAltName={names}\nbasicConstraints=CA:FALSE\n")
        _openssl(
            self._folder, "req", *_KEY, "-keyout", made.key.name, "-out", f"{name}.csr", "-subj", f"/CN={name}")
        _openssl(
            self._folder, "ca", "-batch", "-notext", "-config", "ca.conf", "-cert", self.file.name,
            "-keyfile", "authority.key", "-in", f"{name}.csr", "-out", made.certificate.name,
            "-extfile", f"{name}.ext", *(["-startdate", start, "-enddate", end] if start and end else ["-days", "30"]))
        return made

    def _self_signed(self, name: str) -> Certificate:
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        _openssl(
            self._folder, "req", "-x509", *_KEY, "-keyout", made.key.name, "-out", made.certificate.name,
            "-days", "30", "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        return made


def _openssl(folder: Path, *arguments: str) -> None:
    run = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True)
    assert run.returncode == 0, f"openssl {arguments[0]} failed: {run.stderr}"
