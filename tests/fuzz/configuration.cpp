// Configuration files: what is accepted is read back from to_yaml() as the same configuration.

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/parser.h>
#include <yaml-cpp/yaml.h>

#include <sstream>

#include "common/config/load_config.h"
#include "tests/fuzz/fuzz.h"

namespace {

using namespace dplaunch;

/// Takes a document and keeps nothing.
class Ignored : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

/// Of some texts (",") yaml-cpp 0.7 makes documents without end, and YAML::LoadAll() keeps them
/// all.
bool has_endless_documents(const std::string& yaml) {
  constexpr int kMaxDocuments = 300;
  try {
    std::istringstream stream(yaml);
    YAML::Parser parser(stream);
    Ignored ignored;
    for (int count = 0; count < kMaxDocuments; ++count) {
      if (!parser.HandleNextDocument(ignored)) return false;
    }
    return true;
  } catch (const YAML::Exception&) {
    return false;
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string yaml = fuzz::text_of(data, size);
  if (has_endless_documents(yaml)) return 0;
  ResolvedConfig resolved;
  if (!fuzz::accepts(ExitCode::kUsage, [&] { resolved = parse_config(yaml, "file.yml", {}); })) {
    return 0;
  }
  const std::string written = to_yaml(resolved.config);
  fuzz::expect(parse_config(written, "written", {}).config == resolved.config,
               "this is the same configuration:\n" + written);
  std::ostringstream table;
  show_config(table, resolved);
  return 0;
}
