#include "worker/report/confusion_report.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/files/atomic_file.h"
#include "base/files/json_fields.h"
#include "base/text/words.h"
#include "worker/report/confusion.h"
#include "worker/report/result_text.h"

namespace dplaunch {
namespace {

constexpr std::size_t kMaxShown = 5;    // on the screen
constexpr std::size_t kMaxListed = 20;  // for programs; confusion.csv has all

const std::string& name_of(const std::vector<std::string>& names, std::int64_t label) {
  return names.at(static_cast<std::size_t>(label));
}

/// The first few of them, one after the other.
template <typename Item, typename Words>
std::string first_few(const std::vector<Item>& items, const Words& words) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < std::min(kMaxShown, items.size()); ++i) {
    texts.push_back(words(items[i]));
  }
  return joined(texts);
}

std::string worst_words(const ConfusionFigures& figures, const ClassTable& classes) {
  return first_few(figures.by_recall, [&](const ClassRecall& recall) {
    return fmt::format("{} {:.0f}%", name_of(classes.fine_names, recall.label), recall.percent());
  });
}

std::string confused_words(const ConfusionFigures& figures, const ClassTable& classes) {
  return first_few(figures.by_count, [&](const ConfusedPair& pair) {
    return fmt::format("{} as {} {}x", name_of(classes.fine_names, pair.truth),
                       name_of(classes.fine_names, pair.predicted), pair.images);
  });
}

Json recall_json(const ClassRecall& recall, const std::vector<std::string>& names) {
  return {{"name", name_of(names, recall.label)},
          {"label", recall.label},
          {"images", recall.images},
          {"correct", recall.correct}};
}

/// A field of RFC 4180.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace

std::string describe_confusion(const std::vector<std::int64_t>& counts, const ClassTable& classes) {
  const ConfusionFigures figures = analyse(counts, classes);
  std::string text;
  if (figures.coarse) {
    text += result_row(
        "coarse top-1",
        fmt::format("{:.2f}%  by superclass; of the errors {:.1f}% are within the right one",
                    figures.coarse_percent(), figures.within_percent()));
  }
  text += result_row("worst classes", worst_words(figures, classes));
  if (figures.errors() > 0) text += result_row("most confused", confused_words(figures, classes));
  return text;
}

Json confusion_json(const std::vector<std::int64_t>& counts, const ClassTable& classes) {
  const ConfusionFigures figures = analyse(counts, classes);
  Json json = {{"errors", figures.errors()}};
  if (figures.coarse) {
    json["coarse_top1"] = figures.coarse_percent();
    json["coarse_correct"] = figures.coarse->correct;
    json["errors_within_superclass"] = figures.coarse->errors_within;
    json["errors_within_superclass_percent"] = figures.within_percent();
  }
  json["classes_worst_first"] = Json::array();
  for (const ClassRecall& recall : figures.by_recall) {
    json["classes_worst_first"].push_back(recall_json(recall, classes.fine_names));
  }
  if (figures.coarse) {
    json["superclasses_worst_first"] = Json::array();
    for (const ClassRecall& recall : figures.coarse->by_recall) {
      json["superclasses_worst_first"].push_back(recall_json(recall, classes.coarse_names));
    }
  }
  json["most_confused"] = Json::array();
  for (std::size_t i = 0; i < std::min(kMaxListed, figures.by_count.size()); ++i) {
    const ConfusedPair& pair = figures.by_count[i];
    json["most_confused"].push_back({{"true", name_of(classes.fine_names, pair.truth)},
                                     {"predicted", name_of(classes.fine_names, pair.predicted)},
                                     {"images", pair.images}});
  }
  return json;
}

void write_confusion_csv(const std::filesystem::path& path, const std::vector<std::int64_t>& counts,
                         const ClassTable& classes) {
  std::string text = "true\\predicted";
  for (const std::string& name : classes.fine_names) text += "," + csv_field(name);
  text += "\n";
  auto count = counts.begin();
  for (const std::string& name : classes.fine_names) {
    text += csv_field(name);
    for (std::size_t i = 0; i < classes.fine_names.size(); ++i) {
      text += fmt::format(",{}", *count++);
    }
    text += "\n";
  }
  write_file_atomically(path, text);
}

}  // namespace dplaunch
