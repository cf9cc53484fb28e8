#include "plan/program/request_form.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "plan/program/testing/tiny_program.hpp"

namespace obscura::plan::program {
namespace {

RequestForm tiny_form() {
  return request_form_of(testing::tiny_program());
}

TEST(RequestForm, HoldsWhatTheProgramStartsFrom) {
  const Program program = testing::tiny_program();
  const RequestForm form = request_form_of(program);
  EXPECT_EQ(form.params, program.params);
  EXPECT_TRUE(form.insecure);
  EXPECT_EQ(form.input_packing, program.input_packing);
  EXPECT_EQ(form.level, Level(3));
  EXPECT_EQ(form.scale, Scale::power_of_two(30));
}

TEST(RequestForm, RoundTrips) {
  const RequestForm form = tiny_form();
  const auto parsed = parse_request_form(serialize(form));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(*parsed, form);
}

TEST(RequestForm, SaysHowManyImagesARequestHoldsIfItIsNotOne) {
  RequestForm form = tiny_form();
  const std::size_t single = serialize(form).size();
  form.input_packing.images = 3;
  form.input_packing.element.resize(form.input_packing.element.size() / 4);
  const std::vector<std::uint8_t> bytes = serialize(form);
  EXPECT_EQ(bytes.size(), single - 3 * form.input_packing.element.size() * 4 + 4);
  const auto parsed = parse_request_form(bytes);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(*parsed, form);
  for (const int images : {1, 17, 1025}) {
    std::vector<std::uint8_t> other = bytes;
    other[other.size() - 4] = static_cast<std::uint8_t>(images & 0xff);
    other[other.size() - 3] = static_cast<std::uint8_t>(images >> 8);
    EXPECT_FALSE(parse_request_form(other).has_value()) << images << " images";
  }
}

TEST(RequestForm, RefusesTruncationAndExtraBytes) {
  std::vector<std::uint8_t> bytes = serialize(tiny_form());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(parse_request_form(std::span(bytes).first(length)).has_value()) << "length " << length;
  }
  bytes.push_back(0);
  EXPECT_FALSE(parse_request_form(bytes).has_value());
}

TEST(RequestForm, RefusesWhatNoVerifiedProgramHas) {
  const auto refused = [](const std::function<void(RequestForm&)>& damage) {
    RequestForm form = tiny_form();
    damage(form);
    return !parse_request_form(serialize(form)).has_value();
  };
  EXPECT_FALSE(refused([](RequestForm&) {}));
  EXPECT_TRUE(refused([](RequestForm& form) { form.insecure = false; }));
  EXPECT_TRUE(refused([](RequestForm& form) { form.level = Level(4); }));
  EXPECT_TRUE(refused([](RequestForm& form) { form.scale = Scale::power_of_two(200); }));
  EXPECT_TRUE(refused([](RequestForm& form) { form.scale = Scale::power_of_two(-1); }));
  EXPECT_TRUE(refused([](RequestForm& form) { form.scale = form.scale.times_prime(fhe::params::PrimeIndex(9)); }));
  EXPECT_TRUE(refused([](RequestForm& form) { form.input_packing.element[3] = 1000; }));
  EXPECT_TRUE(refused([](RequestForm& form) { form.input_spec.std[0] = -1; }));
}

}  // namespace
}  // namespace obscura::plan::program
