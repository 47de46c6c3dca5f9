"""timed.py FILE COMMAND...: runs the command; its wall time and the peak resident memory of the
largest process that it waited for, at any depth, into FILE as JSON. Ends with the command's exit code."""

import json
import pathlib
import resource
import subprocess
import sys
import time

start = time.perf_counter()
code = subprocess.run(sys.argv[2:], check=False).returncode
figures = {
    "seconds": time.perf_counter() - start,
    "peak_bytes": 1024 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss,  # KiB: getrusage(2)
}
pathlib.Path(sys.argv[1]).write_text(json.dumps(figures))
sys.exit(code)
