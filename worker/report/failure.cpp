#include "worker/report/failure.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>

#include "base/error.h"
#include "base/monotonic_clock.h"
#include "common/error_record.h"
#include "common/lost_peer.h"
#include "common/out_of_memory.h"

namespace dplaunch {
namespace {

/// Without the stack that a c10::Error has behind it.
std::string message_of(const std::exception& error) {
  const std::string text = error.what();
  return text.substr(0, text.find("\nException raised from "));
}

bool says_no_memory(const std::exception& error, const std::string& message) {
  return dynamic_cast<const std::bad_alloc*>(&error) != nullptr || says_out_of_memory(message);
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

const RankEnvironment* reported_environment = nullptr;  ///< all that a terminate handler can reach
std::atomic_flag is_reporting;

/// Returns the exit code.
int report_failure(const std::exception& error) {
  const RankEnvironment& environment = *reported_environment;
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

int report_failure(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& error) {
    return report_failure(error);
  } catch (...) {
    return report_failure(std::runtime_error("an exception of an unknown type"));
  }
}

[[noreturn]] void on_terminate() noexcept {
  const std::exception_ptr failure = std::current_exception();
  if (!failure) std::abort();  // a broken program, not an error
  // Another thread is reporting what came first, and ends the process.
  while (is_reporting.test_and_set()) ::pause();
  try {
    ::_exit(report_failure(failure));
  } catch (...) {
    ::_exit(to_int(ExitCode::kFailure));  // no memory is left, even for the report
  }
}

}  // namespace

void report_uncaught_exceptions(const RankEnvironment& environment) {
  reported_environment = &environment;
  std::set_terminate(on_terminate);
}

}  // namespace dplaunch
