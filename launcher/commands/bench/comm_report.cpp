#include "launcher/commands/bench/comm_report.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>

#include "base/files/json_fields.h"
#include "base/text/text_table.h"
#include "base/text/words.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

constexpr double kGigabyte = 1e9;

// --- one object a size: the keys of JSON and the columns of CSV
// -----------------------------------

Json rounded(double value, int decimals) {
  const double scale = std::pow(10, decimals);
  return std::round(value * scale) / scale;
}

Json gigabytes(double bytes_per_second) {
  return rounded(bytes_per_second / kGigabyte, 6);
}

Json verdict_of(const JudgedCollective& judged) {
  return judged.is_slow ? Json(*judged.is_slow ? "slow" : "ok") : Json();
}

Json row_of(const MeasuredCollective& measured, const JudgedCollective& judged) {
  const auto& expected = judged.expected_bus_bytes_per_second;
  return {{"collective", name_of(measured.collective)},
          {"bytes", measured.bytes},
          {"count", measured.count},
          {"type", measured.type},
          {"is_bucket", measured.is_bucket},
          {"iterations", measured.times_us.size()},
          {"time_p50_us", rounded(judged.p50_us, 1)},
          {"time_p99_us", rounded(judged.p99_us, 1)},
          {"algbw_gigabytes_per_second", gigabytes(judged.algorithm_bytes_per_second)},
          {"busbw_gigabytes_per_second", gigabytes(judged.bus_bytes_per_second)},
          {"expected_time_us", judged.expected_us ? rounded(*judged.expected_us, 1) : Json()},
          {"expected_busbw_gigabytes_per_second", expected ? gigabytes(*expected) : Json()},
          {"verdict", verdict_of(judged)},
          {"reason", text_or_null(judged.reason)}};
}

std::vector<Json> rows_of(const CommReport& report) {
  std::vector<Json> rows;
  for (std::size_t i = 0; i < report.judged.size(); ++i) {
    rows.push_back(row_of(report.record.results[i], report.judged[i]));
  }
  return rows;
}

void print_comm_json(std::ostream& out, const CommReport& report) {
  const bool is_known = report.link.kind != LinkKind::kUnknown;
  Json left_out = Json::array();
  for (const LeftOutCollective& each : report.record.left_out) {
    left_out.push_back({{"collective", name_of(each.collective)}, {"bytes", each.bytes}});
  }
  const Json json = {
      {kFormatVersion, kRecordFormat},
      {"device", report.device},
      {"processes", report.record.processes},
      {"hosts", report.hosts},
      {"backend", report.record.backend},
      {"device_of_rank_0", report.record.device},
      {"link",
       {{"kind", name_of(report.link.kind)},
        {"gigabytes_per_second", is_known ? gigabytes(report.link.bytes_per_second) : Json()},
        {"origin", text_or_null(report.link.origin)},
        {"slow_factor", is_known ? Json(slow_factor(report.link.kind)) : Json()}}},
      {"bucket_bytes", report.record.bucket_bytes},
      {"results", rows_of(report)},
      {"left_out", std::move(left_out)}};
  out << json.dump(2, ' ', false, Json::error_handler_t::replace) << '\n';
}

/// RFC 4180: no value has a quote or a line's end, a reason may have a comma.
std::string csv_field(const Json& value) {
  if (value.is_null()) return {};
  if (!value.is_string()) return value.dump();
  const auto text = value.get<std::string>();
  return text.find(',') == std::string::npos ? text : "\"" + text + "\"";
}

void print_csv(std::ostream& out, const CommReport& report) {
  bool is_first = true;
  for (const Json& row : rows_of(report)) {
    std::vector<std::string> names;
    std::vector<std::string> fields;
    for (const auto& [name, value] : row.items()) {
      names.push_back(name);
      fields.push_back(csv_field(value));
    }
    if (is_first) out << joined(names, ",") << '\n';
    is_first = false;
    out << joined(fields, ",") << '\n';
  }
}

// --- for people ----------------------------------------------------------------------------------

constexpr int kColumns = 120;

std::string gigabytes_text(double bytes_per_second) {
  const double value = bytes_per_second / kGigabyte;
  return fmt::format("{:.{}f}", value, value < 1 ? 4 : 2);
}

std::string comm_verdict(const JudgedCollective& judged) {
  return judged.is_slow ? (*judged.is_slow ? "slow" : "ok") : "-";
}

TextTable comm_table(const CommReport& report) {
  const auto right = [](const char* heading) { return TableColumn{heading, Align::kRight}; };
  TextTable table({TableColumn{"collective"}, right("bytes"), right("count"), TableColumn{"type"},
                   TableColumn{"training"}, right("rounds"), right("p50 us"), right("p99 us"),
                   right("algbw GB/s"), right("busbw GB/s"), right("expected"),
                   TableColumn{"verdict"}});
  for (std::size_t i = 0; i < report.judged.size(); ++i) {
    const MeasuredCollective& measured = report.record.results[i];
    const JudgedCollective& judged = report.judged[i];
    const auto& expected = judged.expected_bus_bytes_per_second;
    table.add({name_of(measured.collective), std::to_string(measured.bytes),
               std::to_string(measured.count), measured.type, measured.is_bucket ? "bucket" : "",
               std::to_string(measured.times_us.size()), fmt::format("{:.1f}", judged.p50_us),
               fmt::format("{:.1f}", judged.p99_us),
               gigabytes_text(judged.algorithm_bytes_per_second),
               gigabytes_text(judged.bus_bytes_per_second),
               expected ? gigabytes_text(*expected) : "not measured", comm_verdict(judged)});
  }
  return table;
}

std::string link_words(const LinkExpectation& link) {
  if (link.kind == LinkKind::kUnknown) {
    return fmt::format("expected: not measured{}; --link RATE says what the link gives\n",
                       link.origin.empty() ? "" : " (" + link.origin + ")");
  }
  return fmt::format(
      "expected: {} in each direction ({}: {}),\n"
      "with the smallest size's time as latency; slow: more than {:g} times as long; \"-\": mostly "
      "latency, no judgement of the link\n",
      rate_text(link.bytes_per_second), name_of(link.kind), link.origin, slow_factor(link.kind));
}

/// The worst of each collective: the rest is in the table.
void print_reasons(std::ostream& out, const CommReport& report) {
  for (const Collective collective :
       {Collective::kAllReduce, Collective::kBroadcast, Collective::kAllGather}) {
    const JudgedCollective* worst = nullptr;
    std::int64_t bytes = 0;
    for (std::size_t i = 0; i < report.judged.size(); ++i) {
      const JudgedCollective& judged = report.judged[i];
      if (report.record.results[i].collective != collective) continue;
      if (!judged.is_slow.value_or(false)) continue;
      if (worst != nullptr &&
          judged.p50_us / *judged.expected_us < worst->p50_us / *worst->expected_us) {
        continue;
      }
      worst = &judged;
      bytes = report.record.results[i].bytes;
    }
    if (worst == nullptr) continue;
    out << fmt::format("slow: {} of {}: {}\n", name_of(collective), bytes_text(bytes),
                       worst->reason);
  }
}

void print_comm_table(std::ostream& out, const CommReport& report) {
  for (const std::string& line : comm_table(report).lines(kColumns)) out << line << '\n';
  out << link_words(report.link);
  if (!report.record.left_out.empty()) {
    out << fmt::format("{} left out: the time did not suffice; --seconds gives more\n",
                       counted(static_cast<std::int64_t>(report.record.left_out.size()), "size"));
  }
  print_reasons(out, report);
}

}  // namespace

CommReport make_report(const CommunicationRecord& record, const LinkExpectation& link,
                       const std::string& device, int hosts) {
  return {record, link, judge(record, link), device, hosts};
}

void print(std::ostream& out, const CommReport& report, BenchFormat format) {
  switch (format) {
    case BenchFormat::kTable:
      return print_comm_table(out, report);
    case BenchFormat::kJson:
      return print_comm_json(out, report);
    case BenchFormat::kCsv:
      return print_csv(out, report);
  }
}

}  // namespace dplaunch
