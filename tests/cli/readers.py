"""For every kind of artefact the command that reads all of it before it does anything else with it."""

from workshop import IMAGE


def _run(shop, out, **other):
    files = {"sealed": shop.sealed, "request": shop.request, **other}
    return ("obscura-worker", "run", files["sealed"], files["request"],
            *shop.worker_keys(files.get("evaluation"), files.get("trust")), "-o", out)


def _seal(shop, out, **other):
    files = {"plan": shop.plan, "identity": shop.vendor, **other}
    return "obscura", "seal", files["plan"], "--key", shop.secret, "--sign", files["identity"], "-o", out


READERS = {
    "vendor": lambda shop, path, out: _seal(shop, out, identity=path),
    "vendor_pub": lambda shop, path, out: _run(shop, out, trust=path),
    "plan": lambda shop, path, out: _seal(shop, out, plan=path),
    "spec": lambda shop, path, out: ("obscura", "keygen", path, "--unprotected", "-o", out),
    "secret": lambda shop, path, out: ("obscura", "decrypt", shop.result, "--key", path, "--releases", shop.releases),
    "public": lambda shop, path, out: ("obscura", "encrypt", IMAGE, "--key", path, "-o", out),
    "evaluation": lambda shop, path, out: _run(shop, out, evaluation=path),
    "sealed": lambda shop, path, out: _run(shop, out, sealed=path),
    "request": lambda shop, path, out: _run(shop, out, request=path),
    "result": lambda shop, path, out: ("obscura", "decrypt", path, "--key", shop.secret),
}


def reading_command(shop, kind, path, out):
    """(program, words...) that reads the file `path` in place of the workshop's artefact `kind`."""
    return READERS[kind](shop, path, out)
