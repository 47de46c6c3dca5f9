#include "common/yaml_pairs.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text/printable.h"

namespace dplaunch {
namespace {

// An alias repeats its value: without bounds, a short text could stand for all of the memory.
constexpr std::size_t kMaxPairs = 1000;
constexpr std::size_t kMaxValueBytes = 65536;

/// Throws errors of one text.
class Place {
 public:
  Place(std::string name, ExitCode code) : name_(std::move(name)), code_(code) {}

  /// yaml-cpp counts lines from 0.
  std::string at(int line) const { return fmt::format("{}:{}", name_, line + 1); }
  [[noreturn]] void fail(int line, const std::string& what) const {
    throw Error(code_, at(line) + ": " + what);
  }

 private:
  std::string name_;
  ExitCode code_;
};

/// yaml-cpp would put U+FFFD in the place of each such byte, and another name would be looked for.
void check_utf8(std::string_view text, const Place& place) {
  int line = 0;
  while (!text.empty()) {
    const std::size_t bytes = first_character(text).bytes;
    if (bytes == 0) place.fail(line, "is not UTF-8: save it as UTF-8");
    if (text.front() == '\n') ++line;
    text.remove_prefix(bytes);
  }
}

/// Takes the events of a document. Recursion of yaml-cpp ends at the first value that is nested.
class PairReader : public YAML::EventHandler {
 public:
  explicit PairReader(const Place& place) : place_(place) {}

  std::vector<YamlPair> take_pairs() { return std::move(pairs_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (++documents_ > 1) {
      place_.fail(mark.line, "a second document; one file holds one configuration");
    }
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    if (!is_in_map_) return;  // an empty document
    if (!key_) place_.fail(mark.line, "a key must be a word");
    fail_value("blank");
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchored_.find(anchor);
    if (found == anchored_.end()) place_.fail(mark.line, "an alias of no value");
    take(mark, found->second);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                const std::string& value) override {
    if (anchor != 0) anchored_[anchor] = value;
    take(mark, value);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/,
                       YAML::anchor_t /*anchor*/, YAML::EmitterStyle::value /*style*/) override {
    refuse_nested(mark);
    fail_document(mark);
  }
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t /*anchor*/,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_nested(mark);
    is_in_map_ = true;
  }
  void OnMapEnd() override { is_in_map_ = false; }

 private:
  [[noreturn]] void fail_value(const char* found) const {
    place_.fail(key_line_, fmt::format("{}: expected one value, found a {}", *key_, found));
  }
  [[noreturn]] void fail_document(const YAML::Mark& mark) const {
    place_.fail(mark.line, "expected \"key: value\" lines");
  }
  void refuse_nested(const YAML::Mark& mark) const {
    if (!is_in_map_) return;
    if (!key_) place_.fail(mark.line, "a key must be a word");
    fail_value("list or map");
  }

  void take(const YAML::Mark& mark, const std::string& text) {
    if (!is_in_map_) fail_document(mark);
    if (text.size() > kMaxValueBytes) {
      place_.fail(mark.line, fmt::format("a value of {} bytes; at most {} are read", text.size(),
                                         kMaxValueBytes));
    }
    if (!key_) {
      take_key(mark, text);
      return;
    }
    pairs_.push_back({*std::exchange(key_, std::nullopt), text, place_.at(key_line_)});
    if (pairs_.size() > kMaxPairs) {
      place_.fail(mark.line, fmt::format("more than {} keys", kMaxPairs));
    }
  }
  void take_key(const YAML::Mark& mark, const std::string& key) {
    if (!keys_.insert(key).second) {
      place_.fail(mark.line, fmt::format("key \"{}\" is given twice", key));
    }
    key_ = key;
    key_line_ = mark.line;
  }

  const Place& place_;
  int documents_ = 0;
  bool is_in_map_ = false;
  std::optional<std::string> key_;  ///< whose value comes next
  int key_line_ = 0;
  std::set<std::string> keys_;
  std::map<YAML::anchor_t, std::string> anchored_;
  std::vector<YamlPair> pairs_;
};

}  // namespace

std::vector<YamlPair> parse_yaml_pairs(const std::string& text, const std::string& name,
                                       ExitCode code) {
  const Place place(name, code);
  if (text.size() > kMaxYamlBytes) {
    place.fail(0,
               fmt::format("a text of {} bytes; at most {} are read", text.size(), kMaxYamlBytes));
  }
  check_utf8(text, place);
  PairReader reader(place);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    // A second document is an error: of some texts (",") yaml-cpp makes documents without end.
    while (parser.HandleNextDocument(reader)) {
    }
  } catch (const YAML::Exception& error) {
    place.fail(error.mark.line, "not valid YAML: " + error.msg);
  }
  return reader.take_pairs();
}

}  // namespace dplaunch
