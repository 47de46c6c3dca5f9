#include "launcher/model/profile_file.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <utility>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/files/read_file.h"
#include "base/text/printable.h"
#include "common/record_keys.h"

namespace dplaunch {
namespace {

namespace fs = std::filesystem;

namespace key {
constexpr char kSource[] = "source";
constexpr char kMode[] = "mode";
constexpr char kValue[] = "value";
constexpr char kOrigin[] = "origin";
constexpr char kGradient[] = "gradient";
constexpr char kBucketsOrigin[] = "buckets_origin";
constexpr char kReadyOrigin[] = "ready_origin";
constexpr char kBuckets[] = "buckets";
constexpr char kBytes[] = "bytes";
constexpr char kReadySeconds[] = "ready_seconds";
constexpr char kCurves[] = "all_reduce_curves";
constexpr char kProcesses[] = "processes";
constexpr char kPoints[] = "points";
constexpr char kSeconds[] = "seconds";
constexpr char kNetwork[] = "network";
constexpr char kBetweenHosts[] = "between_hosts";
constexpr char kWithinHost[] = "within_host";
constexpr char kBytesPerSecond[] = "bytes_per_second";
constexpr char kLatencySeconds[] = "latency_seconds";
constexpr char kProcessesPerHost[] = "processes_per_host";
constexpr char kRankWork[] = "rank_work_seconds";
constexpr char kStepTimes[] = "step_times";
}  // namespace key

constexpr std::array<std::pair<const char*, Quantity Profile::*>, 8> kQuantities = {{
    {"images_per_step", &Profile::images_per_step},
    {"forward_seconds", &Profile::forward_s},
    {"backward_seconds", &Profile::backward_s},
    {"update_seconds", &Profile::update_s},
    {"input_wait_seconds", &Profile::input_wait_s},
    {"evaluation_seconds", &Profile::evaluation_s},
    {"checkpoint_seconds", &Profile::checkpoint_s},
    {"jitter_seconds", &Profile::jitter_s},
}};

template <typename Number>
Json to_json(Number value, Origin origin) {
  return {{key::kValue, value}, {key::kOrigin, to_word(origin)}};
}

Json network_json(const Profile& profile) {
  if (!profile.network) return nullptr;
  const auto& [between, within, per_host] = *profile.network;
  const NetworkOrigins& from = profile.network_origins;
  return {{key::kBetweenHosts,
           {{key::kBytesPerSecond, to_json(between.bytes_per_second, from.between_bandwidth)},
            {key::kLatencySeconds, to_json(between.latency_s, from.between_latency)}}},
          {key::kWithinHost,
           {{key::kBytesPerSecond, to_json(within.bytes_per_second, from.within_bandwidth)},
            {key::kLatencySeconds, to_json(within.latency_s, from.within_latency)}}},
          {key::kProcessesPerHost, to_json(per_host, from.processes_per_host)}};
}

Json gradient_json(const Profile& profile) {
  Json buckets = Json::array();
  for (const Bucket& bucket : profile.buckets) {
    buckets.push_back({{key::kBytes, bucket.bytes}, {key::kReadySeconds, bucket.ready_s}});
  }
  return {{key::kOrigin, to_word(profile.gradient_origin)},
          {key::kBucketsOrigin, to_word(profile.buckets_origin)},
          {key::kReadyOrigin, to_word(profile.ready_origin)},
          {key::kBuckets, buckets}};
}

Json curves_json(const Profile& profile) {
  Json curves = Json::array();
  for (const CommCurve& curve : profile.curves) {
    Json points = Json::array();
    for (const CommPoint& point : curve.points) {
      points.push_back({{key::kBytes, point.bytes}, {key::kSeconds, point.seconds}});
    }
    curves.push_back({{key::kProcesses, curve.processes}, {key::kPoints, points}});
  }
  return curves;
}

/// Reads members of one text, and says where in it a wrong one stands.
class Reader {
 public:
  explicit Reader(fs::path name) : name_(std::move(name)) {}

  [[noreturn]] void refuse(const std::string& where, const std::string& what) const {
    throw Error(ExitCode::kUsage,
                fmt::format("{}: {}: {}", name_.string(), printable(where), printable(what)),
                "launcher/model/profile.h says what a profile has");
  }

  double number(const Json& value, const std::string& where, double lowest = 0) const {
    constexpr double kMost = 1e18;
    const double number = value.is_number() ? value.get<double>() : NAN;
    if (number >= lowest && number <= kMost) return number;
    refuse(where, fmt::format("{} is not a number from {} to {}", shown(value), lowest, kMost));
  }

  double positive(const Json& value, const std::string& where) const {
    constexpr double kLeast = 1e-18;
    return number(value, where, kLeast);
  }

  int count(const Json& value, const std::string& where, int lowest = 1) const {
    constexpr int kMost = 1 << 20;
    if (value.is_number_integer()) {
      const auto figure = value.get<std::int64_t>();
      if (figure >= lowest && figure <= kMost) return static_cast<int>(figure);
    }
    refuse(where,
           fmt::format("{} is not a whole number from {} to {}", shown(value), lowest, kMost));
  }

  Origin origin(const Json& object, const std::string& where,
                const char* name = key::kOrigin) const {
    const std::string word = string_in(object, name, "default");
    for (const Origin each :
         {Origin::kDefault, Origin::kGiven, Origin::kMeasured, Origin::kFitted}) {
      if (word == to_word(each)) return each;
    }
    refuse(where, fmt::format("origin \"{}\" is not default, given, measured or fitted", word));
  }

  /// Of a list; nothing where there is none.
  template <typename Item>
  std::vector<Item> list(const Json& object, const char* name,
                         const std::function<Item(const Json&, const std::string&)>& item,
                         std::size_t fewest = 0) const {
    std::vector<Item> items;
    const Json& values = member_in(object, name);
    for (std::size_t i = 0; values.is_array() && i < values.size(); ++i) {
      items.push_back(item(values[i], fmt::format("{}[{}]", name, i)));
    }
    if (items.size() < fewest) refuse(name, "is empty or no list");
    return items;
  }

  std::vector<double> positives(const Json& object, const char* name) const {
    return list<double>(
        object, name,
        [this](const Json& value, const std::string& where) { return positive(value, where); }, 1);
  }

 private:
  static std::string shown(const Json& value) {
    constexpr std::size_t kMost = 60;
    return value.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, kMost);
  }

  fs::path name_;
};

const Json& at(const Json& object, const char* name) {
  static const Json kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

Quantity read_quantity(const Reader& reader, const Json& document, const char* name) {
  const Json& object = at(document, name);
  if (object.is_null()) return {};
  if (!object.is_object()) reader.refuse(name, "is not an object with \"value\" and \"origin\"");
  return {reader.number(at(object, key::kValue), name), reader.origin(object, name)};
}

/// One of a network, which has no unknown ones.
Quantity network_quantity(const Reader& reader, const Json& object, const char* name) {
  if (!at(object, name).is_object()) reader.refuse(name, "is not there, or no object");
  return read_quantity(reader, object, name);
}

struct ReadLink {
  Quantity bytes_per_second;
  Quantity latency_s;

  Link link() const { return {bytes_per_second.value, latency_s.value}; }
};

ReadLink read_link(const Reader& reader, const Json& network, const char* name) {
  const Json& object = member_in(network, name);
  if (!object.is_object()) reader.refuse(name, "is no object");
  const ReadLink link = {network_quantity(reader, object, key::kBytesPerSecond),
                         network_quantity(reader, object, key::kLatencySeconds)};
  reader.positive(link.bytes_per_second.value, key::kBytesPerSecond);
  return link;
}

void read_network(const Reader& reader, const Json& document, Profile& profile) {
  const Json& network = member_in(document, key::kNetwork);
  if (!network.is_object()) return;
  const ReadLink between = read_link(reader, network, key::kBetweenHosts);
  const ReadLink within = read_link(reader, network, key::kWithinHost);
  const Quantity per_host = network_quantity(reader, network, key::kProcessesPerHost);
  profile.network = {
      between.link(), within.link(),
      reader.count(at(at(network, key::kProcessesPerHost), key::kValue), key::kProcessesPerHost)};
  profile.network_origins = {between.bytes_per_second.origin, between.latency_s.origin,
                             within.bytes_per_second.origin, within.latency_s.origin,
                             per_host.origin};
}

CommPoint read_point(const Reader& reader, const Json& point, const std::string& where) {
  if (!point.is_object()) reader.refuse(where, "is no object");
  return {reader.positive(at(point, key::kBytes), where),
          reader.positive(at(point, key::kSeconds), where)};
}

CommCurve read_curve(const Reader& reader, const Json& object, const std::string& where) {
  if (!object.is_object()) reader.refuse(where, "is no object");
  CommCurve curve;
  curve.processes = reader.count(at(object, key::kProcesses), where, 2);
  curve.points = reader.list<CommPoint>(
      object, key::kPoints,
      [&](const Json& point, const std::string& place) { return read_point(reader, point, place); },
      1);
  std::ranges::sort(curve.points, {}, &CommPoint::bytes);
  const auto same = std::ranges::adjacent_find(curve.points, {}, &CommPoint::bytes);
  if (same != curve.points.end()) {
    reader.refuse(where, fmt::format("has {} bytes twice", same->bytes));
  }
  return curve;
}

MeasuredSteps read_steps(const Reader& reader, const Json& object, const std::string& where) {
  if (!object.is_object()) reader.refuse(where, "is no object");
  return {reader.count(at(object, key::kProcesses), where),
          reader.positives(object, key::kSeconds)};
}

std::vector<double> read_rank(const Reader& reader, const Json& rank, const std::string& where) {
  std::vector<double> steps;
  for (std::size_t i = 0; rank.is_array() && i < rank.size(); ++i) {
    steps.push_back(reader.positive(rank[i], where));
  }
  if (steps.empty()) reader.refuse(where, "is empty or no list");
  return steps;
}

void read_communication(const Reader& reader, const Json& document, Profile& profile) {
  const Json& gradient = member_in(document, key::kGradient);
  profile.gradient_origin = reader.origin(gradient, key::kGradient);
  profile.buckets_origin = reader.origin(gradient, key::kGradient, key::kBucketsOrigin);
  profile.ready_origin = reader.origin(gradient, key::kGradient, key::kReadyOrigin);
  profile.buckets = reader.list<Bucket>(
      gradient, key::kBuckets, [&](const Json& bucket, const std::string& where) {
        if (!bucket.is_object()) reader.refuse(where, "is no object");
        return Bucket{reader.positive(at(bucket, key::kBytes), where),
                      reader.number(at(bucket, key::kReadySeconds), where)};
      });
  profile.curves = reader.list<CommCurve>(document, key::kCurves,
                                          [&](const Json& curve, const std::string& where) {
                                            return read_curve(reader, curve, where);
                                          });
}

void read_measurements(const Reader& reader, const Json& document, Profile& profile) {
  profile.rank_work_s = reader.list<std::vector<double>>(
      document, key::kRankWork,
      [&](const Json& rank, const std::string& where) { return read_rank(reader, rank, where); });
  profile.measured = reader.list<MeasuredSteps>(document, key::kStepTimes,
                                                [&](const Json& steps, const std::string& where) {
                                                  return read_steps(reader, steps, where);
                                                });
  std::ranges::sort(profile.measured, {}, &MeasuredSteps::processes);
  const auto same = std::ranges::adjacent_find(profile.measured, {}, &MeasuredSteps::processes);
  if (same != profile.measured.end()) {
    reader.refuse(key::kStepTimes, fmt::format("has {} processes twice", same->processes));
  }
}

}  // namespace

std::string to_json_text(const Profile& profile) {
  Json document = {{kFormatVersion, kRecordFormat},
                   {key::kSource, text_or_null(profile.source)},
                   {key::kMode, to_word(profile.mode)}};
  for (const auto& [name, member] : kQuantities) {
    document[name] = to_json((profile.*member).value, (profile.*member).origin);
  }
  document[key::kGradient] = gradient_json(profile);
  document[key::kCurves] = curves_json(profile);
  document[key::kNetwork] = network_json(profile);
  document[key::kRankWork] = profile.rank_work_s;
  Json steps = Json::array();
  for (const MeasuredSteps& measured : profile.measured) {
    steps.push_back({{key::kProcesses, measured.processes}, {key::kSeconds, measured.step_s}});
  }
  document[key::kStepTimes] = steps;
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_profile(const fs::path& file, const Profile& profile) {
  write_file_atomically(file, to_json_text(profile));
}

Profile parse_profile(const std::string& text, const fs::path& name) {
  const Reader reader(name);
  const Json document = parse_json(text);
  if (!document.is_object()) reader.refuse("the file", "is no JSON object");
  refuse_newer(integer_in(document, kFormatVersion), name);
  Profile profile;
  profile.source = string_in(document, key::kSource);
  const std::string mode = string_in(document, key::kMode, "weak");
  if (mode != "weak" && mode != "strong") reader.refuse(key::kMode, "is not weak or strong");
  profile.mode = mode == "strong" ? ScalingMode::kStrong : ScalingMode::kWeak;
  for (const auto& [quantity, member] : kQuantities) {
    profile.*member = read_quantity(reader, document, quantity);
  }
  read_communication(reader, document, profile);
  read_network(reader, document, profile);
  read_measurements(reader, document, profile);
  return profile;
}

Profile read_profile(const fs::path& file) {
  return parse_profile(read_named_by_user(file, kMaxRecordBytes, ExitCode::kUsage), file);
}

}  // namespace dplaunch
