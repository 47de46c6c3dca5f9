#include "worker/report/failure.h"

#include <c10/util/Exception.h>

#include <cstdint>
#include <iostream>
#include <new>
#include <string>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "common/error_record.h"
#include "common/lost_peer.h"

namespace dplaunch {
namespace {

std::string message_of(const std::exception& error) {
  const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
  return torch_error != nullptr ? torch_error->what_without_backtrace() : error.what();
}

bool says_no_memory(const std::exception& error, const std::string& message) {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
         message.find("out of memory") != std::string::npos ||        // CUDA
         message.find("can't allocate memory") != std::string::npos;  // LibTorch on the CPU
}

Error classify(const std::exception& error) {
  if (const auto* own = dynamic_cast<const Error*>(&error)) return *own;
  const std::string message = message_of(error);
  if (says_peer_is_lost(message)) {
    return Error(ExitCode::kRendezvous, "lost the connection to another rank: " + message,
                 "that rank's log says why it ended, or where it hangs");
  }
  if (says_no_memory(error, message)) {
    return Error(
        ExitCode::kFailure, "out of memory: " + message,
        "lower bsize (bsize: auto takes what fits), or use a device with more free memory");
  }
  return Error(ExitCode::kFailure, message);
}

bool is_consequence(const std::exception& error, const Error& classified) {
  return dynamic_cast<const PeerFailure*>(&error) != nullptr ||
         says_peer_is_lost(classified.what());
}

}  // namespace

int report_failure(const RankEnvironment& environment, const std::exception& error) {
  const std::int64_t now_ns = monotonic_ns();
  const Error classified = classify(error);
  if (!environment.error_file.empty() && run_folder_of(environment).is_ours()) {
    try {
      write_error_record(environment.error_file,
                         {classified.what(), classified.hint(), "", now_ns,
                          to_int(classified.code()), is_consequence(error, classified)});
    } catch (const Error& unwritten) {
      // The disk may be full, which may be the very failure: it is still reported on standard
      // error.
      std::cerr << "cannot record the failure: " << unwritten.what() << '\n';
    }
  }
  return report(classified, "dplaunch-worker");
}

}  // namespace dplaunch
