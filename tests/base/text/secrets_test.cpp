#include "base/text/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace dplaunch {
namespace {

using ::testing::ElementsAre;

TEST(Secrets, AreKnownByTheirNames) {
  for (const char* name :
       {"--token", "--api-token", "--hf_token", "HF_TOKEN", "WANDB_API_KEY", "--apikey", "apiKey",
        "AWS_SECRET_ACCESS_KEY", "--Secret", "client.secret", "--db-password", "MYSQL_PASSWORD",
        "PGPASSWORD", "--token-value", "+model.api_key"}) {
    EXPECT_TRUE(names_secret(name)) << name;
  }
  for (const char* name : {"--max-tokens", "--tokenizer", "--keypoints", "--keep-checkpoints",
                           "--token-file", "SECRETS_PATH", "--lr", "", "--"}) {
    EXPECT_FALSE(names_secret(name)) << name;
  }
}

TEST(Secrets, AreMaskedWhereTheyStand) {
  EXPECT_THAT(without_secrets({"python", "train.py", "--api-token", "abc", "--hf_token=def",
                               "WANDB_API_KEY=ghi", "--lr", "0.1", "--max-tokens", "512"}),
              ElementsAre("python", "train.py", "--api-token", "***", "--hf_token=***",
                          "WANDB_API_KEY=***", "--lr", "0.1", "--max-tokens", "512"));
  EXPECT_THAT(without_secrets({"x", "--password", "two words", "--secret=a b", "last"}),
              ElementsAre("x", "--password", "***", "--secret=***", "last"));
  // A flag without a value, one at the end, and a value that begins with a dash.
  EXPECT_THAT(without_secrets({"--token", "--lr", "0.1", "--key", "-5x", "--secret"}),
              ElementsAre("--token", "--lr", "0.1", "--key", "***", "--secret"));
}

TEST(Secrets, AreMaskedInAShellsCommandLine) {
  EXPECT_THAT(
      without_secrets({"sh", "-c", "HF_TOKEN=abc  python x.py --password 'd e f' --lr 0.1"}),
      ElementsAre("sh", "-c", "HF_TOKEN=***  python x.py --password *** --lr 0.1"));
}

}  // namespace
}  // namespace dplaunch
