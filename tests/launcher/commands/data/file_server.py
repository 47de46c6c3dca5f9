"""A small HTTP file server on a free port, with ranges, that can fail on request.

usage: file_server.py FOLDER   prints its port, serves until its standard input ends
  /name                the file, from the requested byte on
  /cut/NUMBER/name     the same, but closes the connection after NUMBER bytes of each answer
  /endless/name        zeros without a length, until the other side has had enough
  /no-ranges/name      ignores the requested range; /no-ranges/cut/NUMBER/name does both
Each request appends a line "PATH RANGE" to FOLDER/requests.log.
"""

import http.server
import pathlib
import sys
import threading

FOLDER = pathlib.Path(sys.argv[1])


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        requested = self.headers.get("Range")
        with open(FOLDER / "requests.log", "a", encoding="utf-8") as log:
            log.write(f"{self.path} {requested or '-'}\n")
        *mode, name = self.path.strip("/").split("/")
        if "endless" in mode:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(100000))
            except OSError:
                return
        file = FOLDER / name
        if not file.is_file():
            self.send_error(404)
            return
        if "no-ranges" in mode:
            requested = None
        content = file.read_bytes()
        begin = int(requested.removeprefix("bytes=").split("-")[0]) if requested else 0
        if begin >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if requested else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        if requested:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.end_headers()
        limit = int(mode[mode.index("cut") + 1]) if "cut" in mode else len(content)
        self.wfile.write(content[begin : begin + limit])

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()
