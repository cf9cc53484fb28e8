#include "fhe/kernels/switch_limb.hpp"

#include <gtest/gtest.h>

#include "fhe/kernels/test_limbs.hpp"

namespace obscura::fhe::kernels {
namespace {

using arith::Modulus;
using test::Limb;

/// What a job is made of; digits that are not lifted are in [0, q), coefficients at most 4q - 1.
struct Shape {
  std::size_t digits;
  std::size_t lifted;
  bool divides;
  bool starts;
  bool adds;
  std::uint64_t galois;  ///< 1: none
  bool adds_to_out = false;
};

class Operands {
 public:
  Operands(const NttTables& tables, const Shape& shape, std::mt19937_64& random)
      : tables_(tables), shape_(shape), permutation_(automorphism_permutation(tables.log_n, shape.galois)) {
    const std::uint64_t q = tables.q.value();
    const auto edge = [&](std::uint64_t bound) {
      return random() % 3 == 0 ? test::constant_limb(tables.size(), bound - 1)
                               : test::random_limb(tables.size(), bound, random);
    };
    for (std::size_t d = 0; d < shape.digits; ++d) {
      digits_.push_back(edge(d < shape.lifted ? 4 * q : q));
      key0_.push_back(edge(q));
      key1_.push_back(edge(q));
    }
    for (int i = 0; i < 6; ++i) others_.push_back(edge(q));
    for (int i = 0; i < 2; ++i) remainders_.push_back(edge(4 * q));
    factor_ = random() % q;
    inverse_ = arith::make_shoup(random() % q, tables.q);
  }

  /// Both outputs.
  [[nodiscard]] std::vector<Limb> run(const KernelTable& set) const {
    std::vector<Limb> digits = digits_;
    std::vector<Limb> remainders = remainders_;
    std::vector<Limb> out(2, test::constant_limb(tables_.size(), tables_.q.value() - 1));
    const auto rows = test::pointers(digits);
    const auto key0 = test::pointers(key0_);
    const auto key1 = test::pointers(key1_);
    std::vector<std::uint64_t*> lifted;
    for (std::size_t d = 0; d < shape_.lifted; ++d) lifted.push_back(digits[d].data());
    SwitchLimb job{.tables = &tables_, .lifted = lifted, .digits = rows, .key0 = key0, .key1 = key1};
    if (shape_.galois != 1) {  // what comes next is only asked for
      job.next_key0 = key1;
      job.next_key1 = key0;
    }
    job.out0 = out[0].data();
    job.out1 = out[1].data();
    if (shape_.starts) {
      job.start0 = start_of(out[0]).data();
      job.start1 = others_[0].data();
      job.summand0 = others_[1].data();
      job.summand1 = others_[2].data();
      job.summand_factor = factor_;
    }
    job.permutation = shape_.galois == 1 ? nullptr : &permutation_;
    job.adds = shape_.adds_to_out;
    if (shape_.divides) {
      job.remainder0 = remainders[0].data();
      job.remainder1 = remainders[1].data();
      job.inverse = inverse_;
      job.addend0 = shape_.adds ? others_[3].data() : nullptr;
      job.addend1 = shape_.adds ? others_[4].data() : nullptr;
    }
    set.switch_limb(job);
    return out;
  }

  /// The definition, from transformed rows, word by word.
  [[nodiscard]] std::vector<Limb> expected() const {
    std::vector<Limb> result(2, Limb(tables_.size()));
    for (std::size_t half = 0; half < 2; ++half) {
      Limb sums = sum(half);
      if (shape_.divides) divide(sums, half);
      const auto index = automorphism_index(tables_.log_n, shape_.galois);
      for (std::size_t i = 0; i < tables_.size(); ++i) {
        const std::uint64_t held = shape_.adds_to_out ? tables_.q.value() - 1 : 0;
        result[half][i] = arith::add_mod(sums[index[i]], held, tables_.q);
      }
    }
    return result;
  }

 private:
  /// The sum may start from what the output holds, unless the output is permuted.
  [[nodiscard]] const Limb& start_of(const Limb& out) const {
    return shape_.galois != 1 || shape_.adds_to_out ? others_[5] : out;
  }

  [[nodiscard]] Limb evaluated(Limb limb) const {
    portable_kernels().ntt_forward(limb.data(), tables_);
    return limb;
  }

  void divide(Limb& sums, std::size_t half) const {
    const Limb remainder = evaluated(remainders_[half]);
    for (std::size_t i = 0; i < tables_.size(); ++i) {
      const std::uint64_t quotient =
          arith::mul_mod(arith::sub_mod(sums[i], remainder[i], tables_.q), inverse_.w, tables_.q);
      sums[i] = shape_.adds ? arith::add_mod(quotient, others_[3 + half][i], tables_.q) : quotient;
    }
  }

  [[nodiscard]] Limb sum(std::size_t half) const {
    Limb sums(tables_.size());
    const Limb out = test::constant_limb(tables_.size(), tables_.q.value() - 1);
    for (std::size_t i = 0; i < tables_.size() && shape_.starts; ++i) {
      const std::uint64_t start = half == 0 ? start_of(out)[i] : others_[0][i];
      sums[i] = arith::add_mod(start, arith::mul_mod(factor_, others_[1 + half][i], tables_.q), tables_.q);
    }
    for (std::size_t d = 0; d < shape_.digits; ++d) {
      const Limb digit = d < shape_.lifted ? evaluated(digits_[d]) : digits_[d];
      const Limb& key = half == 0 ? key0_[d] : key1_[d];
      for (std::size_t i = 0; i < tables_.size(); ++i) {
        sums[i] = arith::add_mod(sums[i], arith::mul_mod(digit[i], key[i], tables_.q), tables_.q);
      }
    }
    return sums;
  }

  const NttTables& tables_;
  Shape shape_;
  Permutation permutation_;
  std::vector<Limb> digits_;
  std::vector<Limb> key0_;
  std::vector<Limb> key1_;
  std::vector<Limb> others_;
  std::vector<Limb> remainders_;
  std::uint64_t factor_ = 0;
  arith::ShoupFactor inverse_;
};

// Every number of digits from none over the most that one vector sum takes to more, lifted or there; with and without
// what comes before and after.
const Shape kShapes[] = {
    {0, 0, true, true, false, 1},        {0, 0, true, true, true, 5},        {1, 1, false, false, false, 1},
    {2, 1, true, false, true, 25},       {3, 2, true, false, true, 5},       {3, 3, true, true, false, 1},
    {3, 0, true, false, true, 5},        {3, 0, false, true, false, 1},      {4, 4, true, true, true, 5},
    {6, 3, true, true, false, 25},       {12, 7, false, true, false, 1},     {40, 0, true, false, true, 5},
    {40, 2, false, true, false, 1},      {3, 0, false, true, false, 5},      {3, 0, false, false, false, 25, true},
    {0, 0, false, true, false, 1, true}, {3, 2, true, false, true, 5, true},
};

void expect_definition(int log_n) {
  std::mt19937_64 random(test::kSeed);
  for (const Modulus& q : test::primes_for(log_n)) {
    const NttTables tables = NttTables::build(q, log_n);
    for (const Shape& shape : kShapes) {
      const Operands operands(tables, shape, random);
      const std::vector<Limb> expected = operands.expected();
      for (const KernelTable* set : available_kernels()) {
        EXPECT_EQ(operands.run(*set), expected)
            << set->name << " N=2^" << log_n << " q=" << q.value() << " digits " << shape.digits << " lifted "
            << shape.lifted << " divides " << shape.divides << " seed " << test::kSeed;
      }
    }
  }
}

TEST(SwitchLimb, IsItsDefinition) {
  for (const int log_n : {3, 6, 7, 8, 9, 11, 12}) expect_definition(log_n);
}

TEST(SwitchLimbSlow, IsItsDefinitionAtRealSizes) {
  for (const int log_n : {13, 14, 15, 16}) expect_definition(log_n);
}

}  // namespace
}  // namespace obscura::fhe::kernels
