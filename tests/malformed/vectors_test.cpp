#include "tests/malformed/vectors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <set>

#include "fuzz/readers.hpp"

namespace obscura::fuzz {
namespace {

Vectors all_vectors() {
  Vectors all;
  for (const auto& vectors :
       {container_vectors(), program_vectors(), instruction_vectors(), key_vectors(), ciphertext_vectors(),
        sealed_vectors(), message_vectors(), input_vectors(), site_vectors()}) {
    all.insert(all.end(), vectors.begin(), vectors.end());
  }
  return all;
}

TEST(MalformedVectors, AreRefusedInWordsThatSayWhy) {
  Workshop workshop;
  const Readers readers(workshop, Keys::kOfTheModel);
  for (const Vector& vector : all_vectors()) {
    const Reading reading = readers.read(vector.format, vector.make(workshop));
    if (!reading.refusal) {
      ADD_FAILURE() << vector.name << ": accepted";
      continue;
    }
    EXPECT_THAT(reading.refusal->message, ::testing::HasSubstr(vector.words)) << vector.name;
    EXPECT_TRUE(well_put(*reading.refusal)) << vector.name << ": " << reading.refusal->message;
  }
}

TEST(MalformedVectors, AreAHundredAndMoreByNamesOfTheirOwnOverAllFormats) {
  std::set<std::string> names;
  std::set<std::string> formats;
  for (const Vector& vector : all_vectors()) {
    EXPECT_TRUE(names.insert(vector.name).second) << vector.name << " is there twice";
    formats.insert(vector.format);
  }
  EXPECT_GE(names.size(), 100U);
  std::printf("%zu vectors\n", names.size());
  EXPECT_EQ(formats, std::set<std::string>(format_names().begin(), format_names().end()));
}

}  // namespace
}  // namespace obscura::fuzz
