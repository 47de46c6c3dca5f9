#include "common/run_folder.h"

#include "base/error.h"

namespace dplaunch {

void RunFolder::check_ours() const {
  if (is_ours()) return;
  throw Error(ExitCode::kStorage,
              root_.string() +
                  ": is not the folder any more that this run began in: it was removed "
                  "or moved, or another one is in its place",
              "nothing more is written there; stop a run (dplaunch stop) before its folder goes");
}

}  // namespace dplaunch
