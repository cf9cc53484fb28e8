#include <algorithm>
#include <initializer_list>
#include <limits>
#include <span>

#include "fhe/arith/primes.hpp"
#include "fhe/kernels/ntt_tables.hpp"
#include "fhe/random/sampler.hpp"
#include "tests/reference/cases.hpp"

namespace obscura::tests::reference {
namespace {

namespace arith = fhe::arith;
namespace kernels = fhe::kernels;

using arith::Modulus;
using Words = std::vector<std::uint64_t>;

/// An aligned row, as kernels take them.
class Row {
 public:
  explicit Row(const Words& words) : size_(words.size()), words_(kernels::allocate_words(words.size())) {
    std::ranges::copy(words, words_.get());
  }
  [[nodiscard]] std::uint64_t* data() { return words_.get(); }
  [[nodiscard]] const std::uint64_t* data() const { return words_.get(); }
  [[nodiscard]] Words words() const { return {words_.get(), words_.get() + size_}; }

 private:
  std::size_t size_;
  kernels::AlignedWords words_;
};

/// Rows 0..11 modulo q, outputs, and the factor w of cases/arithmetic.py.
struct Table {
  Table(const Vector& vector, const Modulus& prime)
      : q(prime), n(static_cast<std::size_t>(vector.number("n"))), log_n(vector.number("log_n")) {
    for (std::uint64_t i = 0; i < 12; ++i) rows.emplace_back(test_row(i, q.value(), n));
    for (int i = 0; i < 3; ++i) out.emplace_back(Words(n));
    for (std::size_t k = 0; w <= 1; ++k) w = rows[9].data()[k];
  }
  [[nodiscard]] const std::uint64_t* row(std::size_t i) const { return rows[i].data(); }
  [[nodiscard]] std::vector<const std::uint64_t*> from(std::size_t first, std::size_t count) const {
    std::vector<const std::uint64_t*> pointers;
    for (std::size_t i = first; i < first + count; ++i) pointers.push_back(row(i));
    return pointers;
  }
  [[nodiscard]] Words outputs(std::size_t count) const {
    Words words;
    for (std::size_t i = 0; i < count; ++i) {
      const Words part = out[i].words();
      words.insert(words.end(), part.begin(), part.end());
    }
    return words;
  }

  Modulus q;
  std::size_t n;
  int log_n;
  std::vector<Row> rows;
  std::vector<Row> out;
  std::uint64_t w = 0;
};

template <class Function>
Words map_rows(const Table& t, const Function& function) {
  Words words;
  for (std::size_t k = 0; k < t.n; ++k) words.push_back(function(t.row(0)[k], t.row(1)[k]));
  return words;
}

Words constants_of(const Modulus& q) {
  return {static_cast<std::uint64_t>(q.bits()),
          q.product_ratio(),
          q.word_ratio(),
          q.ratio52(),
          q.radix52(),
          q.radix52_quotient(),
          q.radix64()};
}

Words answer_numbers(const std::string& op, const Table& t) {
  using U = std::uint64_t;
  const Modulus& q = t.q;
  if (op == "add_mod") return map_rows(t, [&](U a, U b) { return arith::add_mod(a, b, q); });
  if (op == "sub_mod") return map_rows(t, [&](U a, U b) { return arith::sub_mod(a, b, q); });
  if (op == "neg_mod") return map_rows(t, [&](U a, U) { return arith::neg_mod(a, q); });
  if (op == "mul_mod") return map_rows(t, [&](U a, U b) { return arith::mul_mod(a, b, q); });
  if (op == "pow_mod") return map_rows(t, [&](U a, U b) { return arith::pow_mod(a, b, q); });
  if (op == "inv_mod") return map_rows(t, [&](U a, U) { return arith::inv_mod(std::max<U>(a, 1), q); });
  if (op == "make_shoup") return map_rows(t, [&](U a, U) { return arith::make_shoup(a, q).w_quotient; });
  if (op == "constants") return constants_of(q);
  if (op != "reduce128") return {};
  return map_rows(t,
                  [&](U a, U b) { return arith::reduce128((arith::u128{a} << 64) + (arith::u128{b} << 13) + 5, q); });
}

Words answer_elementwise(const kernels::KernelTable& set, const std::string& op, Table& t) {
  std::uint64_t* out = t.out[0].data();
  const arith::ShoupFactor w = arith::make_shoup(t.w, t.q);
  if (op == "add") set.add(out, t.row(0), t.row(1), t.n, t.q);
  if (op == "sub") set.sub(out, t.row(0), t.row(1), t.n, t.q);
  if (op == "negate") set.negate(out, t.row(0), t.n, t.q);
  if (op == "multiply") set.multiply(out, t.row(0), t.row(1), t.n, t.q);
  if (op == "multiply_scalar") set.multiply_scalar(out, t.row(0), t.n, w, t.q);
  if (op == "subtract_multiply_scalar") set.subtract_multiply_scalar(out, t.row(0), t.row(1), t.n, w, t.q);
  if (op == "inner_product") set.inner_product(out, t.from(0, 5).data(), t.from(5, 5).data(), 5, t.n, t.q);
  if (op == "multiply_add") {
    std::copy_n(t.row(2), t.n, out);
    set.multiply_add(out, t.row(0), t.row(1), t.n, t.q);
  }
  return t.outputs(1);
}

/// First half of the answer without what was there before, second half with it: key rows 3.. and 6.., old value row 11.
Words answer_inner_product_pair(const kernels::KernelTable& set, Table& t) {
  set.inner_product_pair(t.out[0].data(), t.out[2].data(), t.from(0, 3).data(), t.from(3, 3).data(),
                         t.from(6, 3).data(), 3, t.n, t.q, false);
  for (const std::size_t i : {1, 2}) std::copy_n(t.row(11), t.n, t.out[i].data());
  set.inner_product_pair(t.out[2].data(), t.out[1].data(), t.from(0, 3).data(), t.from(3, 3).data(),
                         t.from(6, 3).data(), 3, t.n, t.q, true);
  return t.outputs(2);
}

Words answer_tensors(const kernels::KernelTable& set, const std::string& op, Table& t) {
  std::uint64_t* d0 = t.out[0].data();
  std::uint64_t* d1 = t.out[1].data();
  std::uint64_t* d2 = t.out[2].data();
  if (op == "tensor") set.tensor(d0, d1, d2, t.row(0), t.row(1), t.row(2), t.row(3), t.n, t.q);
  if (op == "square") set.square(d0, d1, d2, t.row(0), t.row(1), t.n, t.q);
  if (op == "tensor_sum") {
    set.tensor_sum(d0, d1, d2, t.from(0, 3).data(), t.from(3, 3).data(), t.from(6, 3).data(), t.from(9, 3).data(), 3,
                   t.n, t.q);
  }
  return t.outputs(3);
}

/// From three primes of 41 bits to q.
Words answer_base_convert(const kernels::KernelTable& set, const std::string& op, Table& t) {
  std::vector<Row> rows;
  std::vector<const std::uint64_t*> inputs;
  Words factors = test_row(30, t.q.value(), 3);
  std::vector<Modulus> sources;
  std::vector<double> reciprocals;
  const Words primes = arith::ntt_primes(41, t.log_n, 3).value();
  for (const std::uint64_t prime : primes) {
    rows.emplace_back(test_row(20 + sources.size(), prime, t.n));
    sources.emplace_back(prime);
    reciprocals.push_back(1.0 / static_cast<double>(prime));
  }
  for (const Row& row : rows) inputs.push_back(row.data());
  std::uint64_t* out = t.out[0].data();
  if (op == "base_convert") {
    const kernels::ConversionTarget target{out, factors.data(), &t.q};
    set.base_convert(&target, 1, inputs.data(), 3, t.n);
    return t.outputs(1);
  }
  set.round_quotients(out, inputs.data(), reciprocals.data(), 3, t.n);
  if (op == "round_quotients") return t.outputs(1);
  inputs.push_back(out);
  const ring::CenteredConversion conversion(sources, std::span(&t.q, 1));
  const kernels::LiftTarget target = conversion.target(0, t.out[1].data(), t.q);
  set.lift(&target, 1, inputs.data(), 4, t.n);
  Words words = t.out[1].words();
  for (std::uint64_t& word : words) word = arith::reduce(word, t.q);  // in [0, 4q)
  return words;
}

Words answer_conversions(const kernels::KernelTable& set, const std::string& op, Table& t) {
  std::uint64_t* out = t.out[0].data();
  const Modulus other(arith::ntt_primes(33, t.log_n, 1).value().front());
  if (op == "reduce_centered") set.reduce_centered(out, t.row(0), t.n, t.q, other);
  if (op == "reduce_centered_back") {
    set.reduce_centered(out, Row(test_row(0, other.value(), t.n)).data(), t.n, other, t.q);
  }
  if (op == "from_signed") {
    random::Stream stream(seed_of("signed"), random::Domain::kTest, 0);
    std::vector<std::int64_t> values(t.n);
    stream.fill({reinterpret_cast<std::uint8_t*>(values.data()), 8 * t.n});
    for (std::int64_t& value : values) {
      value = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) - (std::uint64_t{1} << 63));
    }
    values[0] = std::numeric_limits<std::int64_t>::min();
    values[1] = std::numeric_limits<std::int64_t>::max();
    values[2] = 0;
    const Row aligned(Words(values.begin(), values.end()));
    set.from_signed(out, reinterpret_cast<const std::int64_t*>(aligned.data()), t.n, t.q);
  }
  if (op == "from_small") {
    random::Stream stream(seed_of("small"), random::Domain::kTest, 0);
    std::vector<std::int8_t> values(t.n);
    random::centred_binomial(stream, values);
    set.from_small(out, values.data(), t.n, t.q);
  }
  return t.outputs(1);
}

bool is_one_of(const std::string& op, std::initializer_list<const char*> names) {
  return std::ranges::any_of(names, [&](const char* name) { return op == name; });
}

}  // namespace

Bytes answer_arithmetic(const kernels::KernelTable& set, const Vector& vector) {
  const std::string& op = vector.text("op");
  if (op == "ntt_primes") {
    return bytes_of(arith::ntt_primes(vector.number("bits"), vector.number("log_n"), vector.number("count")).value());
  }
  const Modulus q(vector.word("q"));
  if (op == "primitive_root") return bytes_of({arith::primitive_root_2n(q, vector.number("log_n"))});
  Table table(vector, q);
  const Words numbers = answer_numbers(op, table);
  if (!numbers.empty()) return bytes_of(numbers);
  if (op == "inner_product_pair") return bytes_of(answer_inner_product_pair(set, table));
  if (is_one_of(op, {"tensor", "tensor_sum", "square"})) return bytes_of(answer_tensors(set, op, table));
  if (is_one_of(op, {"base_convert", "round_quotients", "lift"})) return bytes_of(answer_base_convert(set, op, table));
  if (is_one_of(op, {"reduce_centered", "reduce_centered_back", "from_signed", "from_small"})) {
    return bytes_of(answer_conversions(set, op, table));
  }
  return bytes_of(answer_elementwise(set, op, table));
}

}  // namespace obscura::tests::reference
