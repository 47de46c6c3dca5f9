# Which Python the tests use, in DPLAUNCH_PYTHON: the one that is named with -DDPLAUNCH_PYTHON or
# $DPLAUNCH_PYTHON, or that of the virtual environment whose LibTorch the build takes
# (scripts/setup.sh --tests installs the packages there), or the first in PATH.
set(DPLAUNCH_PYTHON "$ENV{DPLAUNCH_PYTHON}" CACHE FILEPATH
    "Python with torch, safetensors, tensorboard, numpy, yaml, kubernetes_validate, prometheus_client and pytest")
if(NOT DPLAUNCH_PYTHON)
  set(DPLAUNCH_PYTHON "${LibTorch_PYTHON}")
endif()
if(NOT DPLAUNCH_PYTHON)
  find_program(_python_in_path python3 NO_CACHE)
  set(DPLAUNCH_PYTHON "${_python_in_path}")
endif()
