#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "common/communication_record.h"
#include "launcher/commands/bench/bench_comm.h"
#include "launcher/communication/judge.h"

namespace dplaunch {

/// All that `dplaunch bench comm` has to say.
struct CommReport {
  CommunicationRecord record;
  LinkExpectation link;
  std::vector<JudgedCollective> judged;  ///< of the record's results, in their order
  std::string device;                    ///< as --device takes it
  int hosts = 1;
};

CommReport make_report(const CommunicationRecord& record, const LinkExpectation& link,
                       const std::string& device, int hosts);

/// A table with its explanations, one JSON object, or CSV.
void print(std::ostream& out, const CommReport& report, BenchFormat format);

}  // namespace dplaunch
