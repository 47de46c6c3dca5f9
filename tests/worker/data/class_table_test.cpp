#include "worker/data/class_table.h"

#include <gmock/gmock.h>

#include <cstdint>
#include <fstream>
#include <ios>

#include "base/error.h"
#include "tests/worker/data/record_file.h"

namespace dplaunch {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TemporaryFolder;

class ClassTableTest : public ::testing::Test {
 protected:
  static void write(const std::filesystem::path& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }

  /// A set of so many records of sample_records().
  DataSet make_set(std::int64_t train_records, std::int64_t test_records) const {
    const DataSet set{folder_.path() / "train.bin", folder_.path() / "test.bin", train_records,
                      test_records, true};
    write(set.train_file, testing::sample_records(train_records));
    write(set.test_file, testing::sample_records(test_records));
    return set;
  }

  void write_names(const char* file, std::int64_t count, const std::string& end) const {
    std::ofstream stream(folder_.path() / file, std::ios::binary);
    for (std::int64_t i = 0; i < count; ++i) stream << "name" << i << end;
  }

  TemporaryFolder folder_;
};

TEST_F(ClassTableTest, SuperclassesAreThoseOfTheRecords) {
  const ClassTable table = read_class_table(make_set(1, 100));
  ASSERT_EQ(table.coarse_of_fine.size(), 100U);
  for (std::size_t fine = 0; fine < 100; ++fine) {
    EXPECT_EQ(table.coarse_of_fine[fine], static_cast<std::int64_t>(fine % 20)) << fine;
  }
  EXPECT_THAT(table.warnings, IsEmpty());
}

TEST_F(ClassTableTest, NamesThatCannotBeReadAreNumbers) {
  std::filesystem::create_directory(folder_.path() / "fine_label_names.txt");
  const ClassTable table = read_class_table(make_set(1, 100));
  EXPECT_EQ(table.fine_names[7], "7");
  EXPECT_THAT(table.warnings, ElementsAre(HasSubstr("fine_label_names.txt: cannot read it")));
}

TEST_F(ClassTableTest, TrainingRecordsHaveTheClassesThatTestRecordsLack) {
  const ClassTable table = read_class_table(make_set(99, 30));
  EXPECT_EQ(table.coarse_of_fine[98], 98 % 20);
  EXPECT_EQ(table.coarse_of_fine[99], -1) << "no record has it";
}

TEST_F(ClassTableTest, RecordsThatContradictEachOtherMakeNoSuperclasses) {
  const DataSet set = make_set(1, 200);
  std::vector<char> bytes = testing::sample_records(200);
  bytes[static_cast<std::size_t>(107 * cifar100::kRecordBytes)] = 3;  // fine label 7 was with 7
  write(set.test_file, bytes);
  const ClassTable table = read_class_table(set);
  EXPECT_THAT(table.coarse_of_fine, IsEmpty());
  EXPECT_THAT(table.warnings,
              ElementsAre(HasSubstr("test.bin: record 107: fine label 7 with coarse label 3, "
                                    "elsewhere with 7")));
}

TEST_F(ClassTableTest, NamesStandInTheFolder) {
  const DataSet set = make_set(1, 100);
  write_names("fine_label_names.txt", 100, "\n");
  write_names("coarse_label_names.txt", 20, "\r\n");
  std::ofstream(folder_.path() / "fine_label_names.txt", std::ios::app)
      << "\n";  // as the archive's
  const ClassTable table = read_class_table(set);
  EXPECT_EQ(table.fine_names.size(), 100U);
  EXPECT_EQ(table.fine_names[99], "name99");
  EXPECT_EQ(table.coarse_names[19], "name19");
  EXPECT_THAT(table.warnings, IsEmpty());
}

TEST_F(ClassTableTest, WithoutNamesNumbersStandForThem) {
  const DataSet set = make_set(1, 100);
  const ClassTable table = read_class_table(set);
  EXPECT_EQ(table.fine_names[42], "42");
  EXPECT_EQ(table.coarse_names.size(), 20U);
  EXPECT_THAT(table.warnings, IsEmpty());
}

TEST_F(ClassTableTest, TooFewNamesAreSaidAndNotUsed) {
  const DataSet set = make_set(1, 100);
  write_names("fine_label_names.txt", 99, "\n");
  const ClassTable table = read_class_table(set);
  EXPECT_EQ(table.fine_names[0], "0");
  EXPECT_THAT(table.warnings, ElementsAre(HasSubstr("99 names for 100 classes")));
}

TEST_F(ClassTableTest, ADamagedRecordIsAnError) {
  const DataSet set = make_set(1, 100);
  std::vector<char> bytes = testing::sample_records(100);
  bytes[1] = 100;
  write(set.test_file, bytes);
  EXPECT_THROW(read_class_table(set), Error);
}

}  // namespace
}  // namespace dplaunch
